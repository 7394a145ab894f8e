"""Kills and lost answers at every boundary of snapshot → two copies → delete."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from faults.crashing import CrashingWorld, crashing_world
from faults.traps import Call, LostAnswer, Trap
from world import ANN, OPS, RUNS_AT_ONCE

pytestmark = pytest.mark.faults

POLICY = RUNS_AT_ONCE + 'image_actions = ["snapshot", "transfer", "delete"]\n'
WEB_1, NEW = 3_164_444, 190_000_000
FIRST = 71_000_000
OLD = tuple(range(FIRST, FIRST + 3))
APPROVED = OLD[:2]
"""What `keep 2` deletes of three: the new one and the newest stay."""
DROPLET, IMAGE = f"/v2/droplets/{WEB_1}", f"/v2/images/{NEW}"

BOUNDARIES = {
    "the look at the Droplet": Call(f"GET {DROPLET}"),
    "whether its image is there already": Call(f"GET {DROPLET}/snapshots"),
    "the POST of the snapshot": Call(f"POST {DROPLET}/actions"),
    "the look for its image": Call(f"GET {DROPLET}/snapshots", nth=2),
    "the look at the snapshot's action": Call(f"GET {DROPLET}/actions/*"),
    "the look at the new image": Call(f"GET {IMAGE}"),
    "whether it is copied already": Call(f"GET {IMAGE}/actions"),
    "the first copy": Call(f"POST {IMAGE}/actions"),
    "the second copy": Call(f"POST {IMAGE}/actions", nth=2),
    "the look at an old image": Call(f"GET /v2/images/{FIRST}", nth=2),
    "the first deletion": Call("DELETE /v2/images/*"),
    "the second deletion": Call("DELETE /v2/images/*", nth=2),
}


def _prepared(at_work: CrashingWorld) -> None:
    for n, number in enumerate(OLD):
        at_work.digitalocean.add_image(
            number,
            f"web-1-2026-11-{n + 1:02}-0300",
            created_at=f"2026-11-{n + 1:02}T03:00:00Z",
            droplet_id=WEB_1,
        )


def _done(at_work: CrashingWorld) -> list[str]:
    """What DigitalOcean took, in its order."""
    posts = at_work.digitalocean.posts
    return [f"{post.body['type']} {post.body.get('region', '')}".strip() for post in posts]


def _ends_well(at_work: CrashingWorld) -> None:
    end = time.monotonic() + 40
    while "completed after" not in _headline(at_work):
        assert time.monotonic() < end, "\n".join([_headline(at_work), at_work.sandbox.log.tail(30)])
        time.sleep(0.2)
    assert _done(at_work) == ["snapshot", "transfer fra1", "transfer ams3"]
    gone = {number for number in OLD if number not in at_work.digitalocean.images}
    assert gone == set(APPROVED)
    new = at_work.digitalocean.images[NEW]
    assert new.regions == ("nyc1", "fra1", "ams3")


def _send_again(at_work: CrashingWorld) -> None:
    """Nobody knows whether it was taken: the bot asks, and somebody decides."""
    at_work.until(lambda: "needs attention" in _headline(at_work), "the question", seconds=60)
    at_work.clicks("post_again", at_work.slack.messages(OPS)[-1], by=ANN)


def _headline(at_work: CrashingWorld) -> str:
    """The one card in a sentence."""
    roots = at_work.slack.messages(OPS)
    return str(roots[-1].text) if roots else ""


@pytest.mark.parametrize("moment", ["arrived", "answered"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed(
    boundary: str, moment: str, database: tuple[str, str], tmp_path: Path, cost: Any
) -> None:
    _, url = database
    with crashing_world(tmp_path, POLICY, DATABASE_URL=url) as at_work:
        _prepared(at_work)
        trap = Trap(at_work.sandbox, BOUNDARIES[boundary], answered=moment == "answered")
        trap.set()
        at_work.types("snapshot web-1 to fra1 ams3 keep 2")
        at_work.until(lambda: trap.holds, f"{boundary} to be reached", seconds=60)
        at_work.crash()
        if moment == "arrived" and BOUNDARIES[boundary].to.startswith("POST"):
            _send_again(at_work)
        _ends_well(at_work)
        cost(f"kill -9 at {boundary} of a snapshot plan", at_work.sandbox, lost=0)


@pytest.mark.parametrize("taken", [False, True], ids=["not-taken", "taken"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_lost_answer(boundary: str, taken: bool, database: tuple[str, str], tmp_path: Path) -> None:
    _, url = database
    call = BOUNDARIES[boundary]
    with crashing_world(tmp_path, POLICY, DATABASE_URL=url) as at_work:
        _prepared(at_work)
        lost = LostAnswer(at_work.sandbox, call, taken=taken)
        lost.set()
        at_work.types("snapshot web-1 to fra1 ams3 keep 2")
        if not taken and call.to.startswith("POST"):
            _send_again(at_work)
        _ends_well(at_work)
        assert lost.has_come, "no such call was made: nothing was tried"
