"""How long the work of a dead replica lies until another has it: read from the database."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.store.database import open_database
from bot.store.tables import outbox_message

LIMIT_SECONDS = 30.0
_LOOK_SECONDS = 0.1

_HELD = sa.text(
    "SELECT id, lock FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = :worker"
)
_THERE = sa.text(
    "SELECT id, lock, status = 'todo' AND coalesce(scheduled_at, now()) <= now() AS waits"
    " FROM procrastinate_jobs WHERE lock = ANY(:locks)"
)


@dataclass(frozen=True)
class _Held:
    """What a worker was at when it died; `card`, `until`: the message that it was sending."""

    job: int
    lock: str
    died: float
    card: int | None = None
    until: float | None = None


class TakeOvers:
    """Watches from the deaths that it is told of.

    A wake is taken up when its old run is gone and a new one has begun; a message that was
    being sent, when another holds it, or it stands in Slack.
    """

    def __init__(self, url: str) -> None:
        self.seconds: list[float] = []
        self._database = open_database(url)
        self._open: list[_Held] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def holds(self, worker: int) -> list[str]:
        """What a worker is at now, as `job:key`."""
        with self._database.connect() as connection:
            return [row.lock for row in connection.execute(_HELD, {"worker": worker})]

    def died(self, worker: int) -> None:
        """This worker is dead now, and does not come back under this number."""
        now = time.monotonic()
        with self._database.connect() as connection:
            rows = connection.execute(_HELD, {"worker": worker}).all()
            held = [_Held(row.id, row.lock, now, *_sending(connection, row.lock)) for row in rows]
        with self._lock:
            self._open += held

    def wait(self, seconds: float) -> None:
        """Until all that the dead held is taken up."""
        end = time.monotonic() + seconds
        while self._open:
            assert time.monotonic() < end, f"nobody has taken up {self._open}"
            time.sleep(_LOOK_SECONDS)

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)
        self._database.dispose()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            with self._lock:
                if not self._open:
                    continue
                with self._database.connect() as connection:
                    left = [held for held in self._open if not _taken_up(connection, held)]
                now = time.monotonic()
                self.seconds += [now - held.died for held in self._open if held not in left]
                self._open = left


def _sending(connection: sa.Connection, lock: str) -> tuple[int | None, float | None]:
    job, _, key = lock.partition(":")
    if job != "deliver":
        return None, None
    row = connection.execute(
        sa.select(outbox_message.c.id, outbox_message.c.sending_until).where(
            outbox_message.c.queue == key, outbox_message.c.sending_until.is_not(None)
        )
    ).first()
    return (row.id, row.sending_until) if row else (None, None)


def _taken_up(connection: sa.Connection, held: _Held) -> bool:
    rows = connection.execute(_THERE, {"locks": [held.lock]}).all()
    if any(row.id == held.job or row.waits for row in rows):
        return False
    if held.card is None:
        return True
    query = sa.select(outbox_message.c.sending_until).where(outbox_message.c.id == held.card)
    return connection.execute(query).scalar_one_or_none() != held.until


def as_line(what: str, seconds: Sequence[float]) -> str:
    """What CI prints of them."""
    middle = f"{statistics.median(seconds):.1f} s in the middle, " if len(seconds) > 1 else ""
    return f"{what}: {len(seconds)} taken over, {middle}{max(seconds):.1f} s at most"


def check(record: Any, what: str, seconds: Sequence[float]) -> None:
    """Print them at the end of the run; none may have taken too long."""
    assert seconds, f"{what}: the dead held nothing"
    record("take-over", as_line(what, seconds))
    assert max(seconds) < LIMIT_SECONDS, sorted(seconds)
