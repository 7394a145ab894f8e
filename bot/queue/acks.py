"""Acks go first: a job begins when nothing of Slack's is being answered, nor was just now.

Slack waits 3 s for an ack and people look at it; nobody sees whether a job begins a moment
later. Both are Python and share one interpreter: without this, a thousand commands in ten
seconds would wait for the work that those before them asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.queue import URGENT, JobFunction, JobFunctions

_QUIET_SECONDS = 0.02
"""So long after an ack a job begins, where acks follow one another: by then the next is there."""
_LONE_SECONDS = 0.002
"""The same after one alone: its answer is on its way by then."""
_FOLLOWS_SECONDS = 0.2
"""An ack that ends so soon after another one follows it."""
_LONGEST_SECONDS = 0.5
"""A job begins after this however many acks are under way: nothing may wait for ever."""
_SEAT_SECONDS = 0.1


class Acks:
    """Those under way now. `with acks:` around the answering of one payload."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way = 0
        self._ended_at = -_FOLLOWS_SECONDS
        self._quiet_at = 0.0
        self._turn = threading.Lock()

    def __enter__(self) -> None:
        with self._changed:
            self._under_way += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._under_way -= 1
            now = time.monotonic()
            follows = self._under_way or now - self._ended_at < _FOLLOWS_SECONDS
            self._quiet_at = now + (_QUIET_SECONDS if follows else _LONE_SECONDS)
            self._ended_at = now
            if not self._under_way:
                self._changed.notify_all()

    def before(self, jobs: JobFunctions) -> JobFunctions:
        """The same jobs, each of which lets acks go first; what is urgent does not."""
        return {name: run if name in URGENT else self._after(run) for name, run in jobs.items()}

    def _after(self, run: JobFunction) -> JobFunction:
        def wait_and_run(key: str) -> None:
            self.give_way()
            run(key)

        return wait_and_run

    def give_way(self) -> None:
        """Wait until it is quiet; callers go on one after the other."""
        with self._turn, self._changed:
            ends = time.monotonic() + _LONGEST_SECONDS
            while (now := time.monotonic()) < ends:
                if not self._under_way and now >= self._quiet_at:
                    return
                self._changed.wait((ends if self._under_way else self._quiet_at) - now)


class Seats:
    """So many payloads are answered at the same time, while that is quick.

    On SQLite, whose driver hands the interpreter on at every statement, eight that are answered at
    once take turns, and all end late. With two seats the first are out long before the last.

    Args:
        count: of the seats.
    """

    def __init__(self, count: int = 2) -> None:
        self._free = threading.Semaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a seat, if one is free soon: somebody may be stuck in theirs."""
        seated = self._free.acquire(timeout=_SEAT_SECONDS)
        try:
            yield
        finally:
            if seated:
                self._free.release()
