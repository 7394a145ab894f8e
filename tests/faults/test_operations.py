"""`kill -9` at each boundary of every operation: it is done once, or people are asked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from faults.crashing import CrashingWorld, crashing_world
from faults.traps import Call, Trap
from operation_contract import ask, method_of, named_policy, path_of, writes
from world import BOB, shown

from bot.operations.base import Operation, Resend
from bot.operations.registry import OPERATIONS

pytestmark = pytest.mark.faults

BOUNDARIES = ("the ack of the approval", "the look before", "it arrived", "it was done")


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_killed(
    operation: Operation, boundary: str, database: tuple[str, str], tmp_path: Path
) -> None:
    _, url = database
    with crashing_world(tmp_path, named_policy(operation), DATABASE_URL=url) as at_work:
        root = ask(at_work, operation)
        trap = _trap(at_work, operation, boundary)
        at_work.clicks("approve", root, by=BOB)
        if trap is not None:
            at_work.until(lambda: trap.holds, f"{boundary} to be reached")
        at_work.crash()
        _wait_for_the_end(at_work, root)
        done = [call for call in writes(at_work) if call.status in (200, 201, 204)]
        if operation.resend is Resend.NEVER:
            assert len(at_work.digitalocean.posts) <= 1
        assert len(done) <= 2


def _trap(at_work: CrashingWorld, operation: Operation, boundary: str) -> Trap | None:
    calls = {
        "the look before": (Call(f"GET {path_of(operation)}"), True),
        "it arrived": (Call(f"{method_of(operation)} {path_of(operation)}"), False),
        "it was done": (Call(f"{method_of(operation)} {path_of(operation)}"), True),
    }
    if boundary not in calls:
        return None
    call, answered = calls[boundary]
    trap = Trap(at_work.sandbox, call, answered=answered)
    trap.set()
    return trap


def _wait_for_the_end(at_work: CrashingWorld, root: Any) -> None:
    end = time.monotonic() + 60
    while True:
        said = shown(_current(at_work, root))
        if "Completed" in said or "Needs attention" in said:
            return
        assert time.monotonic() < end, at_work.sandbox.log.tail(30)
        time.sleep(0.1)


def _current(at_work: CrashingWorld, root: Any) -> Any:
    """The card that is kept: one whose posting was not written down before the crash stands there
    twice, and the later one goes on."""
    return at_work.slack.messages(root.channel)[-1]
