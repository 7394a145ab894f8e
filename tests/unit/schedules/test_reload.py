"""The schedules file on disk: what is read again."""

from __future__ import annotations

import os
from pathlib import Path

from unit.schedules.given import anything

from bot.schedules.file import SchedulesFile

TEXT = """
[[schedule]]
name = "nightly-web"
when = "daily 03:00"
command = "transfer 62137902 nyc3"
channel = "C0OPS"
owner = "U0ANN"
"""


def test_a_file_of_the_same_size_and_time_renamed_into_place_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text(TEXT)
    file = SchedulesFile(path, anything)
    found = path.stat()
    other = path.with_suffix(".new")
    other.write_text(TEXT.replace("nyc3", "sfo3"))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)
    (schedule,) = file.current
    assert schedule.command == "transfer 62137902 sfo3"


def test_a_file_that_vanished_leaves_its_schedules_in_force_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text(TEXT)
    file = SchedulesFile(path, anything)
    path.unlink()
    assert [schedule.name for schedule in file.current] == ["nightly-web"]
    assert file.problem is not None
    path.write_text(TEXT)
    assert len(file.current) == 1
    assert file.problem is None
