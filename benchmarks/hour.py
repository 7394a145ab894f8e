"""An hour of following on a simulated clock: the real follower and the real client, over HTTP.

`python -m benchmarks.hour IN_FLIGHT batch|stream` prints what one hour cost as JSON. The stand-in
of DigitalOcean runs on the same simulated clock, its limits included: 5,000 calls an hour and
250 a minute. Each call takes `CALL_SECONDS` of that clock; nothing waits, so an hour takes as
long as its calls.
"""

from __future__ import annotations

import heapq
import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.figures import quantile
from bot.digitalocean import Client
from bot.digitalocean.call_budget import RateLimitBudget
from bot.domain.estimates import Estimate, Took, estimate
from bot.domain.resources import ImageAction
from bot.jobs.polling.plan import InFlightAction
from bot.jobs.polling.poller import Poller
from rehearsal.digitalocean.account import COMPLETED, Account, Action
from rehearsal.digitalocean.api import DigitalOceanApi
from rehearsal.digitalocean.rates import RateLimits, Verdict
from rehearsal.log import EventLog
from rehearsal.site import Site
from rehearsal.thread import LoopThread

CALL_SECONDS = 0.15
HOUR = 3600.0
START = 1_800_000_000.0
POLL_SECONDS = 5.0
MEDIAN_SECONDS, SPREAD = 600.0, 0.3
"""Half of the image actions take between 0.8 and 1.2 times as long, one in ten over 1.4 times."""
MEAN_SECONDS = MEDIAN_SECONDS * math.exp(SPREAD**2 / 2)
BATCH, STREAM = "batch", "stream"
OTHERS_EVERY = 10.0
"""Seconds between actions of others in the same account."""
_IMAGE = 62137902
_TOKEN = "simulated"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class Cost:
    """What an hour of following cost.

    Attributes:
        calls: HTTP requests that DigitalOcean let through; `refused`: 429s.
        polls: the calls of one who asks for each action by itself every `POLL_SECONDS`, from its
            beginning (or the hour's) until it has ended (or the hour has): the same ends, the
            same hour.
        busiest_minute: the most calls within any 60 s.
        median_s, p95_s, p99_s: from the end of an image action until the follower knew.
        ended: how many ended and were noticed.
    """

    in_flight: int
    mix: str
    calls: int
    polls: int
    refused: int
    busiest_minute: int
    median_s: float
    p95_s: float
    p99_s: float
    ended: int


class SimulatedClock:
    """Epoch seconds, moved by whoever simulates."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> float:
        return self.at

    def now(self) -> float:
        """The same, as the stand-in's account asks for it."""
        return self.at


class SimulatedLimits(RateLimits):
    """The token's limits on the simulated clock; each request moves it."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self._clock = clock
        self.served: list[float] = []
        self.refused = 0

    def check(self) -> Verdict:
        """Let one request through or not."""
        self._clock.at += CALL_SECONDS
        now = self._clock.at
        self._expire(now)
        full = len(self._hour) >= self.hourly
        if full or len(self._minute) >= self.minutely:
            self.refused += 1
            wait = {} if full else {"retry-after": str(int(self._minute[0] + 61 - now))}
            return Verdict(False, self._headers(now) | wait)
        self.served.append(now)
        self._hour.append(now)
        self._minute.append(now)
        return Verdict(True, self._headers(now))


class NewestFirst(Sequence[Action]):
    """A list read from its end, without copying it for every page."""

    def __init__(self, oldest_first: list[Action]) -> None:
        self._all = oldest_first

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self._all[-1 - each] for each in range(*at.indices(len(self._all)))]
        return self._all[-1 - at]


class SimulatedAccount(Account):
    """The stand-in's account with image actions whose ends are planned on the simulated clock."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self._now = clock
        self._all: list[Action] = []
        self._first = next(self._ids) + 1
        self._ends: list[tuple[float, int]] = []

    def begin(self, since: float, ends_at: float) -> Action:
        """An image action of ours."""
        action = self._add(since, ends_at)
        heapq.heappush(self._ends, (ends_at, action.id))
        return action

    def add_other(self) -> None:
        """An action of somebody else; what becomes of it does not matter."""
        self._add(self._now(), None)

    def settle(self) -> None:
        """Let every action end whose time has come."""
        while self._ends and self._ends[0][0] <= self._now():
            ends_at, number = heapq.heappop(self._ends)
            at = number - self._first
            self._all[at] = replace(self._all[at], status=COMPLETED, completed_at=ends_at)

    def actions(self, image_id: int | None = None) -> Any:
        """Newest first."""
        self.settle()
        return NewestFirst(self._all)

    def action(self, action_id: int, image_id: int | None = None) -> Action:
        """One of them."""
        self.settle()
        return self._all[action_id - self._first]

    def ends_at(self, action_id: int) -> float:
        """When an action ends or ended, in epoch seconds."""
        return self._all[action_id - self._first].ends_at or 0.0

    def _add(self, since: float, ends_at: float | None) -> Action:
        number = self._first + len(self._all)
        action = Action(number, "transfer", _IMAGE, "nyc3", since, ends_at)
        self._all.append(action)
        return action


class Hour:
    """An hour of a token's life.

    Args:
        in_flight: how many image actions.
        mix: `BATCH`: all begin together, and end at times spread evenly over the hour.
            `STREAM`: for each that ends another one begins, and it has long been so.
    """

    def __init__(self, in_flight: int, mix: str) -> None:
        self._in_flight, self._mix = in_flight, mix
        self._clock = SimulatedClock()
        self._account = SimulatedAccount(self._clock)
        self._limits = SimulatedLimits(self._clock)
        self._takes = _durations()
        self._learnt = self._learn() if mix == STREAM else None
        self._flights: dict[int, InFlightAction] = {}
        self._ends: list[float] = []
        self._others_at = START
        self._delays: list[float] = []
        self._lives: list[tuple[float, float]] = []

    def run(self) -> Cost:
        """Simulate the hour."""
        thread = LoopThread("simulated-digitalocean")
        api = DigitalOceanApi(self._account, _TOKEN, EventLog(), self._limits)
        site = Site(api.handle)
        calls = RateLimitBudget(self._clock)
        thread.start()
        try:
            thread.run(site.open())
            api.base_url = site.url
            with Client(_TOKEN, endpoint=site.url, observe=calls.observe) as client:
                self._poll(Poller(client, calls, POLL_SECONDS, self._clock))
            thread.run(site.close())
        finally:
            thread.stop()
        return self._cost()

    def _follow(self, follower: Poller) -> None:
        begin = {BATCH: self._begin_together, STREAM: self._begin_with_every_age}
        begin[self._mix]()
        while self._clock() < START + HOUR and self._flights:
            self._world()
            in_flight = list(self._flights.values())
            what = follower.plan(in_flight)
            if what.calls:
                follower.look(what, in_flight, self._tell)
            else:
                self._clock.at = max(self._clock() + 0.01, what.next_at)

    def _learn(self) -> Estimate | None:
        return estimate([Took(next(self._takes), 20.0) for _ in range(50)], 20.0)

    def _begin_together(self) -> None:
        for n in range(self._in_flight):
            self._begin(START, START + 60 + (HOUR - 120) * (n * 0.618 % 1))

    def _begin_with_every_age(self) -> None:
        every = MEAN_SECONDS / self._in_flight
        for n in range(4 * self._in_flight, 0, -1):
            since = START - n * every
            self._begin(since, since + next(self._takes))
        while len(self._flights) < self._in_flight:
            self._begin(START, START + next(self._takes))

    def _begin(self, since: float, ends_at: float) -> None:
        action = self._account.begin(since, ends_at)
        if ends_at <= START:
            return
        self._lives.append((max(since, START), min(ends_at, START + HOUR)))
        self._flights[action.id] = InFlightAction(
            action.id, action.id, _IMAGE, since, None, self._learnt
        )
        if self._mix == STREAM:
            heapq.heappush(self._ends, ends_at)

    def _world(self) -> None:
        """What happened until now: others' actions, and one of ours for each that ended."""
        now = self._clock()
        while min([self._others_at, *self._ends[:1]]) <= now:
            if self._ends and self._ends[0] <= self._others_at:
                at = heapq.heappop(self._ends)
                self._begin(at, at + next(self._takes))
            else:
                self._account.add_other()
                self._others_at += OTHERS_EVERY

    def _tell(self, followed: InFlightAction, action: ImageAction | None) -> None:
        if followed.action_id not in self._flights:
            return
        now = self._clock()
        if action and action.status == COMPLETED:
            del self._flights[followed.action_id]
            self._delays.append(now - self._account.ends_at(followed.action_id))
        else:
            self._flights[followed.action_id] = replace(followed, looked=now)

    def _cost(self) -> Cost:
        delays, served = sorted(self._delays), self._limits.served
        return Cost(
            in_flight=self._in_flight,
            mix=self._mix,
            calls=len(served),
            polls=sum(math.ceil((end - begin) / POLL_SECONDS) for begin, end in self._lives),
            refused=self._limits.refused,
            busiest_minute=_busiest(served, 60.0),
            median_s=quantile(delays, 0.5),
            p95_s=quantile(delays, 0.95),
            p99_s=quantile(delays, 0.99),
            ended=len(delays),
        )


def _durations() -> Iterator[float]:
    chance = random.Random(7)  # noqa: S311 - lengths, not keys
    while True:
        yield MEDIAN_SECONDS * chance.lognormvariate(0.0, SPREAD)


def _busiest(times: list[float], seconds: float) -> int:
    """The most of these times (ascending) within any window of so many seconds."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(Hour(int(sys.argv[1]), sys.argv[2]).run())))
