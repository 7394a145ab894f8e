"""The engine on PostgreSQL: Procrastinate carries the wakes, any number of replicas serve them.

Three things differ from what one would first write with Procrastinate, each for a reason:

- **Priority is the time a wake is due.** Its lock lets nothing overtake what came earlier, even
  what is to run in an hour (its issue 1599): one `later(…, at=…)` would hold up every wake for
  the same key until then. What is due sooner gets the higher priority, so it does overtake.
- **No queueing lock.** It would make transactions wait for each other in any order, hence
  deadlock, and would lose the wake of a transaction whose twin runs before it commits. Instead
  a run begins by dropping the wakes it is about to serve.
- **A job is a queue.** A replica takes only from queues whose job it has: during a deploy
  the old version leaves alone what only the new one knows.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from sqlalchemy.engine import Connection

from bot.errors import StoreUnavailable
from bot.queue import SWEEP_SECONDS, URGENT, JobFunctions, Release, Sweep
from bot.queue.worker import Replica, priority, queue_of
from bot.store.transaction import Clock, JobKey, Transaction, unavailable

log = logging.getLogger(__name__)

_HEAD_START = 5.0
"""Seconds by which a wake for now goes before those for a time: replicas' clocks differ."""
_BELIEVED_SECONDS = 10.0
"""How long what the database's clock said is good for: it may be set right meanwhile."""
_SWEEP_LOCK = 4_213_003  # any number, the same in all replicas: one of them sweeps at a time

_NOW = sa.select(sa.func.extract("epoch", sa.func.clock_timestamp()))
_UNDER_WAY = sa.text(
    "SELECT lock FROM procrastinate_jobs WHERE status = 'doing'"
    " OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
)
_SERVED = sa.text("DELETE FROM procrastinate_jobs WHERE lock = :lock AND status = 'todo'")


class ClusterEngine:
    """Wakes functions through the database, never the same (job, key) twice at once.

    Without `start` it only adds jobs: that is what a replica for the web does.

    Args:
        database: PostgreSQL, its schema and the queue's (`bot.store.schema`) in place.
        clock: epoch seconds, the same clock as the store's.
        threads: how many jobs may run at once in this process.
        sweep_seconds: how often the database is asked for what waits.
    """

    def __init__(
        self,
        database: sa.Engine,
        clock: Clock,
        threads: int = 8,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._threads = threads
        self._sweep_seconds = sweep_seconds
        self._queue = JobManager(SyncPsycopgConnector())  # never opened: it uses our connections
        self._ask_again_at = 0.0
        self._epoch_of_monotonic = 0.0
        self._stopping = threading.Event()
        self._replica: Replica | None = None
        self._sweeper: threading.Thread | None = None

    @property
    def is_alone(self) -> bool:
        """Others may work on the same database."""
        return False

    def is_working(self) -> bool:
        """Whether this process's worker is registered and serving."""
        return self._replica is not None and self._replica.is_working()

    def enqueue_in(self, tx: Transaction, job_name: str, key: str, at: float | None) -> None:
        """Run `job_name` for `key` once `tx` is committed; all are written at its end."""
        if not tx.pending_jobs:
            tx.before_commit.append(lambda: self._write(tx.connection, tx.pending_jobs))
        job_key, when = (job_name, key), at or 0.0
        tx.pending_jobs[job_key] = min(when, tx.pending_jobs.get(job_key, when))

    def enqueue(self, job_name: str, key: str, at: float | None = None) -> None:
        """Run `job_name` for `key`, now or at `at` (epoch seconds), in a transaction of its own.

        Raises:
            StoreUnavailable: the database is away.
        """
        with _typed_errors(), self._database.begin() as connection:
            self._write(connection, {(job_name, key): at or 0.0})

    def start(
        self,
        functions: JobFunctions,
        sweep: Sweep | None = None,
        release: Release = lambda *_: None,
    ) -> None:
        """Begin working beside all other replicas; see `bot.queue.Engine`."""
        runs = {
            job_name: lambda key, job_name=job_name: self._run(functions, job_name, key)
            for job_name in functions
        }
        self._replica = Replica(self._database.url, runs, self._threads, release)
        self._replica.start()
        if sweep is not None:
            self._sweeper = threading.Thread(
                target=self._sweep, args=(sweep,), name="sweep", daemon=True
            )
            self._sweeper.start()

    def stop(self, seconds: float) -> bool:
        """Take no new work; wait up to `seconds` for what runs, then hand it to other replicas."""
        end = time.monotonic() + seconds
        self._stopping.set()
        finished = self._replica.stop(seconds) if self._replica else True
        if self._sweeper:
            self._sweeper.join(max(0.0, end - time.monotonic()))
            finished = finished and not self._sweeper.is_alive()
        return finished

    def waiting(self) -> int:
        """How many wakes are queued for all replicas, timers included."""
        count = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        with _typed_errors(), self._database.connect() as connection:
            return int(connection.execute(count).scalar_one())

    def _write(self, connection: Connection, pending_jobs: Mapping[JobKey, float]) -> None:
        """Queue wakes on this connection, in its transaction."""
        delay = self._delay(connection) if any(pending_jobs.values()) else 0.0
        jobs = [_job(job_key, at + delay if at else None) for job_key, at in pending_jobs.items()]
        try:
            self._queue.batch_defer_jobs(jobs, connection=connection.connection.driver_connection)
        except ConnectorException as error:
            raise unavailable(error) from error

    def _delay(self, connection: Connection) -> float:
        """By how much the database's clock, which decides what is due, is ahead of ours.

        It is asked every few seconds; in between, our monotonic clock keeps step with it.
        """
        if time.monotonic() > self._ask_again_at:
            self._epoch_of_monotonic = (
                float(connection.execute(_NOW).scalar_one()) - time.monotonic()
            )
            self._ask_again_at = time.monotonic() + _BELIEVED_SECONDS
        return self._epoch_of_monotonic + time.monotonic() - self._clock()

    def _run(self, functions: JobFunctions, job_name: str, key: str) -> None:
        """One run of a job; what was asked for before it is served by it.

        Raises:
            StoreUnavailable: it is to be run again.
        """
        try:
            self._drop_served(job_name, key)
            functions[job_name](key)
        except StoreUnavailable as error:
            log.warning("the database is away; job %s %s waits: %s", job_name, key, error)
            raise
        except Exception:  # the sweep asks again
            log.exception("job %s %s failed, reference %s", job_name, key, uuid.uuid4().hex[:8])

    def _drop_served(self, job_name: str, key: str) -> None:
        """Only wakes whose transactions are committed are seen here, so the run will see more."""
        at_once = self._database.execution_options(isolation_level="AUTOCOMMIT")
        with _typed_errors(), at_once.connect() as connection:
            connection.execute(_SERVED, {"lock": _lock((job_name, key))})

    def _sweep(self, sweep: Sweep) -> None:
        while not self._stopping.is_set():
            try:
                self._sweep_once(sweep)
            except StoreUnavailable as error:
                log.warning("the database is away; the sweep waits: %s", error)
            except Exception:  # the next sweep tries again
                log.exception("the sweep failed, reference %s", uuid.uuid4().hex[:8])
            self._stopping.wait(self._sweep_seconds)

    def _sweep_once(self, sweep: Sweep) -> None:
        """JobKey what waits and is not about to run anyway, unless another replica is at it."""
        with _typed_errors(), self._database.begin() as connection:
            lock = sa.select(sa.func.pg_try_advisory_xact_lock(_SWEEP_LOCK))
            if not connection.execute(lock).scalar_one():
                return
            under_way = set(connection.execute(_UNDER_WAY).scalars())
            pending_jobs = {job_key: 0.0 for job_key in sweep() if _lock(job_key) not in under_way}
            if pending_jobs:
                self._write(connection, pending_jobs)


def _lock(job_key: JobKey) -> str:
    return ":".join(job_key)


def _job(job_key: JobKey, due: float | None) -> Job:
    """A wake as Procrastinate keeps it; `due` is in the database's epoch seconds, None for now."""
    job_name, key = job_key
    return Job(
        queue=queue_of(job_name),
        task_name=queue_of(job_name),
        lock=_lock(job_key),
        queueing_lock=None,
        task_kwargs={"key": key},
        scheduled_at=datetime.fromtimestamp(due, UTC) if due else None,
        priority=priority(due or time.time() - _HEAD_START * (2 if job_name in URGENT else 1)),
    )


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise unavailable(error) from error
    except sa.exc.TimeoutError as error:  # every connection is taken
        raise unavailable(error) from error
