"""Where heads of the audit log go: out of reach of whoever can write the database."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

from bot.anchors.heads import Head
from bot.errors import BotError

# Not blocking: a pipe in the way of the file, that nobody reads, would hold up a POST for ever.
_TO_APPEND = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_NONBLOCK


class NotKept(BotError):
    """A sink did not take a head.

    Attributes:
        wait: seconds that it asked to be left alone; None: it said nothing.
    """

    def __init__(self, problem: str, then: str = "", wait: float | None = None) -> None:
        super().__init__(problem, then)
        self.wait = wait


class Sink(Protocol):
    """One place that takes heads; any number of threads may send.

    Attributes:
        name: by which it is told of, kept in the database and counted.
    """

    name: str

    def send(self, head: Head) -> None:
        """Have the head there when this returns, as far as the sink can tell.

        Raises:
            NotKept: it is not, or nobody knows.
        """


class FileSink:
    """A file of JSON Lines that heads are appended to."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, head: Head) -> None:
        """Append it, and have it on the disk."""
        try:
            file = os.open(self._path, _TO_APPEND, 0o600)
            try:
                line = (head.line() + "\n").encode()
                if os.write(file, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise NotKept(f"{self._path} cannot be written: {error.strerror}.") from error
