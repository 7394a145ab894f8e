"""Two web and two worker replicas behind a load balancer: they die, and nobody notices."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.flow import POLICY, Flow
from faults.process import BotProcess
from faults.replicas import WEB, WORKER, Cluster, cluster, worker_number
from faults.tally import most_repeated
from faults.take_over import TakeOvers, check

from bot.sandbox.slack.rates import Limits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3000 if is_long() else 500)]

REQUESTS, KILLS, CHANNELS = (2000, 60, 200) if is_long() else (60, 6, 20)
SECONDS_A_KILL = 5.0
"""A replica that is begun again takes some of them."""
AT_ONCE = Limits(tier_factor=1000.0)
"""How fast a workspace lets edits through is another test's."""
FATES = ("another joins", "comes back", "is missed")


@pytest.fixture
def take_overs() -> Iterator[Callable[[Cluster], TakeOvers]]:
    begun: list[TakeOvers] = []

    def begin(at_work: Cluster) -> TakeOvers:
        begun.append(TakeOvers(at_work.settings["DATABASE_URL"]))
        return begun[-1]

    yield begin
    for each in begun:
        each.close()


def test_random_kills(
    tmp_path: Path, cost: Any, take_overs: Any, record_property: Callable[[str, Any], None]
) -> None:
    seed = random.randrange(10**6)
    # Nobody has 2,000 transfers in a few minutes: DigitalOcean's limits, and ours on what one
    # person may type, would make this take hours.
    with cluster(
        tmp_path, POLICY, limits=AT_ONCE, IMAGE_BOT_COMMANDS_PER_MINUTE="100000"
    ) as at_work:
        at_work.digitalocean.limit_calls(hourly=1_000_000, minutely=1_000_000)
        at_work.digitalocean.faults.slow(0.2, method="POST", times=None)
        deaths = _Deaths(at_work, take_overs(at_work), random.Random(seed))
        flow = Flow(at_work, REQUESTS, KILLS * SECONDS_A_KILL, CHANNELS)
        flow.begin()
        for number in range(KILLS):
            deaths.one(WORKER if number % 2 else WEB, FATES[number % len(FATES)])
        deaths.one(WEB, "is missed")  # these two for good
        deaths.one(WORKER, "is missed")
        lost = flow.lost(seconds=120 + 0.5 * REQUESTS)
        flow.end()
        what = f"kill -9 of replicas at random while {REQUESTS} requests flow (2 web, 2 worker)"
        cost(what, at_work.sandbox, lost=len(lost), times=deaths.count)
        deaths.seen.wait(60)
        check(record_property, what, deaths.seen.seconds)
        assert len(at_work.digitalocean.posts) == REQUESTS, f"seed {seed}"
        assert most_repeated(at_work.sandbox) <= deaths.count


class _Deaths:
    """Kills replicas, a worker while it is at something, and does what becomes of them."""

    def __init__(self, at_work: Cluster, seen: TakeOvers, moments: random.Random) -> None:
        self.count = 0
        self.seen = seen
        self._at_work = at_work
        self._moments = moments

    def one(self, role: str, fate: str) -> None:
        at_work, began = self._at_work, time.monotonic()
        replicas = at_work.replicas[role]
        if len(replicas) < 2:  # one was missed, and now it is: there is always somebody
            at_work.add(role)
        time.sleep(self._moments.uniform(0.2, 1.8))
        self._kill(role, self._moments.choice(replicas), fate)
        time.sleep(max(0.0, began + SECONDS_A_KILL - time.monotonic()))

    def _kill(self, role: str, victim: BotProcess, fate: str) -> None:
        number = worker_number(victim) if role == WORKER else 0
        end = time.monotonic() + 3
        while number and not self.seen.holds(number) and time.monotonic() < end:
            time.sleep(0.01)
        self._at_work.kill(victim)
        self.count += 1
        if number:
            self.seen.died(number)
        if fate == "comes back":
            self._at_work.begin(victim)
            return
        self._at_work.remove(role, victim)
        if fate == "another joins":
            self._at_work.add(role, wait=False)
