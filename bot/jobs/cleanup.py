"""tidy: once a day, forget what the retention setting says is old. Never the audit log."""

from __future__ import annotations

import logging
import time

from bot.domain.jobs import Job
from bot.observability.log_context import log_event
from bot.store import retention
from bot.store.transaction import Store

log = logging.getLogger(__name__)

CLEANUP_SECONDS = 86_400.0
_BREATH = 0.05
"""Seconds between transactions: acks go before tidying."""


class Cleanup:
    """The job `cleanup`; its key means nothing."""

    def __init__(self, store: Store, retention_days: float) -> None:
        self._store = store
        self._days = retention_days

    def __call__(self, _key: str) -> None:
        """Forget all that is old, and come back tomorrow."""
        with self._store.write() as tx:  # first: no sweep knows of it, whatever goes wrong
            tx.enqueue(Job.CLEANUP, "all", tx.now + CLEANUP_SECONDS)
        requests = 0
        while True:
            with self._store.write() as tx:
                forgotten = retention.forget_requests(tx, self._days)
            requests += forgotten
            if not forgotten:
                break
            time.sleep(_BREATH)
        with self._store.write() as tx:
            leftovers = retention.forget_leftovers(tx)
        log_event(log, "cleaned-up", requests=requests, leftovers=leftovers)
