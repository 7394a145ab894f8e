"""How long to wait before another try: one rule for all that the bot tries again."""

from __future__ import annotations

import random

LONGEST_ASKED = 3600.0
"""Seconds: what DigitalOcean asks to wait is believed up to this; its hour's limit ends by then."""


def backoff(failures: int, longest: float, *, first: float = 1.0, jitter: float = 0.2) -> float:
    """Seconds to wait after some failures in a row: doubled each time, with a limit.

    Args:
        failures: how many came before the one that has just happened.
        longest: the limit, in seconds.
        first: the wait after the first failure, in seconds.
        jitter: the share of the wait that is left to chance. Replicas that failed together must
            not come back together; what only one process does needs none.
    """
    wait: float = min(first * 2.0 ** min(failures, 30), longest)
    return wait * random.uniform(1.0 - jitter, 1.0)  # noqa: S311 - guards nothing


def wait_asked(seconds: float | None, longest: float = LONGEST_ASKED) -> float | None:
    """What a service asked to wait (seconds), as far as it is believed; None: it did not ask."""
    return None if seconds is None else min(seconds, longest)
