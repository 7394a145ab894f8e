"""What fails again and again is told to whoever waits for it, once, with a reference."""

from __future__ import annotations

import logging
import threading
import uuid

from sqlalchemy.engine import Connection

from bot.domain.jobs import Job
from bot.domain.search import Asker
from bot.errors import StoreUnavailable
from bot.queue import JobFunction, JobFunctions
from bot.store import lookups, outbox
from bot.store.requests import load, of_step
from bot.store.transaction import Store
from bot.views import answers

log = logging.getLogger(__name__)

TELL_AFTER = 3
"""Failures in a row of one job for one key. One that passes is nobody's business."""
_REMEMBERED = 10_000
"""Of more than so many, the one that failed longest ago is forgotten."""


class Failures:
    """Counts, in this process, how often in a row a job has failed for a key.

    A failure goes on to the engine, which logs it and leaves the job to the sweep.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._in_a_row: dict[tuple[str, str], int] = {}

    def told(self, jobs: JobFunctions) -> JobFunctions:
        """The same jobs, watched."""
        return {name: self._watched(name, function) for name, function in jobs.items()}

    def _watched(self, job: str, function: JobFunction) -> JobFunction:
        def run(key: str) -> None:
            try:
                function(key)
            except StoreUnavailable:
                raise  # no defect: the engine runs it again a moment later
            except Exception:
                if self._count(job, key) == TELL_AFTER:
                    self._tell(job, key)
                raise
            with self._lock:
                self._in_a_row.pop((job, key), None)

        return run

    def _count(self, job: str, key: str) -> int:
        with self._lock:
            count = self._in_a_row.pop((job, key), 0) + 1
            if len(self._in_a_row) >= _REMEMBERED:
                del self._in_a_row[next(iter(self._in_a_row))]
            self._in_a_row[job, key] = count
            return count

    def _tell(self, job: str, key: str) -> None:
        reference = uuid.uuid4().hex[:8]
        log.exception("job %s %s failed %d times, reference %s", job, key, TELL_AFTER, reference)
        with self._store.write() as tx:
            waits = _who_waits(tx.connection, job, key)
            if waits is not None:
                what, asker = waits
                outbox.add_answer(tx, None, asker, answers.keeps_failing(what, reference))


def _who_waits(connection: Connection, job: str, key: str) -> tuple[str, Asker] | None:
    """Who is told, and of what; None: nobody waits for this job in particular."""
    if job == Job.LOOKUP:
        asked = lookups.load(connection, int(key))
        return ("your search", asked.asker) if asked else None
    if job in (Job.CHECK, Job.EXPIRE):
        request = load(connection, int(key))
    elif job in (Job.SUBMIT, Job.CANDIDATES):
        request = of_step(connection, int(key))
    else:
        return None
    return (f"request {request.id}", request.asker) if request else None
