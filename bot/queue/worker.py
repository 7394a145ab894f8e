"""One process's share in a cluster's work: Procrastinate's worker, kept alive.

It runs in a thread with an event loop of its own; jobs run in threads beside it. Whatever
breaks (the database away, a heartbeat missed, a result that could not be written), the worker
is begun anew under a new number, and what ran under the old one is taken over as from a
replica that died.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker
from sqlalchemy.engine import URL

from bot.errors import StoreUnavailable
from bot.queue import Release
from bot.queue.liveness import Life
from bot.queue.procrastinate_jobs import Queue
from bot.store.database import SESSION_LIMITS, connect_arguments

log = logging.getLogger(__name__)

Run = Callable[[str], None]
"""Runs a job for a key; raises `StoreUnavailable` when it is to be run again."""

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 6.0
"""A replica silent for this long is taken for dead, even if its process is still there."""
_NOT_SYNCED = "SET synchronous_commit = off"
"""That a wake was taken or served is not waited for on the disk: what a power cut makes of it is
one run too many. Wakes are written elsewhere, in the transactions that ask for them. (A pooler
that shares sessions would carry this to others: no worker works behind one, for its lock's sake.)
"""
_POLL_SECONDS = 0.5
"""How late a timer may be: a notification comes when a wake is written, not when it is due."""
_PAUSE_SECONDS = 1.0
"""Between a break and beginning anew, and before a job is run again."""
_EPOCH = 1_577_836_800  # 2020; seconds since then fit into Procrastinate's 32 bits until 2088


def queue_of(job_name: str) -> str:
    """The queue, and the task, of a job. These names stand in databases: never change one."""
    return f"image_bot.{job_name}"


def priority(due: float) -> int:
    """What is due sooner goes first (`bot.queue.procrastinate_queue`); `due` in epoch seconds."""
    return _EPOCH - int(due)


class Replica:
    """Takes wakes from the queue and runs their functions, until it is stopped.

    Args:
        url: the database.
        runs: what to run, by job_name.
        threads: how many at once.
        release: told of each run that died (see `bot.queue.Engine.start`).
    """

    def __init__(self, url: URL, runs: Mapping[str, Run], threads: int, release: Release) -> None:
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._arguments = connect_arguments(url)
        self._runs = runs
        self._concurrency = threads
        self._release = release
        self._stopping = threading.Event()
        self._worker: Worker | None = None
        self._working = False
        self._running: set[threading.Thread] = set()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="replica", daemon=True
        )
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it tells of every wake

    def start(self) -> None:
        """Begin in a thread of its own; the database may be away for now."""
        self._thread.start()

    def is_working(self) -> bool:
        """Whether the worker is there; it is not while it is being begun anew."""
        return self._thread.is_alive() and self._working

    def stop(self, seconds: float) -> bool:
        """Take nothing new; wait up to `seconds`, then hand back. False: a job still runs."""
        end = time.monotonic() + seconds
        self._stopping.set()
        while self._thread.is_alive() and time.monotonic() < end:
            if worker := self._worker:
                worker.shutdown_graceful_timeout = max(0.0, end - time.monotonic() - 0.5)
                stop: Callable[[], None] = worker.stop
                stop()  # again and again: a worker that is only just starting forgets it
            self._thread.join(min(0.1, max(0.0, end - time.monotonic())))
        return not self._thread.is_alive() and not self._running

    async def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._work()
            except (ConnectorException, psycopg.Error, OSError) as error:
                log.warning("the queue is out of reach: %s", error.__cause__ or error)
            except Exception:
                log.exception("the queue's worker broke")
            if not self._stopping.is_set():
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _work(self) -> None:
        """Be one worker, from its registration until it stops or breaks."""
        conninfo = psycopg.conninfo.make_conninfo(self._conninfo, **self._arguments)
        # First of all: the pool's own first try would wait ever longer.
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            await connection.execute(SESSION_LIMITS)
            await self._work_while(Life(connection), conninfo)

    async def _work_while(self, life: Life, conninfo: str) -> None:
        connector = PsycopgConnector(
            conninfo=conninfo,
            configure=_limit,
            min_size=1,
            max_size=4,
            timeout=5.0,
        )
        app = App(connector=connector)
        app.job_manager = queue = Queue(connector, life)
        for job_name, run in self._runs.items():
            task = queue_of(job_name)
            app.task(name=task, queue=task, retry=_Again())(self._task(job_name, run))
        async with app.open_async():
            worker = self._new_worker(app)
            queue.broken = worker.stop
            self._worker = worker
            watch = asyncio.create_task(self._take_over(queue, life))
            try:
                if not self._stopping.is_set():
                    work: Callable[[], Awaitable[None]] = worker.run
                    self._working = True
                    await work()
            finally:
                self._working = False
                watch.cancel()

    def _new_worker(self, app: App) -> Worker:
        return Worker(
            app,
            queues=[queue_of(job_name) for job_name in self._runs],
            name="image-bot",
            concurrency=self._concurrency,
            fetch_job_polling_interval=_POLL_SECONDS,
            abort_job_polling_interval=3600.0,  # nothing is ever aborted
            shutdown_graceful_timeout=5.0,
            delete_jobs=DeleteJobCondition.ALWAYS,  # what is worth keeping is in our own tables
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=10 * STALLED_SECONDS,
        )

    async def _take_over(self, queue: Queue, life: Life) -> None:
        """Every few seconds, put back what dead replicas left under way."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                for worker in await life.gone():
                    log.warning("worker %s is gone", worker)
                    await queue.unregister_worker(worker)
                for job in await queue.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                    with suppress(ConnectorException):  # another replica was faster
                        await self._replace(queue, job)
            except (ConnectorException, psycopg.Error, StoreUnavailable) as error:
                log.warning("nothing can be taken over now: %s", error.__cause__ or error)

    async def _replace(self, queue: Queue, job: Job) -> None:
        """First the new wake, then the end of the old: a crash in between leaves one too many.

        A new wake takes the place of the old one. Procrastinate's own `retry_job` would keep the
        number, and a replica that was frozen, not dead, would wake up and end somebody else's run.
        """
        log.warning("taking over %s", job.lock)
        if job.worker_id is None and job.lock:  # its process is gone, and not only silent
            job_name, _, key = job.lock.partition(":")
            await asyncio.to_thread(self._release, job_name, key)
        again = job.evolve(id=None, status=None, scheduled_at=None, worker_id=None)
        await queue.defer_job_async(again)
        await queue.finish_job_by_id_async(
            job_id=job.id or 0, status=Status.FAILED, delete_job=True
        )

    def _task(self, job_name: str, run: Run) -> Callable[[str], Coroutine[Any, Any, None]]:
        async def task(key: str) -> None:
            await self._in_a_thread(job_name, run, key)

        return task

    async def _in_a_thread(self, job_name: str, run: Run, key: str) -> None:
        """Run a job. Its thread is a daemon: at the end of a process nothing waits for it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def work() -> None:
            error = None
            try:
                run(key)
            except Exception as raised:  # noqa: BLE001 - carried over to the loop
                error = raised
            finally:
                self._running.discard(threading.current_thread())
            with suppress(RuntimeError):  # the loop is gone: it was stopped without us
                loop.call_soon_threadsafe(_reconciler, done, error)

        thread = threading.Thread(target=work, name=f"job-{job_name}-{key}", daemon=True)
        self._running.add(thread)
        thread.start()
        await done


def _reconciler(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


async def _limit(connection: psycopg.AsyncConnection[Any]) -> None:
    """Each call of the queue's is one statement: a transaction of its own by itself."""
    await connection.set_autocommit(True)
    await connection.execute(SESSION_LIMITS)
    await connection.execute(_NOT_SYNCED)


class _Again(BaseRetryStrategy):
    """When a run is repeated: the database was away, or the replica stops in the midst of it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(priority=priority(time.time()))
        if isinstance(exception, StoreUnavailable):
            return RetryDecision(
                retry_in={"seconds": int(_PAUSE_SECONDS)},
                priority=priority(time.time() + _PAUSE_SECONDS),
            )
        return None
