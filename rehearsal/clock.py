"""A clock that can be sped up and moved forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, running `speed` times as fast as real time."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._at = time.time()
        self._since = time.monotonic()

    def now(self) -> float:
        return self._at + (time.monotonic() - self._since) * self._speed

    def advance(self, seconds: float) -> None:
        """Jump forward by `seconds` at once."""
        self._at += seconds

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        # What has passed keeps the speed it passed with.
        self._at, self._since, self._speed = self.now(), time.monotonic(), speed


class SkippingClock:
    """The real time, and as much more as was skipped. Epoch seconds.

    For what lives beside the stand-ins: hours can pass at once, while seconds stay seconds.
    """

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self.skipped += seconds


def stamp(at: float) -> str:
    """`2026-11-20T11:05:00Z`, the form DigitalOcean writes, in whole seconds."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
