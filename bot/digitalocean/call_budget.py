"""The account of calls made with one token, kept by every process that makes some. No I/O.

Source of the limits: DigitalOcean's API reference, "Rate limit": 5,000 requests an hour, each
of which expires an hour after it was made, and 250 a minute. The `ratelimit-*` headers tell
what all users of the token have left; between replies, and where none come, our own count does.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from http import HTTPStatus
from itertools import takewhile

from bot.digitalocean import Call, RateLimit
from bot.domain.budget_snapshot import BudgetSnapshot, LimitHeaders
from bot.jobs.polling.plan import Budget

HOUR, MINUTE = 3600.0, 60.0
HOURLY, PER_MINUTE = 5000, 250
SHARE = 0.8
"""The follower stops when this part is used up, by whomever: the rest is for people's commands."""
ATTEMPTS = 4
"""One call of the client may be this many requests (`bot.digitalocean.transport`)."""
_BURST = MINUTE + 1.0
"""A second more: a call exactly a minute after another may still count with it over there."""
_PROBE_SECONDS = 30.0
_LONGEST_WAIT = HOUR
"""What DigitalOcean says is believed up to this long: clocks differ, and headers can be wrong."""


class RateLimitBudget:
    """How much of a token's limits is used, for any number of threads.

    Args:
        clock: epoch seconds.
        hourly: the limit while no header has told it.
        per_minute: no header tells this one.
    """

    def __init__(
        self, clock: Callable[[], float], hourly: int = HOURLY, per_minute: int = PER_MINUTE
    ) -> None:
        self._clock = clock
        self._hourly = hourly
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()
        self._held_until = 0.0
        self._told: RateLimit | None = None
        self._told_at = 0.0
        self._untold = 0
        """Requests since then whose replies told nothing."""
        self._waits_until = 0.0

    def observe(self, call: Call) -> None:
        """Count one HTTP attempt, and believe what its reply said."""
        with self._lock:
            now = self._clock()
            self._expire(now)
            self._calls.append(now)
            if call.rate_limit is not None and call.rate_limit.limit > 0:
                self._told, self._told_at, self._untold = call.rate_limit, now, 0
            else:
                self._untold += 1
            if call.status == HTTPStatus.TOO_MANY_REQUESTS:
                told = self._told_pause(now, call)
                self._wait(now, MINUTE if told is None else told)
                if told is not None:
                    self._held_until = self._waits_until

    def wait(self, seconds: float) -> None:
        """DigitalOcean said to wait this long."""
        with self._lock:
            self._wait(self._clock(), seconds)

    def budget(self) -> Budget:
        """What the follower may spend now."""
        with self._lock:
            now = self._clock()
            self._expire(now)
            ours, ours_opens = self._ours()
            told, told_opens = self._left_as_told(now)
            burst, burst_opens = self._burst(now)
            opens = max(
                ours_opens if ours < 1 else now,
                told_opens if told < 1 else now,
                burst_opens if burst < 1 else now,
            )
            left = max(0, min(ours, told))
            return Budget(left, max(0, burst), opens, self._waits_until)

    def saved(self, planned: int = 0) -> BudgetSnapshot:
        """What to write down before making `planned` more calls."""
        with self._lock:
            now = self._clock()
            self._expire(now)
            minutes = Counter(int(at // MINUTE * MINUTE) for at in self._calls)
            minutes[int(now // MINUTE * MINUTE)] += planned
            recent = tuple(sorted((minute, n) for minute, n in minutes.items() if n))
            limit = self._told
            told = (
                LimitHeaders(limit.limit, limit.remaining, limit.reset, self._told_at)
                if limit
                else None
            )
            return BudgetSnapshot(told, self._waits_until, recent)

    def restore(self, saved: BudgetSnapshot) -> None:
        """Take over what another process, or this one before it died, had written down.

        Calls that both know of count twice: that errs on the safe side, for an hour at most.
        """
        with self._lock:
            now = self._clock()
            counted = [min(m + MINUTE, now) for m, n in saved.recent for _ in range(n)]
            self._calls = deque(sorted([*self._calls, *counted]))
            if saved.headers is not None and saved.headers.at > self._told_at:
                self._told = RateLimit(
                    saved.headers.hourly, saved.headers.remaining, saved.headers.reset
                )
                self._told_at = min(saved.headers.at, now)
                self._untold = sum(at > self._told_at for at in self._calls)
            self._waits_until = max(self._waits_until, saved.waits_until)
            self._expire(now)

    def hear(self, waits_until: float) -> None:
        """Another process was told to wait until then (epoch seconds)."""
        with self._lock:
            self._waits_until = max(self._waits_until, waits_until)

    def hold(self) -> float:
        """Seconds for which nothing at all is to be sent, as a 429 told; 0: go on."""
        with self._lock:
            now = self._clock()
            self._expire(now)
            return max(0.0, self._held_until - now)

    @property
    def waits_until(self) -> float:
        """DigitalOcean said to wait until then (epoch seconds); 0: it did not."""
        with self._lock:
            self._expire(self._clock())
            return self._waits_until

    def _wait(self, now: float, seconds: float) -> None:
        until = now + min(max(0.0, seconds), _LONGEST_WAIT)
        self._waits_until = max(self._waits_until, until)

    def _told_pause(self, now: float, call: Call) -> float | None:
        """Seconds to wait, as this 429 said. Only the minute's limit says it by itself."""
        if call.retry_after is not None:
            return call.retry_after
        if call.rate_limit is not None and call.rate_limit.remaining < 1:
            return max(1.0, call.rate_limit.reset - now)
        return None

    def _expire(self, now: float) -> None:
        if self._calls and self._calls[-1] > now:  # the clock was set back
            back = self._calls[-1] - now
            self._calls = deque(at - back for at in self._calls)
        self._told_at = min(self._told_at, now)
        if self._told_at <= now - HOUR:  # or a limit once told too low would hold for ever
            self._told = None
        self._waits_until = min(self._waits_until, now + _LONGEST_WAIT)
        self._held_until = min(self._held_until, now + _LONGEST_WAIT)
        while self._calls and self._calls[0] <= now - HOUR:
            self._calls.popleft()

    def _ours(self) -> tuple[int, float]:
        """Calls left of the hour by our own count, and when there is one again."""
        limit = self._told.limit if self._told else self._hourly
        left = int(limit * SHARE) - len(self._calls) - (ATTEMPTS - 1)
        return left, self._nth_ends(1 - left, HOUR)

    def _burst(self, now: float) -> tuple[int, float]:
        used = sum(1 for _ in takewhile(lambda at: at > now - _BURST, reversed(self._calls)))
        left = int(self._per_minute * SHARE) - used - (ATTEMPTS - 1)
        return left, self._nth_ends(len(self._calls) - used + 1 - left, _BURST)

    def _nth_ends(self, n: int, window: float) -> float:
        """When the first `n` calls have left a window of so many seconds."""
        if not self._calls or n < 1:
            return self._clock() + MINUTE
        return self._calls[min(n, len(self._calls)) - 1] + window

    def _left_as_told(self, now: float) -> tuple[int, float]:
        """The same by the newest headers, which count every user of the token."""
        told = self._told
        if told is None:
            return self._hourly, now
        reserve = told.limit - int(told.limit * SHARE)
        left = told.remaining - self._untold - reserve - (ATTEMPTS - 1)
        if left >= 1:
            return left, now
        # At `reset` one call at least has come back: one may go and see how many more.
        last = self._calls[-1] if self._calls else self._told_at
        probe = min(max(told.reset, last + _PROBE_SECONDS), self._told_at + HOUR)
        return (1, now) if now >= probe else (0, probe)
