"""The schedules file on disk, read whole or not at all."""

from __future__ import annotations

from pathlib import Path

from bot.errors import SchedulesError
from bot.schedules.load import load
from bot.schedules.schema import CommandCheck, Schedule
from bot.toml.file import readable

HOW_TO_WRITE_ONE = (
    "Write one with `cp schedules.example.toml schedules.toml`, put your own Slack ids in it, and"
    " try it with `python -m bot schedules check schedules.toml`."
)


def read(path: Path, check_command: CommandCheck) -> tuple[Schedule, ...]:
    """All schedules of a file.

    Raises:
        SchedulesError: the file is missing, or cannot be read; where what it says does not hold,
            a `bot.schedules.load.BrokenSchedules`.
    """
    missing = SchedulesError(f"There is no schedules file {path}.", HOW_TO_WRITE_ONE)
    with readable(path, missing):
        text = path.read_bytes().decode()
    return load(text, str(path), check_command)
