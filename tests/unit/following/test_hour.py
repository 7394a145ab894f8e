"""An hour of following on a simulated clock: the real follower, list and account of calls.

The figures are printed (`pytest -s`); what is asserted is the budget and the notice, which
do not depend on the machine.
"""

from __future__ import annotations

import heapq
from typing import Any

import pytest
from unit.following.hour import START, Account, Clock, FakeClient, busiest, durations, quantile

from bot.following.account import CallAccount
from bot.following.follower import Follower
from bot.following.plan import Flight
from bot.image_actions import ImageAction
from bot.pace import Estimate, Took, estimate

HOUR = 3600.0


class Hour:
    """A steady number of actions in flight: each that is seen to have ended is replaced."""

    def __init__(
        self, in_flight: int, *, learnt: bool, foreign_per_minute: float = 6.0, median: float = 600
    ) -> None:
        self.clock = Clock()
        self.account = Account(self.clock)
        calls = CallAccount(self.clock)
        client: Any = FakeClient(self.account, calls)
        self.client = client
        self.follower = Follower(client, calls, 5.0, self.clock)
        self.takes = durations(7, median)
        self.learnt = self._learn() if learnt else None
        self.foreign = 60 / foreign_per_minute
        self.foreign_at = START
        self.flights: dict[int, Flight] = {}
        self.ends: list[tuple[float, int]] = []
        self.delays: list[float] = []
        self._begin_with(in_flight)

    def _learn(self) -> Estimate | None:
        return estimate([Took(next(self.takes), 20.0) for _ in range(50)], 20.0)

    def _begin_with(self, count: int) -> None:
        """Those in flight are of every age, as they would be after hours of the same."""
        lives = sorted((-next(self.takes) * (n + 0.5) / count for n in range(count)))
        for since in lives:
            ends = START + since + max(next(self.takes), 1.0 - since)
            self._start(START + since, ends)

    def _start(self, since: float, ends: float) -> None:
        action_id = self.account.begin(ends)
        self.flights[action_id] = Flight(action_id, action_id, 1, since, None, self.learnt)
        heapq.heappush(self.ends, (ends, action_id))

    def _tell(self, flight: Flight, action: ImageAction | None) -> None:
        if action and action.status == "completed" and flight.action_id in self.flights:
            del self.flights[flight.action_id]
            ended = self.account.find(flight.action_id)
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
            if ours:
                self._start(at, at + next(self.takes))
            else:
                self.account.begin(at, ours=False)

    def run(self, seconds: float = HOUR) -> None:
        end = START + seconds
        while self.clock() < end:
            self._world()
            flights = [
                Flight(f.id, f.action_id, 1, f.since, self.follower.looked(f.action_id, f.since),
                       f.estimate)
                for f in self.flights.values()
            ]
            what = self.follower.plan(flights)
            if what.calls:
                self.follower.look(what, flights, self._tell)
            else:
                self.clock.now = max(self.clock.now + 0.01, what.next_at)

    def figures(self) -> str:
        p50, p95 = quantile(self.delays, 0.5), quantile(self.delays, 0.95)
        calls = len(self.account.served)
        return f"{calls:5d} calls/h  notice p50 {p50:5.1f} s  p95 {p95:5.1f} s"


@pytest.mark.parametrize("learnt", [True, False], ids=["history", "no-history"])
@pytest.mark.parametrize(
    ("in_flight", "most_calls", "most_delay"),
    [(1, 721, 5.2), (100, 721, 6.0), (1_000, 1_250, 20.0), (10_000, 4_000, 60.0)],
)
def test_an_hour(in_flight: int, most_calls: int, most_delay: float, learnt: bool) -> None:
    hour = Hour(in_flight, learnt=learnt)
    hour.run()
    print(f"\n{in_flight:6d} in flight, {'with' if learnt else 'no'} history: {hour.figures()}")  # noqa: T201 - figures for a person
    assert len(hour.account.served) <= most_calls
    assert busiest(hour.account.served, 60) <= 200
    assert hour.account.refused == 0
    assert quantile(hour.delays, 0.95) <= most_delay
