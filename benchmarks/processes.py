"""Processes of ours: started, watched through their counters, and ended by their own pid."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

ROOT = Path(__file__).parents[1]
_END_SECONDS = 15.0
_PAUSE = 0.002
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
"""What a child gets of our environment: settings of a real bot must not leak into a benchmark."""


class Process:
    """One Python program that runs until `stop`.

    Args:
        arguments: what follows `python`.
        settings: its environment, besides the path.
    """

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str]) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.started = time.perf_counter()
        self._child = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment(settings), stderr=self._log
        )
        self._counters = psutil.Process(self._child.pid)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def megabytes(self) -> float:
        """Memory that is its own: the unique set, so that shared libraries count for nobody."""
        return float(self._counters.memory_full_info().uss) / 1e6

    def cpu_seconds(self) -> float:
        """CPU time used since its start, of all its threads."""
        used = self._counters.cpu_times()
        return float(used.user + used.system)

    def threads(self) -> int:
        """How many threads it has now."""
        return int(self._counters.num_threads())

    def said(self) -> str:
        """The end of what it wrote to standard error."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]

    def kill(self) -> None:
        """End it as a power cut does."""
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()

    def check(self) -> None:
        """Raise with its last words when it has ended by itself."""
        if self._child.poll() is not None:
            raise RuntimeError(f"a process ended with {self._child.returncode}:\n{self.said()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """A child's whole environment."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, "PYTHONHASHSEED": "0", **settings}


def run(arguments: Sequence[str], stdin: str = "", seconds: float = 240.0) -> str:
    """Run a Python program to its end; what it wrote to standard output."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment({}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until_ready(process: Process, port: int, path: str, seconds: float = 30.0) -> float:
    """Wait for a 200 at `path`; seconds since the process was started."""
    until_true(lambda: _status(port, path) == 200, f"{path} of {process.pid}", process, seconds)
    return time.perf_counter() - process.started


def until_true(condition: Any, what: str, process: Process, seconds: float = 30.0) -> None:
    """Ask again and again until a condition holds.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    end = time.perf_counter() + seconds
    while not condition():
        process.check()
        if time.perf_counter() > end:
            raise TimeoutError(f"{what} did not come in {seconds:.0f} s:\n{process.said()}")
        time.sleep(_PAUSE)


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status
    connection.close()
    return 0
