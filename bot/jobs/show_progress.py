"""Keeping the cards of what is in flight up to date: the bar, and waits for DigitalOcean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.domain import estimates
from bot.jobs.polling.plan import InFlightAction
from bot.store import outbox
from bot.store.durations import InFlightStep
from bot.store.transaction import Store
from bot.store.transitions import note_looks

MOST_SHOWN = 100
"""With more in flight no bar moves, and only the newest so many cards tell of a wait: Slack
takes about one edit a second, and a message that something ended must not wait for edits of
progress bars."""
PAUSE_SECONDS = 30.0
"""The shortest pause between two edits of a card; a shorter wait is not told."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    step: int
    waits: bool
    at: float


class ProgressUpdates:
    """Asks for a card to be drawn again when it has something new to show of the time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._drawn: dict[int, _Drawn] = {}

    def __call__(
        self,
        rows: Mapping[int, InFlightStep],
        in_flight: Sequence[InFlightAction],
        waits_until: float,
        looked: Mapping[int, float] = MappingProxyType({}),
    ) -> None:
        """Called now and then with all that is in flight.

        Args:
            rows: by action id.
            waits_until: DigitalOcean said to wait until then (epoch seconds).
            looked: when each was last read (epoch seconds), by our row's id.
        """
        now = self._store.clock()
        waits = waits_until - now >= PAUSE_SECONDS
        crowd = len(in_flight) > MOST_SHOWN
        here = {followed.id for followed in in_flight}
        self._drawn = {k: v for k, v in self._drawn.items() if k in here}
        stale = set()
        for followed in sorted(in_flight, key=lambda each: -each.id)[:MOST_SHOWN]:
            step = 0 if crowd else estimates.step(now - followed.since, followed.estimate)
            if self._is_stale(followed, _Drawn(step, waits, now)):
                stale.add(rows[followed.action_id].ops_request)
        if stale:
            with self._store.write() as tx:
                shown = {f.id for f in in_flight if rows[f.action_id].ops_request in stale}
                note_looks(tx, {k: at for k, at in looked.items() if k in shown})
                for request_id in sorted(stale):
                    outbox.refresh_root(tx, request_id)

    def _is_stale(self, followed: InFlightAction, new: _Drawn) -> bool:
        old = self._drawn.get(followed.id)
        if old is None:
            # After a restart nobody knows what it shows: draw it once.
            old = _Drawn(0, False, followed.since)
        recently = 0 <= new.at - old.at < PAUSE_SECONDS
        if (old.step, old.waits) == (new.step, new.waits):
            self._drawn.setdefault(followed.id, old)
            return False
        if recently and old.waits == new.waits:
            return False
        self._drawn[followed.id] = new
        return True
