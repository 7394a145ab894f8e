"""A command that signs and does what it likes: it ends, and fills no memory."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest

from bot.anchors.command import Endless, Ran, run

MEGABYTES_50 = 50 * 1024  # as `ru_maxrss` counts


def ran(script: str, seconds: float = 0.5) -> Ran:
    words = ["sh", "-c", script]
    return run(words, b"sign this", dict(os.environ), seconds=seconds, most_bytes=100)


def test_what_a_command_writes_is_read_whole() -> None:
    assert ran("cat; echo why >&2; exit 3", seconds=10) == Ran(3, b"sign this", "why\n")


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        "sleep 60 & sleep 60",
        "sleep 60 & exit 0",  # which holds its output open
        "setsid sleep 5 & exit 0",  # which nobody ends with it
        "trap '' TERM; while :; do sleep 1; done",
        "yes >&2",
        "exec >&- 2>&-; sleep 60",
    ],
)
def test_a_command_that_does_not_end_is_ended(script: str) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Endless, match="took too long"):
        ran(script)
    assert time.monotonic() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES_50


def test_a_command_that_writes_without_an_end_fills_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Endless, match="wrote too much"):
        ran("yes", seconds=10)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES_50


def test_what_a_command_began_is_ended_with_it(tmp_path: Path) -> None:
    with pytest.raises(Endless):
        ran(f"sleep 60 & echo $! > {tmp_path}/pid; sleep 60")
    left = int((tmp_path / "pid").read_text())
    gone = time.monotonic() + 5
    while Path(f"/proc/{left}/cmdline").exists() and time.monotonic() < gone:
        if not Path(f"/proc/{left}/cmdline").read_bytes():
            return  # it has ended, and nobody has asked how
        time.sleep(0.05)
    assert not Path(f"/proc/{left}").exists()


def test_a_command_that_reads_nothing_is_no_fault() -> None:
    assert ran("exec 0<&-; echo x", seconds=10) == Ran(0, b"x\n", "")
