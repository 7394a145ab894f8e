"""What each part of a bot in this process costs: statements, transactions, syncs, CPU.

A part is what a thread is busy with: answering one kind of payload, one kind of job, the sweep.
SQLite tells each statement itself (`sqlite3_trace`), `BEGIN` and `COMMIT` among them; psycopg's
cursors count theirs, and what its connections and the queue's worker send besides is counted by
the server (`benchmarks.life`).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from bot.app import Bot
from bot.queue import JobFunctions
from bot.store.transaction import JobKey
from handlers.middleware import kind

OUTSIDE = "outside of all parts"
_UNSEEN = frozenset({"MainThread"})
"""Threads whose statements are the benchmark's own."""


class Parts:
    """Counts, by part. Only what happens between `start` and `stop` counts."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._lock = threading.Lock()
        self._counting = False
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)

    def start(self) -> None:
        """Count from now on."""
        self._counting = True

    def stop(self) -> None:
        """Count no more."""
        self._counting = False

    def add(self, what: str, amount: float = 1) -> None:
        """Count something for the part that this thread is in."""
        if self._counting and threading.current_thread().name not in _UNSEEN:
            with self._lock:
                self.counts[getattr(self._here, "part", OUTSIDE)][what] += amount  # type: ignore[assignment]

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """All that this thread does within belongs to the part `name`."""
        self._here.part, began = name, time.thread_time()
        try:
            yield
        finally:
            self.add("CPU", time.thread_time() - began)
            self.add("runs")
            del self._here.part


class ProfiledBot(Bot):
    """The bot, whose payloads, jobs and sweeps are parts."""

    def __init__(self, parts: Parts, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._parts = parts
        jobs, due = self._background.jobs, self._background.due
        bolt: Any = self._doors._bolt
        answer = bolt.dispatch

        def jobs_in_parts() -> JobFunctions:
            return {name: self._in_part(f"job {name}", run) for name, run in jobs().items()}

        def sweep() -> Iterator[JobKey]:
            with parts.of("sweep"):
                found = list(due())
            yield from found

        def dispatch(request: Any) -> Any:
            with parts.of(f"ack of {kind(request.body)}"):
                return answer(request)

        self._background.jobs = jobs_in_parts  # type: ignore[method-assign]
        self._background.due = sweep  # type: ignore[method-assign]
        bolt.dispatch = dispatch

    def _in_part(self, name: str, run: Callable[[str], None]) -> Callable[[str], None]:
        def run_in_part(key: str) -> None:
            with self._parts.of(name):
                run(key)

        return run_in_part


@contextmanager
def counted(parts: Parts) -> Iterator[None]:
    """Count what goes through every database connection that is opened within."""

    def opened(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(_sqlite_counter(parts, connection))
        else:
            connection.cursor_factory = _psycopg_counter(parts, connection.cursor_factory)

    def ended(connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            writes = connection.get_execution_options().get("write")
            parts.add("write transactions" if writes else "read transactions")

    sa.event.listen(Pool, "connect", opened)
    sa.event.listen(Engine, "commit", ended)
    sa.event.listen(Engine, "rollback", ended)
    try:
        yield
    finally:
        sa.event.remove(Pool, "connect", opened)
        sa.event.remove(Engine, "commit", ended)
        sa.event.remove(Engine, "rollback", ended)


def _sqlite_counter(parts: Parts, connection: sqlite3.Connection) -> Callable[[str], None]:
    changed = 0

    def count(statement: str) -> None:
        """With `synchronous=FULL` each commit that changed something is one sync of the WAL."""
        nonlocal changed
        parts.add("statements")
        match statement.split(maxsplit=1)[0]:
            case "BEGIN":
                changed = connection.total_changes
                parts.add("write transactions" if "IMMEDIATE" in statement else "read transactions")
            case "COMMIT" if connection.total_changes > changed:
                parts.add("syncs")

    return count


def _psycopg_counter(parts: Parts, cursor: Any) -> Any:
    class Counted(cursor):  # type: ignore[misc]
        def execute(self, *arguments: Any, **options: Any) -> Any:
            parts.add("statements")
            return super().execute(*arguments, **options)

        def executemany(self, *arguments: Any, **options: Any) -> Any:
            parts.add("statements")
            return super().executemany(*arguments, **options)

    return Counted
