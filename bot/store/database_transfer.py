"""Moving a live database into another one, of either kind: SQLite to PostgreSQL, and back.

Unlike a restore (`bot.store.backup`), nothing happened meanwhile: no bot may run on the source
while it is read, so what arrives is the whole truth, and numbers go on where they were.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import BotError, SchemaMismatch
from bot.store import audit, backup, moved, schema
from bot.store.database import PATIENT_SECONDS, is_sqlite, open_database, postgresql_url

_WAIT_SECONDS = 2.0
"""A reader who is about to finish is waited for; a bot keeps its connections open."""
_COPY_SECONDS = 3600.0
"""How long one statement of the copy may take."""
_OTHERS_SECONDS = 2.0
"""How long other connections are waited for, to end."""
_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = current_user AND pid <> pg_backend_pid()"
)
"""The hosts of databases have users of their own to look after them."""


@dataclass(frozen=True)
class Moved:
    """What is in the new database now: rows by table, and where the audit log ends."""

    rows: Mapping[str, int]
    position: int
    head: str


def move(source: str, target: str) -> Moved:
    """Copy everything of a live database into an empty one: all of it, or nothing.

    The source is only read, and nobody else can use it meanwhile. The target gets its schema.

    Args:
        source, target: as in `DATABASE_URL`.

    Raises:
        BotError: there is no such source, somebody uses it, it is a backup, its audit log is not
            whole, it is the target, or the target is not empty.
        SchemaMismatch: the source is not of this version.
        sqlalchemy.exc.DBAPIError: one of them cannot be reached, or somebody fills the target too.
    """
    if _place(source) == _place(target):
        raise BotError(
            "The database to copy from is the one to copy to.",
            "Set DATABASE_URL to the new one: postgresql://….",
        )
    with _held(source) as old:
        moved.refuse(old.engine)
        _check(old)
        new_database = open_database(target)
        try:
            schema.migrate(new_database)
            writing = new_database.connect().execution_options(
                write=True, wait=PATIENT_SECONDS, work=_COPY_SECONDS
            )
            with writing as new, new.begin():
                _be_patient(new)
                rows = backup.fill(old, new)
                return Moved(rows, *audit.head(new))
        finally:
            new_database.dispose()


def _place(url: str) -> object:
    """Two URLs of one place are equal; a place that has two names shows by not being empty."""
    if is_sqlite(url):
        return Path(sa.make_url(url).database or "").resolve()
    parsed = postgresql_url(url)
    return parsed.host or parsed.query, parsed.port or 5432, parsed.database


def _check(old: Connection) -> None:
    try:
        schema.check(old.engine)
    except SchemaMismatch as error:
        raise SchemaMismatch(
            f"The database to copy from is not of this version. {error.problem}",
            f"There, first: {error.help}",
        ) from error
    problems = audit.verify(audit.entries(old))
    if problems:
        raise BotError(
            f"The audit log of the database to copy from is not whole: {problems[0]}.",
            "Nothing was copied.",
        )


@contextmanager
def _held(url: str) -> Iterator[Connection]:
    """A connection that shows one moment of a database that nobody else uses."""
    with _opened_file(url) if is_sqlite(url) else _opened_server(url) as connection:
        yield connection


@contextmanager
def _opened_file(url: str) -> Iterator[Connection]:
    path = Path(sa.make_url(url).database or "")
    if not path.is_file():
        raise BotError(f"There is no database at {path}.", "Check the URL after --from.")

    def alone() -> sqlite3.Connection:
        file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        # With this, SQLite's write-ahead log can be read by one connection, ours, or not at all.
        for pragma in ("locking_mode=EXCLUSIVE", f"busy_timeout={_WAIT_SECONDS * 1000:.0f}"):
            file.execute(f"PRAGMA {pragma}")
        file.execute("PRAGMA query_only=ON")
        return file

    engine = sa.create_engine("sqlite://", creator=alone, poolclass=sa.StaticPool)
    try:
        with engine.connect() as connection:
            try:
                _refuse_what_is_not_live(connection, path)
            except sa.exc.OperationalError as error:
                raise _in_use(f"{path} is in use") from error
            except sa.exc.DatabaseError as error:
                raise BotError(
                    f"{path} is not a database.", "Check the URL after --from."
                ) from error
            yield connection
    finally:
        engine.dispose()


def _refuse_what_is_not_live(connection: Connection, path: Path) -> None:
    known = sa.inspect(connection).has_table("alembic_version")
    if not known:
        raise BotError(f"{path} is not a database of image-bot.", "Check the URL after --from.")
    marked = connection.execute(sa.text("PRAGMA user_version")).scalar() == backup.MARK
    if marked or connection.execute(sa.text("PRAGMA journal_mode")).scalar() != "wal":
        raise BotError(
            f"{path} is a backup: what it says to send may have been sent since.",
            "`python -m bot restore FILE` takes a backup, and looks before anything is sent.",
        )


@contextmanager
def _opened_server(url: str) -> Iterator[Connection]:
    engine: Engine = open_database(url)
    try:
        _wait_for_others(engine)
        snapshot = engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with snapshot as connection:
            _be_patient(connection)
            others = connection.execute(_OTHERS).scalar_one()
            if others:
                raise _in_use(f"The database to copy from has {others} other connections")
            yield connection
    finally:
        engine.dispose()


def _wait_for_others(engine: Engine) -> None:
    """A server ends a connection a moment after its client has: a bot that was just stopped."""
    ends = time.monotonic() + _OTHERS_SECONDS
    while time.monotonic() < ends:
        with engine.connect() as connection:
            if not connection.execute(_OTHERS).scalar_one():
                return
        time.sleep(0.1)


def _be_patient(connection: Connection) -> None:
    """The other side may take its time, or this machine: nobody else waits for these locks."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '600s'"))


def _in_use(said: str) -> BotError:
    return BotError(
        f"{said}: a bot that goes on there would do again what the new one does.",
        "Stop every bot on it, and whatever else has it open; then try again.",
    )
