"""Opening the database, and one transaction of it.

A write transaction of SQLite holds the write lock from its start (`BEGIN IMMEDIATE`), so what
it reads is still true when it writes. PostgreSQL's (READ COMMITTED) see what others commit
meanwhile: a write that hangs on what was read locks the row, compares and swaps, or stands
behind `Transaction.alone`. Locks are taken in one order, or two transactions wait for each
other: ops request, image action, audit log, lane, card.

What must follow is asked for in the same transaction through `Transaction.later`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bot.errors import SettingsError, StoreUnavailable

PATIENT_SECONDS = 30.0
"""How long a stage waits for the write lock of SQLite."""
ACK_SECONDS = 1.5
"""How long a handler waits for it: Slack gives up after 3 s (docs.slack.dev, "Acknowledge")."""
_FROZEN_SECONDS = 10
"""PostgreSQL rolls back what stands still for this long: a frozen process must not hold a row."""
_LOCKS = 4_213  # the class of our advisory locks; any number, the same in all replicas

Wake = tuple[str, str]
"""A stage, and the key that it is to look at."""

Clock = Callable[[], float]
"""Gives the time in epoch seconds."""


class Later(Protocol):
    """Asks for a stage, in this transaction: it wakes only if the transaction commits."""

    def __call__(self, tx: Transaction, stage: str, key: str, at: float | None) -> None: ...


@dataclass
class Transaction:
    """One write transaction: the connection, the time it began, and what follows it.

    `before_commit`, `after_commit` and `wishes` (a stage and its key, with the soonest time it
    is wanted at) belong to the engine.
    """

    connection: Connection
    now: float
    _later: Later
    before_commit: list[Callable[[], None]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    wishes: dict[Wake, float] = field(default_factory=dict)

    def later(self, stage: str, key: object, at: float | None = None) -> None:
        """Ask for `stage` to look at `key`, now or not before `at` (epoch seconds)."""
        self._later(self, stage, str(key), at)

    def alone(self, name: str) -> None:
        """Let no other transaction go beyond this line under the same name until this one ends."""
        if self.connection.dialect.name == "postgresql":  # SQLite has one writer at a time
            lock = sa.func.pg_advisory_xact_lock(_LOCKS, sa.func.hashtext(name))
            self.connection.execute(sa.select(lock))

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
                tx = Transaction(connection, self.clock(), self._later)
                with _typed_errors(), begun:
                    yield tx
                    for preparation in tx.before_commit:
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


def is_sqlite(url: str) -> bool:
    """Whether a `DATABASE_URL` names a file of this machine."""
    return url.startswith("sqlite")


def open_database(url: str) -> Engine:
    """Open a database by its URL (`sqlite:///…`, `postgresql://…`); nothing is created.

    Raises:
        SettingsError: the URL is of no kind we know, or PostgreSQL's driver is not installed.
    """
    return _open_sqlite(url) if is_sqlite(url) else _open_postgresql(postgresql_url(url))


def postgresql_url(url: str) -> URL:
    """A PostgreSQL URL with our driver, psycopg 3, in any of the spellings hosts give.

    Raises:
        SettingsError: it is none.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise SettingsError(
            "DATABASE_URL is neither sqlite:///… nor postgresql://….",
            "A path of your own is sqlite:////var/lib/image-bot/image-bot.db, four slashes.",
        )
    return parsed.set(drivername="postgresql+psycopg")


def connect_arguments(url: URL) -> dict[str, int]:
    """What libpq is told besides the URL, so that a server that has vanished is noticed."""
    wanted = {
        "connect_timeout": 2,  # seconds, the least that libpq takes: an ack cannot wait for more
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    return {name: value for name, value in wanted.items() if name not in url.query}


SESSION_LIMITS = (
    f"SET idle_in_transaction_session_timeout = '{_FROZEN_SECONDS}s';"
    f" SET lock_timeout = '{PATIENT_SECONDS:.0f}s';"
    f" SET statement_timeout = '{PATIENT_SECONDS:.0f}s'"
)
"""Said on every connection, and not as a start-up option: poolers refuse those."""


def _open_postgresql(url: URL) -> Engine:
    """READ COMMITTED; every wait has an end, and a lost connection is replaced by itself."""
    try:
        engine = sa.create_engine(
            url,
            pool_size=8,
            max_overflow=32,
            pool_timeout=ACK_SECONDS,
            pool_pre_ping=True,
            connect_args=connect_arguments(url),
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            "DATABASE_URL names PostgreSQL, and its driver is not installed.",
            "Run `pip install 'image-bot[postgres]'`.",
        ) from error

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.execute(SESSION_LIMITS)
        connection.commit()

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("write"):
            wait: float = options["wait"]
            work: float = options.get("work") or wait  # how long a statement may take in all
            longest, in_all = f"{wait * 1000:.0f}ms", f"{work * 1000:.0f}ms"
            connection.execute(
                sa.select(
                    sa.func.set_config("lock_timeout", longest, True),
                    sa.func.set_config("statement_timeout", in_all, True),
                )
            )

    return engine


def _watch_file(engine: Engine, path: str) -> None:
    """Stop using a file that is not at its path any more.

    SQLite goes on writing to a file that was moved away or deleted, and makes an empty one for
    the next connection: what was taken then would be gone with the process.
    """
    there: list[tuple[int, int]] = []

    def identity() -> tuple[int, int] | None:
        try:
            found = os.stat(path)  # noqa: PTH116 - one call for each transaction
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @sa.event.listens_for(engine, "do_connect")
    def _only_what_exists(*_: object) -> None:
        if there and identity() is None:
            raise sqlite3.OperationalError(f"the database file is gone: {path}")

    @sa.event.listens_for(engine, "connect")
    def _note(_connection: object, record: Any) -> None:
        record.info["file"] = found = identity()
        if found is not None:
            there.append(found)
            del there[:-1]

    @sa.event.listens_for(engine, "checkout")
    def _still_there(_connection: object, record: Any, _proxy: object) -> None:
        if record.info["file"] != identity():
            raise sa.exc.DisconnectionError(f"the database file is gone: {path}")


def _open_sqlite(url: str) -> Engine:
    """Write-ahead log; every commit is on the disk before it returns."""
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

    if engine.url.database:
        _watch_file(engine, engine.url.database)

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
