"""The words of `snapshot volume`, beside those of `snapshot`."""

from __future__ import annotations

import pytest

from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting
from bot.errors import CommandError
from handlers.commands.grammar import parse
from handlers.commands.scheduled import check_scheduled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("snapshot volume db-data", VolumeSnapshotting("db-data")),
        ("snapshot-volume db-data", VolumeSnapshotting("db-data")),
        ("snapshot-volume volume db-data", VolumeSnapshotting("db-data")),
        ("snapshot volume db-data as x", VolumeSnapshotting("db-data", "x")),
        (
            'snapshot volume db-data as "a b" because c',
            VolumeSnapshotting("db-data", "a b", reason="c"),
        ),
        ("snapshot volume volume", VolumeSnapshotting("volume")),
        ("snapshot volume db-data --dry-run", VolumeSnapshotting("db-data", dry_run=True)),
        ("snapshot the volume db-data", VolumeSnapshotting("db-data")),
        ("snapshot of volume db-data", VolumeSnapshotting("db-data")),
        ("snapshot the droplet web-1", Snapshotting("web-1")),
        ("snapshot the volume", Snapshotting("volume")),
        ("snapshot volume", Snapshotting("volume")),
        ("snapshot volume because x", Snapshotting("volume", reason="x")),
        ("snapshot volume as x", Snapshotting("volume", image_name="x")),
        ("snapshot droplet volume", Snapshotting("volume")),
        ('snapshot "volume" keep 3', Snapshotting("volume", keep=3)),
    ],
)
def test_it_is_understood(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("snapshot volume db-data to fra1", "stays in the volume's region"),
        ("snapshot volume db-data as x to fra1", "stays in the volume's region"),
        ("snapshot volume db-data keep 3", "none of volumes"),
        ("snapshot volume a b", "Which volume"),
        ("snapshot-volume", "Which volume"),
        ("snapshot volume db-data as {droplet}", "do not know"),
        ("snapshot volume db-data as", "What shall"),
    ],
)
def test_what_it_does_not_take_is_said(text: str, words: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse(text)
    assert words in refused.value.problem


def test_a_schedule_can_run_it() -> None:
    check_scheduled("snapshot volume db-data")
    with pytest.raises(CommandError):
        check_scheduled("snapshot volume db-data --dry-run")
