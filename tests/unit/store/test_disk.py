"""Which SQLite files vanish with the host's disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.ephemeral_disk import warning_of

ON_A_VOLUME = "sqlite:////proc/image-bot.db"  # mounted on every Linux, as a volume would be


@pytest.mark.parametrize("host", ["Heroku", "App Platform", "Render", "Fly.io"])
def test_a_file_on_the_hosts_own_disk_vanishes(tmp_path: Path, host: str) -> None:
    said = warning_of(f"sqlite:///{tmp_path}/a.db", host)
    assert (str(tmp_path / "a.db") in said, host in said, "LOST" in said) == (True, True, True)


def test_a_file_on_a_mounted_volume_stays() -> None:
    assert warning_of(ON_A_VOLUME, "Render") == ""
    assert warning_of(ON_A_VOLUME, "Heroku"), "Heroku has no volumes"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql://bot@db/bot", "Heroku"),
        ("postgres://bot@db/bot", "Heroku"),
        ("sqlite:///a", ""),
    ],
)
def test_nothing_is_said_of_what_stays(url: str, host: str) -> None:
    assert warning_of(url, host) == ""
