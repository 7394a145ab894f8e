"""Opening the database, and one transaction of it.

A write transaction holds the write lock from its start (SQLite `BEGIN IMMEDIATE`), so what
it reads is still true when it writes; what must follow is asked for in the same transaction
through `Transaction.later`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import StoreUnavailable

PATIENT_SECONDS = 30.0
"""How long a stage waits for the write lock of SQLite."""
ACK_SECONDS = 1.5
"""How long a handler waits for it: Slack gives up after 3 s (docs.slack.dev, "Acknowledge")."""

Clock = Callable[[], float]
"""Gives the time in epoch seconds."""


class Later(Protocol):
    """Asks for a stage, in this transaction: it wakes only if the transaction commits."""

    def __call__(self, tx: Transaction, stage: str, key: str, at: float | None) -> None: ...


@dataclass
class Transaction:
    """One write transaction: the connection, the time it began, and what follows it."""

    connection: Connection
    now: float
    _later: Later
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def later(self, stage: str, key: object, at: float | None = None) -> None:
        """Ask for `stage` to look at `key`, now or not before `at` (epoch seconds)."""
        self._later(self, stage, str(key), at)

    def execute(self, statement: sa.Executable) -> sa.CursorResult[Any]:
        """Run one statement."""
        return self.connection.execute(statement)

    def changed(self, statement: sa.Executable) -> bool:
        """Run one conditional write; say whether it took hold of a row."""
        return self.connection.execute(statement).rowcount == 1


class Store:
    """The database of one bot.

    Args:
        engine: made by `open_database`.
        later: how stages are asked for (the engine's; see `bot.engine`).
        clock: the time in epoch seconds.
    """

    def __init__(self, engine: Engine, later: Later, clock: Clock) -> None:
        self._engine = engine
        self._later = later
        self.clock = clock

    @contextmanager
    def write(self, wait: float = PATIENT_SECONDS) -> Iterator[Transaction]:
        """One transaction that may write; committed at the end, rolled back on an error.

        Args:
            wait: seconds to wait for a database that somebody else is writing to.

        Raises:
            StoreUnavailable: the database is locked, full, or out of reach.
        """
        with _typed_errors():
            connection = self._engine.connect()
        with connection:
            with _typed_errors():
                connection = connection.execution_options(write=True, wait=wait)
                begun = connection.begin()
            tx = Transaction(connection, self.clock(), self._later)
            with _typed_errors(), begun:
                yield tx
        for follow_up in tx.after_commit:
            follow_up()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from.

        Raises:
            StoreUnavailable: the database is out of reach.
        """
        with _typed_errors(), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        cause = getattr(error, "orig", None) or error
        raise StoreUnavailable(
            f"The database cannot be used now ({type(cause).__name__}: {cause}).",
            "Nothing was taken; try again in a moment.",
        ) from error


def open_database(url: str) -> Engine:
    """Open a database by its SQLAlchemy URL; nothing is created.

    SQLite: write-ahead log, every commit on the disk before it returns.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, pool_size=16, max_overflow=16)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `_on_begin` says
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={int(PATIENT_SECONDS * 1000)}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("write"):
            wait = int(options["wait"] * 1000)
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")

    return engine
