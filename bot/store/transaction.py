"""One transaction of the database.

A write transaction of SQLite holds the write lock from its start (`BEGIN IMMEDIATE`), so what
it reads is still true when it writes. PostgreSQL's (READ COMMITTED) see what others commit
meanwhile: a write that hangs on what was read locks the row, compares and swaps, or stands
behind `Transaction.advisory_lock`. Locks are taken in one order, or two transactions wait for
each other: ops request, step, channel queue, outbox message; the audit log comes last
(`Transaction.last_before_commit`).

What must follow is asked for in the same transaction through `Transaction.enqueue`.

Statements that run at every move of a request are built once, as constants of their modules:
building one and working out its key in SQLAlchemy's cache takes five times as long as running it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import StoreUnavailable
from bot.store.database import PATIENT_SECONDS

_LOCKS = 4_213  # the class of our advisory locks; any number, the same in all replicas
_LOCK_NAME = sa.select(
    sa.func.pg_advisory_xact_lock(_LOCKS, sa.func.hashtext(sa.bindparam("name", type_=sa.Text)))
)

JobKey = tuple[str, str]
"""A job, and the key that it is to look at."""

Clock = Callable[[], float]
"""Gives the time in epoch seconds."""


class Enqueue(Protocol):
    """Asks for a job, in this transaction: it wakes only if the transaction commits."""

    def __call__(self, tx: Transaction, job: str, key: str, at: float | None) -> None: ...


@dataclass
class Transaction:
    """One write transaction: the connection, the time it began, and what follows it.

    `before_commit`, `after_commit` and `pending_jobs` (a job and its key, with the soonest time it
    is wanted at) belong to the engine. `last_before_commit` is done just before
    the commit, after all else: writes that all transactions queue up for. `rows_to_come` names
    those among them of which one is enough, as the log does not show them yet.
    """

    connection: Connection
    now: float
    _enqueue: Enqueue
    log_end: LogEnd
    before_commit: list[Callable[[], None]] = field(default_factory=list)
    last_before_commit: list[Callable[[], None]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    pending_jobs: dict[JobKey, float] = field(default_factory=dict)
    rows_to_come: set[str] = field(default_factory=set)

    def enqueue(self, job: str, key: object, at: float | None = None) -> None:
        """Ask for `job` to look at `key`, now or not before `at` (epoch seconds)."""
        self._enqueue(self, job, str(key), at)

    @property
    def is_alone(self) -> bool:
        """Whether nobody else can write until this ends: SQLite has one writer at a time."""
        return self.connection.dialect.name == "sqlite"

    def advisory_lock(self, name: str) -> None:
        """Let no other transaction go beyond this line under the same name until this one ends."""
        if not self.is_alone:
            self.connection.execute(_LOCK_NAME, {"name": name})

    def execute(
        self, statement: sa.Executable, values: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Run one statement; `values` are for its parameters, and the columns that it writes."""
        return self.connection.execute(statement, values)

    def changed(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> bool:
        """Run one conditional write; say whether it took hold of a row."""
        return self.connection.execute(statement, values).rowcount == 1


class LogEnd:
    """The newest row of the audit log that this process wrote or relied on: its position and hash.
    A log that has it no more was cut off or written anew."""

    def __init__(self) -> None:
        self.row = (0, "")

    def note(self, position: int, hash_: str) -> None:
        """A row is committed. What another thread notes at the same moment may be lost."""
        self.row = max(self.row, (position, hash_))


class Store:
    """The database of one bot.

    Args:
        engine: made by `bot.store.database.open_database`.
        enqueue: how jobs are asked for (the engine's; see `bot.queue`).
        clock: the time in epoch seconds.
    """

    def __init__(self, engine: Engine, enqueue: Enqueue, clock: Clock) -> None:
        self._engine = engine
        self._enqueue = enqueue
        self.clock = clock
        self.log_end = LogEnd()
        # SQLite has one writer at a time and waits for it by polling with growing pauses; a lock
        # of ours wakes the next one at once. Other processes still meet SQLite's own.
        one_writer = engine.dialect.name == "sqlite"
        self._turn: Lock | None = Lock() if one_writer else None

    @contextmanager
    def write(self, wait: float = PATIENT_SECONDS) -> Iterator[Transaction]:
        """One transaction that may write; committed at the end, rolled back on an error.

        Args:
            wait: seconds to wait for a database that somebody else is writing to.

        Raises:
            StoreUnavailable: the database is locked, full, or out of reach.
        """
        ends = time.monotonic() + wait
        with self._its_turn(wait):
            with _typed_errors():
                connection = self._engine.connect()
            with connection:
                with _typed_errors():
                    left = max(0.0, ends - time.monotonic())
                    connection = connection.execution_options(write=True, wait=left)
                    begun = connection.begin()
                tx = Transaction(connection, self.clock(), self._enqueue, self.log_end)
                with _typed_errors(), begun:
                    yield tx
                    for preparation in (*tx.before_commit, *tx.last_before_commit):
                        preparation()
        for follow_up in tx.after_commit:
            follow_up()

    @contextmanager
    def _its_turn(self, wait: float) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=wait):
            raise StoreUnavailable(
                f"The database was busy for {wait:g} s.",
                "Nothing was taken; try again in a moment.",
            )
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from; all that is read is of one moment.

        Raises:
            StoreUnavailable: the database is out of reach.
        """
        with _typed_errors(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # SQLite reads so by itself
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


_AWAY = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,
    sa.exc.InternalError,  # PostgreSQL ended the transaction, or has become a read-only replica
)


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> StoreUnavailable:
    """What a person is told when the database failed with `error`."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    return StoreUnavailable(
        f"The database cannot be used now ({type(cause).__name__}: {cause}).",
        "Nothing was taken; try again in a moment.",
    )
