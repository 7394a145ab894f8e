"""Somebody else's command, run so that it ends: in its time, and with little to say."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast

_CHUNK = 64 * 1024


class Endless(Exception):
    """It took too long, or wrote too much; all of it was ended. The text says which."""


@dataclass(frozen=True)
class Ran:
    """What a command brought: its status, what it wrote, and how what it complained of begins."""

    status: int
    written: bytes
    complained: str


def run(
    words: Sequence[str],
    given: bytes,
    environment: Mapping[str, str],
    *,
    seconds: float,
    most_bytes: int,
) -> Ran:
    """Run a command without a shell, with `given` (a few hundred bytes) on its standard input.

    Whatever it began itself is ended with it, or left behind where it went its own way.

    Raises:
        Endless: it was ended.
        OSError: it cannot be run.
    """
    ends = time.monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603 - the operator's own command, and no shell
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    with process:
        try:
            _tell(process, given)
            written, complained = _outputs(process, ends, most_bytes)
            return Ran(process.wait(_left(ends)), written, complained.decode("utf-8", "replace"))
        except subprocess.TimeoutExpired:
            raise Endless("took too long") from None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _tell(process: subprocess.Popen[bytes], given: bytes) -> None:
    with suppress(BrokenPipeError), cast(IO[bytes], process.stdin) as to:  # it need not read it
        to.write(given)


def _outputs(process: subprocess.Popen[bytes], ends: float, most_bytes: int) -> tuple[bytes, bytes]:
    """All that it writes, and the beginning of what it complains of."""
    written, complained = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        for stream, into in ((process.stdout, written), (process.stderr, complained)):
            waiting.register(cast(IO[bytes], stream), selectors.EVENT_READ, into)
        while waiting.get_map():
            for key, _ in waiting.select(_left(ends)):
                if not (chunk := os.read(key.fd, _CHUNK)):
                    waiting.unregister(key.fileobj)
                key.data.extend(chunk[: most_bytes + 1 - len(key.data)])
            if len(written) > most_bytes:
                raise Endless("wrote too much")
    return bytes(written), bytes(complained)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise Endless("took too long")
    return left
