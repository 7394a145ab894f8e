"""An hour of following on a simulated clock: the real follower, list and account of calls.

The figures are printed (`pytest -s`); what is asserted is the budget and the notice, which
do not depend on the machine.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Any

import pytest
from unit.polling.hour import START, Account, Clock, FakeClient, busiest, durations, quantile

from bot.digitalocean.call_budget import RateLimitBudget
from bot.domain.estimates import Estimate, Took, estimate
from bot.domain.resources import ImageAction
from bot.jobs.polling.plan import InFlightAction
from bot.jobs.polling.poller import Poller

pytestmark = pytest.mark.slow

HOUR = 3600.0
MEAN = 628.0
"""Seconds, of `durations`."""


class Hour:
    """An hour of a token's life.

    Args:
        in_flight: how many at its start.
        steady: each that ends is replaced by a new one, and it has been so for an hour; else
            all of the start begin together and end at times spread over the hour.
        learnt: how long such ones take is known.
    """

    def __init__(
        self, in_flight: int, *, steady: bool, learnt: bool = False, foreign_per_minute: float = 6
    ) -> None:
        self.clock = Clock()
        self.account = Account(self.clock)
        calls = RateLimitBudget(self.clock)
        client: Any = FakeClient(self.account, calls)
        self.client = client
        self.follower = Poller(client, calls, 5.0, self.clock)
        self.takes = durations(7)
        self.learnt = self._learn() if learnt else None
        self.foreign = 60 / foreign_per_minute
        self.foreign_at = START
        self.in_flight: dict[int, InFlightAction] = {}
        self.ends: list[tuple[float, int]] = []
        self.delays: list[float] = []
        self.steady = steady
        self._begin_with(in_flight)

    def _learn(self) -> Estimate | None:
        return estimate([Took(next(self.takes), 20.0) for _ in range(50)], 20.0)

    def _begin_with(self, count: int) -> None:
        if not self.steady:
            for n in range(count):
                self._start(START, START + 60 + (HOUR - 120) * (n * 0.618 % 1))
            return
        for n in range(6 * count, 0, -1):  # as it would be after hours of the same
            since = START - n * MEAN / count
            self._start(since, since + next(self.takes))
        while len(self.in_flight) < count:
            self._start(START, START + next(self.takes))

    def _start(self, since: float, ends: float) -> None:
        action_id = self.account.begin(ends)
        if ends <= START:
            return
        self.in_flight[action_id] = InFlightAction(
            action_id, action_id, 1, since, None, self.learnt
        )
        heapq.heappush(self.ends, (ends, action_id))

    def _tell(self, followed: InFlightAction, action: ImageAction | None) -> None:
        if action and action.status == "completed" and followed.action_id in self.in_flight:
            del self.in_flight[followed.action_id]
            ended = self.account.find(followed.action_id)
            assert ended is not None
            assert ended.ends_at is not None
            self.delays.append(self.clock() - ended.ends_at)

    def _world(self) -> None:
        """What happened until now: others' actions, and a new one for each that ended."""
        events: list[tuple[float, bool]] = []
        while self.ends and self.ends[0][0] <= self.clock():
            events.append((heapq.heappop(self.ends)[0], True))
        while self.foreign_at <= self.clock():
            events.append((self.foreign_at, False))
            self.foreign_at += self.foreign
        for at, ours in sorted(events):
            if ours and self.steady:
                self._start(at, at + next(self.takes))
            elif not ours:
                self.account.begin(at, ours=False)

    def run(self, seconds: float = HOUR) -> None:
        end = START + seconds
        while self.clock() < end:
            self._world()
            in_flight = [
                replace(f, looked=self.follower.tried(f.action_id, f.since))
                for f in self.in_flight.values()
            ]
            what = self.follower.plan(in_flight)
            if not in_flight:
                return
            if what.calls:
                self.follower.look(what, in_flight, self._tell)
            else:
                self.clock.now = max(self.clock.now + 0.01, what.next_at)

    def figures(self) -> str:
        p50, p95 = quantile(self.delays, 0.5), quantile(self.delays, 0.95)
        calls = len(self.account.served)
        return f"{calls:5d} calls/h  notice p50 {p50:5.1f} s  p95 {p95:5.1f} s"


def told(hour: Hour, in_flight: int, how: str) -> None:
    print(f"\n{in_flight:6d} in flight, {how}: {hour.figures()}")  # noqa: T201 - figures for a person


def within_the_budget(hour: Hour, calls: int) -> None:
    assert busiest(hour.account.served, 3600) <= calls
    assert busiest(hour.account.served, 60) <= 200
    assert hour.account.refused == 0


@pytest.mark.parametrize(
    ("in_flight", "calls", "delay"),
    [(1, 720, 5.5), (100, 720, 10.0), (1_000, 1_250, 20.0), (10_000, 4_000, 60.0)],
)
def test_an_hour_of_many_begun_together(in_flight: int, calls: int, delay: float) -> None:
    hour = Hour(in_flight, steady=False)
    hour.run()
    told(hour, in_flight, "begun together, ending all through the hour")
    within_the_budget(hour, calls)
    assert quantile(hour.delays, 0.95) <= delay


@pytest.mark.parametrize(
    ("in_flight", "learnt", "calls", "delay", "seconds"),
    [
        (1, True, 720, 5.5, 3600),
        (100, True, 750, 12.0, 3600),
        (1_000, True, 1_300, 23.0, 3600),
        (1_000, False, 1_450, 40.0, 3600),
        (10_000, True, 4_000, 90.0, 1200),
    ],
)
def test_an_hour_of_a_steady_stream(
    in_flight: int, learnt: bool, calls: int, delay: float, seconds: float
) -> None:
    """Every end is followed by a new beginning: about six an hour for each in flight.

    Those that ended lie in the list between those in flight, so it takes more pages: for 1,000
    within 20 s no plan needs less than 1,160 calls (docs/performance.md has the arithmetic).
    """
    hour = Hour(in_flight, steady=True, learnt=learnt)
    hour.run(seconds)
    how = f"a steady stream, {'with' if learnt else 'no'} history, {seconds / 60:.0f} min"
    told(hour, in_flight, how)
    within_the_budget(hour, calls)
    assert quantile(hour.delays, 0.95) <= delay
