"""Text to schedules. Every problem is told at once: line, schedule, field, found, expected."""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import SchedulesError
from bot.schedules.schema import CHECK_COMMAND, CommandCheck, Schedule, Schedules
from bot.toml.load import BrokenFile, Layout, Problem, load_tables

HELP = "docs/schedules.md explains every key, and schedules.example.toml shows them at work."


class BrokenSchedules(BrokenFile, SchedulesError):
    """A schedules file that does not hold; `problems` has each, in the order of lines."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        super().__init__(source, problems, HELP)


_LAYOUT = Layout(
    whole=Schedules,
    tables={"schedule": Schedule},
    named=("schedule",),
    broken=BrokenSchedules,
    if_empty={"notify": "leave the key out to tell nobody else"},
)


def load(text: str, source: str, check_command: CommandCheck) -> tuple[Schedule, ...]:
    """Read all schedules from TOML, in the order of the file; there may be none.

    Args:
        source: the file's name in messages.
        check_command: is handed each command, and raises a `CommandError` where it cannot run.

    Raises:
        BrokenSchedules: a `SchedulesError`; it holds every problem, or the first of the syntax.
    """
    return load_tables(text, source, _LAYOUT, {CHECK_COMMAND: check_command}).schedule
