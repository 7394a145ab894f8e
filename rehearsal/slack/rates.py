"""How often the bot may call each Web API method.

Source: Slack's "Rate limits": about one chat.postMessage a second a channel, short bursts
allowed; the other methods by tier, a minute and a workspace.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

TIERS = {1: 1.0, 2: 20.0, 3: 50.0, 4: 100.0}
"""Calls a minute in each tier."""


@dataclass
class Limits:
    """What may be changed: the pace a channel takes, and a factor on all the tiers.

    The default burst of three is less than Slack lets pass, so that a bot that does not
    pace itself is caught at once.
    """

    post_burst: int = 3
    posts_per_second: float = 1.0
    tier_factor: float = 1.0


@dataclass
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Token buckets: one a channel for posting, one a method for the rest."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait_to_post(self, channel: str) -> int:
        """Seconds to wait before posting to `channel`; 0: go ahead, and this one is counted."""
        limits = self.limits
        return self._take(("chat.postMessage", channel), limits.post_burst, limits.posts_per_second)

    def wait_to_call(self, method: str, tier: int) -> int:
        """The same for a method of `tier`."""
        allowance = TIERS[tier] * self.limits.tier_factor
        return self._take((method, ""), allowance, allowance / 60)

    def _take(self, key: tuple[str, str], capacity: float, per_second: float) -> int:
        now = time.monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(capacity, now))
        bucket.tokens = min(capacity, bucket.tokens + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return max(1, math.ceil((1 - bucket.tokens) / per_second))
