"""SIGTERM with work under way: the process ends within 10 s and the next one finishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from faults.crashing import CrashingWorld, crashing_world
from faults.tally import ended, repeated_messages
from faults.traps import Call, Trap
from world import ONE_APPROVAL, OPS, PROD, QUIET, RUNS_AT_ONCE, SNAPSHOT

pytestmark = pytest.mark.faults

STOP_SECONDS = 10.0
IMAGES = {62137902: OPS, 62137903: PROD, 62137905: QUIET}


def _stops(at_work: CrashingWorld, within: float = STOP_SECONDS) -> int:
    status, seconds = at_work.process.terminate(STOP_SECONDS + 5)
    assert seconds <= within + 0.5, f"it took {seconds:.1f} s"
    return status


def _finishes(at_work: CrashingWorld, images: dict[int, str]) -> None:
    at_work.start()
    at_work.until(
        lambda: (
            all(ended(at_work.sandbox, channel, i) for i, channel in images.items())
            and at_work.nothing_waits()
        ),
        "every end",
        seconds=60,
    )


def test_requests_in_every_job(database: tuple[str, str], tmp_path: Path, cost: Any) -> None:
    _, url = database
    with crashing_world(tmp_path, RUNS_AT_ONCE, action_seconds=3, DATABASE_URL=url) as at_work:
        for image_id, channel in IMAGES.items():
            at_work.types(f"transfer {image_id} sgp1", channel=channel)
        at_work.until(lambda: at_work.digitalocean.posts, "the first POST")
        assert _stops(at_work) == 0
        _finishes(at_work, IMAGES)
        cost("SIGTERM with three requests under way", at_work.sandbox, lost=0)
        assert len(at_work.digitalocean.posts) == len(IMAGES)
        assert repeated_messages(at_work.sandbox) == 0, "a stop that was in time repeats nothing"


HELD = {
    "a POST that hangs": Call(f"POST /v2/images/{SNAPSHOT}/actions"),
    "a look-up that hangs": Call(f"GET /v2/images/{SNAPSHOT}"),
    "a post to Slack that hangs": Call("chat.postMessage", channel=OPS),
}


@pytest.mark.parametrize("what", HELD)
def test_in_the_midst_of_a_call(
    what: str, database: tuple[str, str], tmp_path: Path, cost: Any
) -> None:
    _, url = database
    limits = {"IMAGE_BOT_HTTP_SECONDS": "14", "IMAGE_BOT_SETTLE_SECONDS": "16"}
    with crashing_world(tmp_path, RUNS_AT_ONCE, DATABASE_URL=url, **limits) as at_work:
        trap = Trap(at_work.sandbox, HELD[what], answered=True)
        trap.set()
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        at_work.until(lambda: trap.holds, "the call")
        _stops(at_work)
        _finishes(at_work, {SNAPSHOT: OPS})
        cost(f"SIGTERM with {what}", at_work.sandbox, lost=0)
        assert len(at_work.digitalocean.posts) == 1
        assert repeated_messages(at_work.sandbox) <= 1


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_in_the_midst_of_opening_a_form(
    socket: bool, database: tuple[str, str], tmp_path: Path, cost: Any
) -> None:
    _, url = database
    with crashing_world(tmp_path, ONE_APPROVAL, socket=socket, DATABASE_URL=url) as at_work:
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        root = at_work.root("Pending approval")
        trap = Trap(at_work.sandbox, Call("views.open"), answered=False)
        trap.set()
        at_work.clicks("deny", root)
        at_work.until(lambda: trap.holds, "the form")
        _stops(at_work, within=5.0)  # nobody waits for a form
        at_work.start()
        at_work.clicks("approve", root)
        at_work.until(lambda: ended(at_work.sandbox, OPS, SNAPSHOT), "an end", seconds=60)
        cost("SIGTERM with a form that hangs", at_work.sandbox, lost=0)
        assert len(at_work.digitalocean.posts) == 1
