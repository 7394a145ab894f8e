"""The two rate limits of a DigitalOcean token.

Source: the API reference, "Rate limit": 5,000 requests an hour, each of which expires an
hour after it was made, and 250 a minute; `ratelimit-reset` is the epoch second at which
the oldest request expires; only the minute's limit answers with `retry-after`.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

HOUR, MINUTE = 3600.0, 60.0


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the headers that go with the answer."""

    allowed: bool
    headers: dict[str, str]


class RateLimits:
    """Sliding windows over the requests let through; those refused do not count."""

    def __init__(self, hourly: int = 5000, minutely: int = 250) -> None:
        self.hourly, self.minutely = hourly, minutely
        self._hour: deque[float] = deque()
        self._minute: deque[float] = deque()

    def check(self) -> Verdict:
        now = time.time()
        self._expire(now)
        if len(self._hour) >= self.hourly:
            return Verdict(False, self._headers(now))
        if len(self._minute) >= self.minutely:
            wait = max(1, round(self._minute[0] + MINUTE - now + 0.5))
            return Verdict(False, {**self._headers(now), "retry-after": str(wait)})
        self._hour.append(now)
        self._minute.append(now)
        return Verdict(True, self._headers(now))

    @property
    def remaining(self) -> int:
        self._expire(time.time())
        return max(0, self.hourly - len(self._hour))

    def use_up(self, left: int = 0) -> None:
        """Pretend that something else with the same token used the hour but for `left`."""
        now = time.time()
        self._hour.extend([now] * (self.remaining - left))

    def _expire(self, now: float) -> None:
        while self._hour and self._hour[0] <= now - HOUR:
            self._hour.popleft()
        while self._minute and self._minute[0] <= now - MINUTE:
            self._minute.popleft()

    def _headers(self, now: float) -> dict[str, str]:
        oldest = self._hour[0] if self._hour else now
        return {
            "ratelimit-limit": str(self.hourly),
            "ratelimit-remaining": str(max(0, self.hourly - len(self._hour))),
            "ratelimit-reset": str(int(oldest + HOUR)),
        }
