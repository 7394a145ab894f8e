"""How often one person may type: a window of a minute for each, in this process's memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0
_MOST_PEOPLE = 10_000
"""So many are remembered, those who typed last; a workspace has fewer who type in a minute."""


class PerPerson:
    """Counts what people do, for any number of threads.

    Args:
        limit: how much within `WINDOW_SECONDS`.
        monotonic: seconds that never go back.
    """

    def __init__(self, limit: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def wait(self, person: str, act: str = "") -> float:
        """0, and this one is counted; or the seconds until the next one is taken.

        Args:
            act: what tells one act from others; delivered again, it is not counted again.
        """
        with self._lock:
            now = self._monotonic()
            times = self._times.setdefault(person, deque())
            self._times.move_to_end(person)
            while times and times[0][0] <= now - WINDOW_SECONDS:
                times.popleft()
            if act and any(act == counted for _, counted in times):
                return 0.0
            if len(times) >= self.limit:
                return times[0][0] + WINDOW_SECONDS - now
            times.append((now, act))
            while len(self._times) > _MOST_PEOPLE:
                self._times.popitem(last=False)
            return 0.0
