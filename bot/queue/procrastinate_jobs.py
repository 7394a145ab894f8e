"""Procrastinate's queue, less tolerant of silence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from bot.queue.liveness import Life

log = logging.getLogger(__name__)


class Queue(JobManager):
    """Procrastinate's queue, less tolerant of silence.

    Its worker goes on without a heartbeat or a listener when either breaks, and leaves a run
    whose end could not be written locked for as long as it lives. Here each of these calls
    `broken`, which ends the worker, so that a new one begins.
    """

    broken: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, connector: PsycopgConnector, life: Life) -> None:
        super().__init__(connector)
        self._life = life

    async def register_worker(self) -> int:
        number = await super().register_worker()
        await self._life.begin(number)
        log.info("jobs are run here as worker %s", number)
        return number

    async def update_heartbeat(self, worker_id: int) -> None:
        await self._or_break(super().update_heartbeat(worker_id))
        await self._or_break(self._life.check(worker_id))

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        await self._or_break(
            super().listen_for_jobs(on_notification=on_notification, queues=queues)
        )

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        try:
            return await super().fetch_job(queues, worker_id)
        except UniqueViolation:
            return None  # another replica took a job with the same lock at the same moment

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        finish = super().finish_job
        await self._insist(lambda: finish(job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        retry = super().retry_job
        await self._insist(lambda: retry(job, retry_at, priority, queue, lock))

    async def _or_break(self, call: Awaitable[None]) -> None:
        try:
            await call
        except Exception:
            self.broken()
            raise

    async def _insist(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write the end of a run, with some patience."""
        for pause in (0.2, 0.5, 1.0, 0.0):
            try:
                return await write()
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    log.warning("a run was taken over while it went on")
                    return None
                if not pause:
                    self.broken()
                    raise
            await asyncio.sleep(pause)
        return None
