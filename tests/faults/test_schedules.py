"""Kills and lost answers at every boundary of a night of a schedule; two replicas of each role."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.crashing import crashing_world
from faults.nights import NEW, OLD, POLICY, WEB_1, NightlyCluster, NightlyWorld, Nights
from faults.replicas import WORKER, cluster
from faults.take_over import TakeOvers
from faults.tally import most_repeated
from faults.traps import Call, Trap
from world import BOB, OPS, buttons

from bot.domain.occasions import RunOutcome

pytestmark = pytest.mark.faults

DROPLET, IMAGE = f"/v2/droplets/{WEB_1}", f"/v2/images/{NEW}"
BOUNDARIES = {
    "the look-up of what it names": Call("GET /v2/droplets"),
    "the look at its images": Call("GET /v2/images"),
    "the look at the Droplet": Call(f"GET {DROPLET}"),
    "its card, under its approval": Call("chat.postMessage", channel=OPS),
    "whether its image is there already": Call(f"GET {DROPLET}/snapshots"),
    "the POST of the snapshot": Call(f"POST {DROPLET}/actions"),
    "the POST of the copy": Call(f"POST {IMAGE}/actions"),
    "the deletion": Call("DELETE /v2/images/*"),
    "the reply completed": Call("chat.postMessage", nth=2, channel=OPS),
}
POINTS = [
    pytest.param(call, moment, id=f"{what}, {moment}".replace(" ", "-"))
    for what, call in BOUNDARIES.items()
    for moment in ("arrived", "answered")
    if moment == "answered" or is_long() or not call.to.startswith("GET")
]
NIGHTS = 12 if is_long() else 4


def ended(at_work: Nights, outcome: RunOutcome, count: int = 1, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while sum(run.outcome is outcome for run in at_work.runs()) < count:
        assert time.monotonic() < end, (at_work.runs(), at_work.sandbox.log.tail(30))
        time.sleep(0.1)


def went_well(at_work: Nights, nights: int = 1) -> None:
    """Each night was one run, one card, one snapshot, one copy and one deletion."""
    ended(at_work, RunOutcome.COMPLETED, nights)
    assert [run.outcome for run in at_work.runs()] == [RunOutcome.COMPLETED] * nights
    assert at_work.sent() == ["snapshot", "transfer fra1"] * nights
    gone = {OLD, OLD + 1, *range(NEW, NEW + nights)} - set(at_work.digitalocean.images)
    assert gone == set([OLD, OLD + 1, *range(NEW, NEW + nights)][:nights])
    at_work.until(lambda: _different(at_work.cards()) == nights, f"{nights} cards")
    asked = [m for m in at_work.slack.messages(OPS) if m not in at_work.cards()]
    assert _different(asked) == 1, "its approval was asked for twice"
    assert most_repeated(at_work.sandbox) <= 1, "one crash repeated a message twice"


def _different(cards: list[Any]) -> int:
    """A crash may repeat a message whose answer was lost; it carries the same card then."""
    return len({message.metadata["event_payload"]["card"] for message in cards})


@pytest.mark.parametrize(("call", "moment"), POINTS)
def test_killed(
    call: Call, moment: str, database: tuple[str, str], tmp_path: Path, cost: Any
) -> None:
    with crashing_world(tmp_path, POLICY, kind=NightlyWorld, DATABASE_URL=database[1]) as at_work:
        at_work.gets_approved()
        trap = Trap(at_work.sandbox, call, answered=moment == "answered")
        trap.set()
        at_work.to_the_next_night()
        at_work.until(lambda: trap.holds, f"{call.to} to be reached", seconds=60)
        at_work.crash()
        if moment == "arrived" and call.to.startswith("POST"):
            send_again(at_work)
        went_well(at_work)
        assert at_work.told_directly() == []
        boundary = next(what for what, each in BOUNDARIES.items() if each == call)
        cost(f"kill -9 at {boundary}, of a schedule's run", at_work.sandbox, lost=0)


def send_again(at_work: Nights) -> None:
    """Nobody knows whether it was taken: the bot asks, and somebody decides."""

    def asked() -> bool:
        return bool(at_work.cards()) and "post_again" in buttons(at_work.cards()[-1])

    at_work.until(asked, "the question", seconds=60)
    at_work.clicks("post_again", at_work.cards()[-1], by=BOB)


def test_killed_at_moments_without_a_call(database: tuple[str, str], tmp_path: Path) -> None:
    """Between the rows that a run writes there is no call to be held: so at any moment."""
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    with crashing_world(tmp_path, POLICY, kind=NightlyWorld, DATABASE_URL=database[1]) as at_work:
        at_work.gets_approved()
        for night in range(1, NIGHTS + 1):
            at_work.to_the_next_night()
            time.sleep(moments.uniform(0.0, 4.0))
            at_work.crash()
            went_well(at_work, night)
        assert at_work.told_directly() == [], f"seed {seed}"


@pytest.mark.parametrize("taken", [False, True], ids=["not-taken", "taken"])
@pytest.mark.parametrize("call", ["snapshot", "copy", "deletion"])
def test_lost_answer(call: str, taken: bool, database: tuple[str, str], tmp_path: Path) -> None:
    where = {
        "snapshot": ("POST", f"{DROPLET}/actions"),
        "copy": ("POST", f"{IMAGE}/actions"),
        "deletion": ("DELETE", "/v2/images/*"),
    }
    with crashing_world(tmp_path, POLICY, kind=NightlyWorld, DATABASE_URL=database[1]) as at_work:
        at_work.gets_approved()
        method, path = where[call]
        at_work.digitalocean.faults.reset(method=method, path=path, after=taken)
        at_work.to_the_next_night()
        if not taken and call != "deletion":
            send_again(at_work)
        went_well(at_work)


def test_a_question_that_nobody_answers_keeps_the_next_night_and_that_is_told(
    database: tuple[str, str], tmp_path: Path
) -> None:
    with crashing_world(tmp_path, POLICY, kind=NightlyWorld, DATABASE_URL=database[1]) as at_work:
        at_work.gets_approved()
        at_work.digitalocean.faults.reset(method="POST", path=f"{DROPLET}/actions")
        at_work.to_the_next_night()
        at_work.until(
            lambda: at_work.cards() and "post_again" in buttons(at_work.cards()[-1]), "the question"
        )
        at_work.to_the_next_night()
        ended(at_work, RunOutcome.SKIPPED_RUNNING)
        at_work.until(lambda: "still running" in "".join(at_work.told_directly()), "word of it")
        send_again(at_work)
        ended(at_work, RunOutcome.COMPLETED)
        assert at_work.sent() == ["snapshot", "transfer fra1"]


def test_away_over_nights_it_runs_once_and_says_so(
    database: tuple[str, str], tmp_path: Path
) -> None:
    with crashing_world(tmp_path, POLICY, kind=NightlyWorld, DATABASE_URL=database[1]) as at_work:
        at_work.gets_approved()
        at_work.process.kill()
        for _ in range(3):
            at_work.to_the_next_night()
        at_work.sandbox.skip(3600)
        at_work.skipped.write_text(str(at_work.sandbox.clock.skipped), encoding="utf-8")
        at_work.start()
        went_well(at_work)
        at_work.until(lambda: "late" in "".join(at_work.told_directly()), "word of it")
        assert len(at_work.told_directly()) == 1


def test_two_replicas_of_each_role_and_one_dies_each_night(tmp_path: Path) -> None:
    with cluster(tmp_path, POLICY, kind=NightlyCluster) as at_work:
        seen = TakeOvers(at_work.settings["DATABASE_URL"])
        at_work.gets_approved()
        for night in range(1, NIGHTS + 1):
            at_work.to_the_next_night()
            victim = random.choice(at_work.replicas[WORKER])
            at_work.kill_at_work(victim, seen, 3)
            at_work.begin(victim)
            went_well(at_work, night)
        assert at_work.told_directly() == []
        seen.close()
