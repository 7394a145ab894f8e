"""Opening a database: SQLite in one file, or PostgreSQL; how long each of their waits may be."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bot.errors import NoDatabase, SettingsError

PATIENT_SECONDS = 30.0
"""How long a job waits for the write lock of SQLite."""
ACK_SECONDS = 1.5
"""How long a handler waits for it: Slack gives up after 3 s (docs.slack.dev, "Acknowledge")."""
_FROZEN_SECONDS = 10
"""PostgreSQL rolls back what stands still for this long: a frozen process must not hold a row."""


_A_PATH = "A path of your own is sqlite:////var/lib/image-bot/image-bot.db, four slashes."


def is_sqlite(url: str) -> bool:
    """Whether a `DATABASE_URL` names a file of this machine."""
    return url.startswith("sqlite")


def open_database(url: str) -> Engine:
    """Open a database by its URL (`sqlite:///…`, `postgresql://…`); nothing is created.

    Raises:
        SettingsError: the URL is of no kind we know, or PostgreSQL's driver is not installed.
    """
    return _open_sqlite(url) if is_sqlite(url) else _open_postgresql(postgresql_url(url))


def check_url(url: str) -> None:
    """Whether it can be opened, as far as the URL tells.

    Raises:
        SettingsError: it cannot.
    """
    sqlite_url(url) if is_sqlite(url) else postgresql_url(url)


def existing_database(url: str) -> Engine:
    """The same for a database that is there: looking at one must not make a file.

    Raises:
        NoDatabase: there is no such SQLite file.
    """
    path = sqlite_url(url).database if is_sqlite(url) else None
    if path and path != ":memory:" and not Path(path).exists():
        help_ = "Check DATABASE_URL; the first start of the bot makes it."
        raise NoDatabase(f"There is no database at {path}.", help_)
    return open_database(url)


def postgresql_url(url: str) -> URL:
    """A PostgreSQL URL with our driver, psycopg 3, in any of the spellings hosts give.

    Raises:
        SettingsError: it is none.
    """
    parsed = _parsed(url)
    if parsed is None or parsed.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise SettingsError(
            "DATABASE_URL is neither sqlite:///… nor postgresql://….",
            _A_PATH,
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


_TRUSTED_SECONDS = 1.0
"""A connection to PostgreSQL that was used so lately is not asked whether it still is one."""
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

    @sa.event.listens_for(engine, "checkin")
    def _note(_connection: object, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _still_there(connection: Any, record: Any, _proxy: object) -> None:
        """As SQLAlchemy's own `pool_pre_ping`, which asks each time."""
        if time.monotonic() - record.info.get("used", 0.0) < _TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError("the server has gone away") from error

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("write"):
            wait: float = options["wait"]
            work: float = options.get("work") or wait  # how long a statement may take in all
            if round(wait) == round(work) == PATIENT_SECONDS:
                return  # as `SESSION_LIMITS` has it
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


def _make_for_its_owner(engine: Engine, path: str) -> None:
    """A new file is its owner's alone; SQLite gives the files beside it the same rights."""

    @sa.event.listens_for(engine, "do_connect")
    def _make(*_: object) -> None:
        if path == ":memory:":
            return
        with suppress(FileExistsError, FileNotFoundError):  # no folder: SQLite says so better
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def sqlite_url(url: str) -> URL:
    """A SQLite URL that names a file.

    Raises:
        SettingsError: it names none.
    """
    parsed = _parsed(url)
    if parsed is None or parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise SettingsError("DATABASE_URL names no file of SQLite's.", _A_PATH)
    return parsed


def _parsed(url: str) -> URL | None:
    """None: it is no URL of a database."""
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # ValueError: its port is no number
        return None


def _open_sqlite(url: str) -> Engine:
    """Write-ahead log; every commit is on the disk before it returns."""
    engine = sa.create_engine(sqlite_url(url), pool_size=16, max_overflow=16)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `_on_begin` says
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout={PATIENT_SECONDS * 1000:.0f}")

    if engine.url.database:
        _make_for_its_owner(engine, engine.url.database)
        _watch_file(engine, engine.url.database)

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        try:
            _begin_sqlite(connection)
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError.instance("BEGIN", None, error, sqlite3.Error) from error

    return engine


def _begin_sqlite(connection: Connection) -> None:
    """Straight to the driver: SQLAlchemy's way around a statement costs ten times as much."""
    driver: Any = connection.connection.driver_connection
    options = connection.get_execution_options()
    if not options.get("write"):
        driver.execute("BEGIN")
        return
    wait = round(options["wait"], 1)  # the milliseconds that its turn took change nothing
    if connection.info.get("wait", PATIENT_SECONDS) != wait:
        driver.execute(f"PRAGMA busy_timeout={wait * 1000:.0f}")
        connection.info["wait"] = wait
    driver.execute("BEGIN IMMEDIATE")
