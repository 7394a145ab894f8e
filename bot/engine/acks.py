"""Acks go first: a stage begins when nothing of Slack's is being answered.

Slack waits 3 s for an ack and people look at it; nobody sees whether a stage begins a moment
later. Both are Python and share one interpreter: without this, a thousand commands in ten
seconds would wait for the work that those before them asked for.
"""

from __future__ import annotations

import threading

from bot.engine import URGENT, Stage, Stages

_LONGEST_SECONDS = 0.25
"""A stage begins after this however many acks are under way: nothing may wait for ever."""


class Acks:
    """Those under way now. `with acks:` around the answering of one payload."""

    def __init__(self) -> None:
        self._none = threading.Condition()
        self._under_way = 0
        self._turn = threading.Lock()

    def __enter__(self) -> None:
        with self._none:
            self._under_way += 1

    def __exit__(self, *_: object) -> None:
        with self._none:
            self._under_way -= 1
            if not self._under_way:
                self._none.notify_all()

    def before(self, stages: Stages) -> Stages:
        """The same stages, each of which lets acks go first; what is urgent does not."""
        return {name: run if name in URGENT else self._after(run) for name, run in stages.items()}

    def _after(self, run: Stage) -> Stage:
        def wait_and_run(key: str) -> None:
            self.give_way()
            run(key)

        return wait_and_run

    def give_way(self) -> None:
        """Wait until no ack is under way; callers go on one after the other."""
        with self._turn, self._none:
            self._none.wait_for(lambda: not self._under_way, _LONGEST_SECONDS)
