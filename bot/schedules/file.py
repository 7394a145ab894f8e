"""The schedules file on disk: read whole or not at all, and again when it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from bot.errors import SchedulesError
from bot.file_stamp import stamp_at
from bot.schedules.load import load
from bot.schedules.schema import CommandCheck, Schedule
from bot.toml.file import HOW_TO_SIGN, FileCheck, readable, signature_of, unchecked

log = logging.getLogger(__name__)

HOW_TO_WRITE_ONE = (
    "Write one with `python -m bot schedules example >schedules.toml`, put your own Slack ids in"
    " it, and try it with `python -m bot schedules check schedules.toml`."
)


def read(
    path: Path, check_command: CommandCheck, check: FileCheck = unchecked
) -> tuple[Schedule, ...]:
    """All schedules of a file.

    Args:
        check: whether what the file holds may be in force at all.

    Raises:
        SchedulesError: the file is missing, cannot be read, or may not be in force; where what it
            says does not hold, a `bot.schedules.load.BrokenSchedules`.
    """
    missing = SchedulesError(f"There is no schedules file {path}.", HOW_TO_WRITE_ONE)
    with readable(path, missing):
        content = path.read_bytes()
        text = content.decode()
    if problem := check(path, content):
        raise SchedulesError(problem, HOW_TO_SIGN)
    return load(text, str(path), check_command)


class SchedulesFile:
    """A broken or vanished file leaves the schedules before it in force, and `problem` says so.

    Args:
        path: None: there are no schedules.
        check: judges the command of each.
        against: what commands are judged by; while it is another than before, the file is read
            again.
        signed: whether what it holds may be in force at all.

    Raises:
        SchedulesError: at the first reading, the file is missing or broken.
    """

    def __init__(
        self,
        path: Path | None,
        check: CommandCheck,
        against: Callable[[], str] = lambda: "",
        signed: FileCheck = unchecked,
    ) -> None:
        self._signed = signed
        self._path = path
        self._check = check
        self._against = against
        self._seen: tuple[object, ...] | None = None
        self._schedules: tuple[Schedule, ...] = ()
        self.problem: str | None = None
        if path is not None:
            self._seen = self._stamp()
            self._schedules = read(path, check, signed)

    @property
    def is_used(self) -> bool:
        """Whether there is a file at all."""
        return self._path is not None

    @property
    def current(self) -> tuple[Schedule, ...]:
        """The schedules in force; looks at the file."""
        stamp = self._stamp()
        if self._path is not None and (stamp is None or stamp != self._seen):
            self._seen = stamp
            try:
                self._schedules = read(self._path, self._check, self._signed)
                self.problem = None
                log.info("schedules %s are in force: %s", self._path, len(self._schedules))
            except SchedulesError as error:
                if self.problem != str(error):
                    log.error("%s\nThe schedules read before stay in force.", error)
                self.problem = str(error)
        return self._schedules

    def named(self, name: str) -> Schedule | None:
        """One schedule; None: the file has none of that name."""
        return next((each for each in self.current if each.name == name), None)

    def _stamp(self) -> tuple[object, ...] | None:
        found = stamp_at(self._path) if self._path else None
        if self._path is None or found is None:
            return None
        return (*found, self._against(), *(stamp_at(signature_of(self._path)) or ()))
