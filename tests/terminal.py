"""A real process on a terminal of its own, typed to as by a person."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

QUESTION = r"\n> $"


class Terminal:
    """Runs until it ends, or `end`; what it wrote is `said`."""

    def __init__(self, folder: Path, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.said = ""
        self._seen = 0
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background ignores it
            os.chdir(folder)
            os.execve(command[0], list(command), {**os.environ, **env})  # noqa: S606 - no shell is wanted

    def waits(self, for_: str = QUESTION, seconds: float = 60) -> None:
        """Read on until it writes something new that fits."""
        end = time.monotonic() + seconds
        while not re.search(for_, self.said[self._seen :]):
            assert time.monotonic() < end, self.said
            assert self._read(), self.said
        self._seen = len(self.said)

    def types(self, text: str) -> None:
        """Type without waiting."""
        os.write(self._terminal, text.encode())

    def answer(self, text: str) -> None:
        """Wait for the question, and type."""
        self.waits()
        time.sleep(0.1)  # getpass turns the echo off before it asks, and drops what came earlier
        self.types(f"{text}\n")

    def ends(self, seconds: float = 60, key: str = "") -> int:
        """Its exit status.

        Args:
            key: pressed each second until then. Python loses a Ctrl-C that comes between the
                question and the reading of its answer; people press it again.
        """
        began = time.monotonic()
        pressed = 0
        while self._read():
            assert time.monotonic() < began + seconds, self.said
            if key and pressed < time.monotonic() - began:
                pressed += 1
                with suppress(OSError):
                    self.types(key)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def end(self) -> None:
        """Be sure that it is gone."""
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def _read(self) -> bool:
        """What it wrote by now; False: it has closed its terminal."""
        if not select.select([self._terminal], [], [], 0.2)[0]:
            return True
        try:
            read = os.read(self._terminal, 65536)
        except OSError:  # the other end is closed
            return False
        self.said += read.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(read)
