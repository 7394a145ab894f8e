"""What is kept of a token's account of calls, for other processes and the next start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """The newest `ratelimit-*` headers.

    Attributes:
        hourly, remaining: requests an hour, and how many are left of them.
        reset: when the oldest request of the hour expires (epoch second).
        at: when the headers came (epoch seconds).
    """

    hourly: int
    remaining: int
    reset: int
    at: float


@dataclass(frozen=True, slots=True)
class BudgetSnapshot:
    """One token's account of calls.

    Attributes:
        headers: None: no headers have come yet.
        waits_until: nothing is sent before (epoch seconds); 0: nothing stands against it.
        recent: calls of the last hour as (start of the minute in epoch seconds, how many).
    """

    headers: LimitHeaders | None = None
    waits_until: float = 0.0
    recent: tuple[tuple[int, int], ...] = ()
