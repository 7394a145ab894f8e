"""A simulated token and account: the client's port, its limits, and a clock that tests move.

Nothing waits: each call takes `CALL_SECONDS` of the simulated clock.
"""

from __future__ import annotations

import bisect
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.digitalocean import Call, HttpResponseError, RateLimit, ServiceResponseError
from bot.digitalocean.call_budget import RateLimitBudget
from bot.digitalocean.errors import Response

CALL_SECONDS = 0.15
RESERVED_FROM = 0.8
START = 1_800_000_000.0


class Clock:
    """Epoch seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Action:
    """One action of the account; `ends_at` None: never."""

    id: int
    ends_at: float | None
    ours: bool = True
    status: str = "completed"
    gone: bool = False


@dataclass
class Account:
    """All actions, and the limits of the token, on the server's own clock."""

    clock: Clock
    hourly: int = 5000
    per_minute: int = 250
    actions: list[Action] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    """When each request was let through."""
    from_reserve: list[float] = field(default_factory=list)
    """Those of them that were made when little of the hour was left, by whomever."""
    refused: int = 0
    refusals: list[float | None] = field(default_factory=list)
    """The next requests that are answered 429 for no reason we know, with this retry-after."""
    lie: Callable[[RateLimit], RateLimit] = lambda told: told
    """What is made of the headers."""
    skew: float = 0.0
    """What was added to the bot's clock: the server's does not jump with it."""
    _window: deque[float] = field(default_factory=deque)
    _minute: deque[float] = field(default_factory=deque)

    def now(self) -> float:
        return self.clock() - self.skew

    def begin(self, ends_at: float | None, *, ours: bool = True, status: str = "completed") -> int:
        last = self.actions[-1].id if self.actions else 2_400_000_000
        self.actions.append(Action(last + 1, ends_at, ours, status))
        return last + 1

    def find(self, action_id: int) -> Action | None:
        at = bisect.bisect_left(self.actions, action_id, key=lambda a: a.id)
        found = self.actions[at] if at < len(self.actions) else None
        return found if found and found.id == action_id and not found.gone else None

    def json(self, action: Action) -> dict[str, Any]:
        ended = action.ends_at is not None and action.ends_at <= self.now()
        return {"id": action.id, "status": action.status if ended else "in-progress"}

    def request(self) -> tuple[int, RateLimit, float | None]:
        """Let one request through or not: status, headers, retry-after."""
        self.clock.now += CALL_SECONDS
        now = self.now()
        for window, seconds in ((self._window, 3600.0), (self._minute, 60.0)):
            while window and window[0] <= now - seconds:
                window.popleft()
        full, burst = len(self._window) >= self.hourly, len(self._minute) >= self.per_minute
        if not full and not burst:
            self.served.append(now)
            if len(self._window) >= RESERVED_FROM * self.hourly:
                self.from_reserve.append(now)
            self._window.append(now)
            self._minute.append(now)
        else:
            self.refused += 1
        oldest = self._window[0] if self._window else now
        true = RateLimit(self.hourly, self.hourly - len(self._window), int(oldest + 3600))
        limit = self.lie(true)
        if self.refusals:
            return 429, limit, self.refusals.pop()
        wait = self._minute[0] + 60 - now if burst and not full else None
        return (429 if full or burst else 200), limit, wait

    def others_call(self, count: int) -> None:
        """Others with the same token have made so many calls of the hour, as far as it let them."""
        free = max(0, self.hourly - len(self._window))
        self._window.extend([self.now()] * min(count, free))


class FakeClient:
    """The client at its port. `lost`: how many of the next attempts get no answer."""

    def __init__(self, account: Account, calls: RateLimitBudget) -> None:
        self.account, self.calls = account, calls
        self.lost = 0
        self.flaky = 0
        """So many tries of each call get no answer."""
        self.failing = 0
        """How many of the next pages are answered 500."""
        self.broken: dict[int, Any] = {}
        self.pages_read: list[int] = []
        self.read_alone: list[int] = []
        self.actions = self.image_actions = self

    def list(self, *, per_page: int = 20, page: int = 1) -> dict[str, Any]:
        self.pages_read.append(page)
        self._attempts()
        if self.failing:
            self.failing -= 1
            raise HttpResponseError(Response(500))
        there = self.account.actions
        end = len(there) - (page - 1) * per_page
        shown = there[max(0, end - per_page) : max(0, end)]
        bodies = [self.account.json(a) for a in reversed(shown) if not a.gone]
        return {"actions": bodies, "meta": {"total": len(there)}}

    def get(self, first: int, action_id: int | None = None) -> dict[str, Any]:
        self.read_alone.append(action_id or first)
        self._attempts()
        action = self.account.find(action_id or first)
        if action is None:
            raise HttpResponseError(Response(404), {"id": "not_found"})
        return {"action": self.broken.get(action.id) or self.account.json(action)}

    def _attempts(self) -> None:
        """As the client: up to four requests for a read whose replies are lost."""
        for tried in range(4):
            status, limit, wait = self.account.request()
            if self.lost or tried < self.flaky:
                self.lost = max(0, self.lost - 1)
                self.calls.observe(Call("GET", "/", None, 0.1, None, None))
                continue
            self.calls.observe(Call("GET", "/", status, 0.1, limit, None, wait))
            if status == 429:
                raise HttpResponseError(Response(429), retry_after=wait)
            return
        raise ServiceResponseError("no whole answer")


def busiest(times: list[float], seconds: float) -> int:
    """The most of these times (ascending) that lie within any window of so many seconds."""
    most, window = 0, deque[float]()
    for at in times:
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


def durations(seed: int, median: float = 600.0) -> Iterator[float]:
    """Seconds that actions take: half of them within 21% of `median`, one in ten over 1.4 times."""
    chance = random.Random(seed)
    while True:
        yield median * chance.lognormvariate(0.0, 0.3)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
