"""The engine in this process: a bounded pool of threads, timers, and the sweep.

Nothing is kept here that is not in the database as well: after a crash the sweep finds
whatever waits.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
import uuid

from bot.errors import StoreUnavailable
from bot.queue import SWEEP_SECONDS, URGENT, JobFunctions, Release, Sweep
from bot.store.transaction import Clock, JobKey, Transaction

log = logging.getLogger(__name__)


class LocalEngine:
    """Wakes jobs in threads of this process, never the same (job, key) twice at once.

    Args:
        clock: epoch seconds, the same clock as the store's.
        threads: how many jobs may run at once.
        sweep_seconds: how often the database is asked for what waits.
    """

    def __init__(
        self, clock: Clock, threads: int = 8, sweep_seconds: float = SWEEP_SECONDS
    ) -> None:
        self._clock = clock
        self._threads = threads
        self._sweep_seconds = sweep_seconds
        self._lock = threading.Lock()
        # One idle worker watches the next timer, and the others are woken one by one: if all
        # waited for it, each timer would wake all of them.
        self._timer_changed = threading.Condition(self._lock)
        self._work_came = threading.Condition(self._lock)
        self._is_watched = False
        self._idle = 0
        self._timers: list[tuple[float, bool, JobKey]] = []
        self._soonest: dict[JobKey, float] = {}
        self._running: set[JobKey] = set()
        self._stopping = False
        self._stopped = threading.Event()
        self._workers: list[threading.Thread] = []

    @property
    def is_alone(self) -> bool:
        """A SQLite file belongs to one process."""
        return True

    def is_working(self) -> bool:
        """Whether its threads were started and all live."""
        return bool(self._workers) and all(worker.is_alive() for worker in self._workers)

    def enqueue_in(self, tx: Transaction, job: str, key: str, at: float | None) -> None:
        """Run `job` for `key` once the transaction is committed, not before `at`."""
        tx.after_commit.append(lambda: self.enqueue(job, key, at))

    def enqueue(self, job: str, key: str, at: float | None = None) -> None:
        """Run `job` for `key`, now or at `at` (epoch seconds); the soonest job_key holds."""
        job_key, when = (job, key), at or 0.0
        with self._lock:
            if self._soonest.get(job_key, when + 1) <= when:
                return
            self._soonest[job_key] = when
            heapq.heappush(self._timers, (when, job not in URGENT, job_key))
            if when <= self._clock():
                self._wake_one()
            elif self._timers[0][2] == job_key:
                self._timer_changed.notify()

    def start(
        self, jobs: JobFunctions, sweep: Sweep | None = None, release: Release = lambda *_: None
    ) -> None:
        """Begin working, in threads of this process; see `bot.queue.Engine`."""
        self._workers = [
            threading.Thread(target=self._work, args=(jobs,), name=f"job-{n}", daemon=True)
            for n in range(self._threads)
        ]
        if sweep is not None:
            self._workers.append(
                threading.Thread(target=self._sweep, args=(sweep,), name="sweep", daemon=True)
            )
        for worker in self._workers:
            worker.start()

    def stop(self, seconds: float) -> bool:
        """Take no new work and wait up to `seconds` for what runs; False: some still does."""
        self._stopped.set()
        with self._lock:
            self._stopping = True
            self._timer_changed.notify_all()
            self._work_came.notify_all()
        end = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))
        return not any(worker.is_alive() for worker in self._workers)

    def waiting(self) -> int:
        """How many pending_jobs are queued, timers included."""
        with self._lock:
            return len(self._soonest)

    def _work(self, jobs: JobFunctions) -> None:
        while (job_key := self._next()) is not None:
            try:
                self._run(jobs, job_key)
            finally:
                with self._lock:
                    self._running.discard(job_key)

    def _run(self, jobs: JobFunctions, job_key: JobKey) -> None:
        job, key = job_key
        try:
            jobs[job](key)
        except StoreUnavailable as error:
            log.warning("the database is away; job %s %s waits: %s", job, key, error)
            self.enqueue(job, key, self._clock() + 1.0)
        except Exception:
            log.exception("job %s %s failed, reference %s", job, key, uuid.uuid4().hex[:8])

    def _next(self) -> JobKey | None:
        """The next job_key that is due and not being worked on; None when stopping."""
        with self._lock:
            while not self._stopping:
                now = self._clock()
                if (job_key := self._take(now)) is not None:
                    if not self._is_watched or self._is_due(now):
                        self._wake_one()
                    return job_key
                self._wait(self._pause(now))
            return None

    def _take(self, now: float) -> JobKey | None:
        parked = []
        try:
            while self._is_due(now):
                item = heapq.heappop(self._timers)
                when, _, job_key = item
                if self._soonest.get(job_key) != when:
                    continue  # an earlier job_key for the same was served
                if job_key in self._running:
                    parked.append(item)  # looked at again by whoever works on it
                    continue
                del self._soonest[job_key]
                self._running.add(job_key)
                return job_key
            return None
        finally:
            for item in parked:
                heapq.heappush(self._timers, item)

    def _is_due(self, now: float) -> bool:
        return bool(self._timers) and self._timers[0][0] <= now

    def _pause(self, now: float) -> float | None:
        """How long to sleep, in seconds: until a timer is due; None: until one comes."""
        soonest = self._timers if self._is_due(now) else self._timers[:1]
        upcoming = [when for when, _, _ in soonest if when > now]
        return max(0.001, min(upcoming) - now) if upcoming else None

    def _wait(self, pause: float | None) -> None:
        if self._is_watched:
            self._idle += 1
            self._work_came.wait()
            self._idle -= 1
            return
        self._is_watched = True
        self._timer_changed.wait(pause)
        self._is_watched = False

    def _wake_one(self) -> None:
        """Somebody who takes what is due, or watches the next timer."""
        if self._idle:
            self._work_came.notify()
        else:
            self._timer_changed.notify()

    def _sweep(self, sweep: Sweep) -> None:
        while True:
            try:
                for job, key in sweep():
                    self.enqueue(job, key)
            except StoreUnavailable as error:
                log.warning("the database is away; the sweep waits: %s", error)
            except Exception:
                log.exception("the sweep failed, reference %s", uuid.uuid4().hex[:8])
            # Not on the workers' condition: a notice meant for a worker would wake this thread.
            if self._stopped.wait(self._sweep_seconds):
                return
