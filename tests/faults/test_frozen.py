"""A process that stands still, not dead, and wakes up after its work was taken over."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.flow import POLICY, Flow
from faults.process import BotProcess
from faults.replicas import WORKER, Cluster, cluster, worker_number
from faults.take_over import TakeOvers
from faults.tally import ended, most_repeated
from faults.traps import Call, Trap
from world import ANN, OPS, RUNS_AT_ONCE, SNAPSHOT, buttons

from rehearsal.slack.rates import Limits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3000 if is_long() else 900)]

REQUESTS, FREEZES = (100, 12) if is_long() else (16, 2)
TRANSFER = f"POST /v2/images/{SNAPSHOT}/actions"
HELD = {
    "before the POST": (Call(f"GET /v2/images/{SNAPSHOT}", nth=2), True),
    "in a POST that does not arrive": (Call(TRANSFER), False),
    "in a POST that was taken": (Call(TRANSFER), True),
}


@pytest.mark.parametrize("where", HELD)
def test_it_posts_nothing_more(where: str, tmp_path: Path, cost: Any) -> None:
    call, answered = HELD[where]
    with cluster(tmp_path, RUNS_AT_ONCE) as at_work:
        seen = TakeOvers(at_work.settings["DATABASE_URL"])
        trap = Trap(at_work.sandbox, call, answered=answered)
        trap.set()
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        at_work.until(lambda: trap.holds, "the call")
        frozen = _whoever_is_at(at_work, seen, "submit:")
        frozen.freeze()
        if where == "in a POST that does not arrive":
            at_work.until(lambda: _asks(at_work), "the question", seconds=60)
            at_work.clicks("post_again", _asks(at_work)[-1], by=ANN)
        at_work.until(lambda: ended(at_work.sandbox, OPS, SNAPSHOT), "an end", seconds=60)
        assert len(at_work.digitalocean.posts) == 1
        frozen.thaw()
        at_work.until(lambda: frozen.ready() == 200, "it to work again", seconds=40)
        time.sleep(3)  # long enough to end the call that it stood still in
        cost(f"a worker is frozen {where}, and wakes up later", at_work.sandbox, lost=0)
        assert len(at_work.digitalocean.posts) == 1
        seen.close()


def test_frozen_at_random(tmp_path: Path, cost: Any) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    with cluster(tmp_path, POLICY, limits=Limits(tier_factor=1000.0)) as at_work:
        at_work.digitalocean.faults.slow(0.2, method="POST", times=None)
        flow = Flow(at_work, REQUESTS, FREEZES * 10.0, channels=REQUESTS // 3)
        flow.begin()
        for _ in range(FREEZES):
            time.sleep(moments.uniform(0.2, 1.8))
            frozen = moments.choice(at_work.replicas[WORKER])
            frozen.freeze()
            time.sleep(9.0)  # its work is taken over after six
            frozen.thaw()
        lost = flow.lost(patience=90)
        flow.end()
        what = f"a worker is frozen at random while {REQUESTS} requests flow"
        cost(what, at_work.sandbox, lost=len(lost), times=FREEZES)
        assert len(at_work.digitalocean.posts) == REQUESTS, f"seed {seed}"
        assert most_repeated(at_work.sandbox) <= FREEZES


def _whoever_is_at(at_work: Cluster, seen: TakeOvers, job: str) -> BotProcess:
    return next(
        replica
        for replica in at_work.replicas[WORKER]
        if any(lock.startswith(job) for lock in seen.holds(worker_number(replica)))
    )


def _asks(at_work: Cluster) -> list[Any]:
    return [m for m in at_work.slack.messages(OPS) if "post_again" in buttons(m)]
