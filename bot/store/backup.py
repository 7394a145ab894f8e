"""Copies of the whole database: a backup is one SQLite file, from either kind of database.

A backup of PostgreSQL can be restored into SQLite and the other way round: what is copied are
our own tables, row by row. The queue is not among them, because state is the truth: the sweep
asks for whatever waits. A live database goes to another one by `bot.store.database_transfer`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url

from bot.domain.states import State
from bot.errors import BotError
from bot.store import audit, call_budget, schema, sending
from bot.store.database import is_sqlite, open_database
from bot.store.tables import audit as audit_table
from bot.store.tables import metadata, ops_request, ops_step
from bot.store.transaction import Store, Transaction

_ROWS = 1000
_LOST = 1000
"""Numbers skipped by a restore: cards of what came after the backup still stand in Slack, and
their buttons carry numbers."""
MARK = 4_213
"""SQLite's `user_version` of a backup. Whoever reads it as a database leaves that as it is."""
_USER_VERSION = slice(60, 64)
"""Where it stands in the file (sqlite.org, "Database File Format"): looked at, not opened."""


def back_up(url: str, to: Path) -> list[str]:
    """Write a consistent copy, while the bot runs; what is wrong with its audit log.

    Args:
        url: the `DATABASE_URL`.
        to: a file that does not exist yet; it is there whole or not at all, for its owner alone.

    Raises:
        BotError: the file exists, there is no database, or no room.
    """
    if to.exists():
        raise BotError(f"{to} exists already.", "Name another file.")
    part = to.with_name(f".{to.name}.part")
    try:
        _make_own(part)
        if is_sqlite(url):
            _copy_pages(Path(make_url(url).database or ""), part)
        else:
            _copy_database(url, part)
        problems = problems_of(part)
        _close_the_log(part)
        part.replace(to)
    except (sqlite3.Error, sa.exc.SQLAlchemyError, OSError) as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise BotError(f"{to} was not written: {said}.", "Nothing was left behind.") from error
    finally:
        part.unlink(missing_ok=True)
    return problems


def restore(
    file: Path,
    url: str,
    then: Callable[[Transaction], None],
    clock: Callable[[], float] = time.time,
) -> tuple[int, int]:
    """Fill an empty database from a backup: (requests, rows of the audit log).

    What may have been sent after the backup was made is looked for before anything is sent.

    Args:
        then: what else is to be written of what was open, in the same transaction.
        clock: gives the time in epoch seconds.

    Raises:
        BotError: the file is no backup, its audit log is not whole, or the database is not empty.
    """
    with _own_copy(file) as copy:
        problems = problems_of(copy)
        if problems:
            raise BotError(
                f"The audit log in {file} is not whole: {problems[0]}.",
                "Restore another backup; this one was changed after it was made.",
            )
        return _fill(copy, url, then, clock)


def problems_of(file: Path) -> list[str]:
    """What is wrong with the audit log in a SQLite file."""
    with _opened(file) as engine, engine.connect() as connection:
        return audit.verify(audit.entries(connection))


def _fill(
    copy: Path, url: str, then: Callable[[Transaction], None], clock: Callable[[], float]
) -> tuple[int, int]:
    target = open_database(url)
    try:
        schema.migrate(target)
        store = Store(target, lambda *_: None, clock)  # the sweep wakes what waits
        with _opened(copy) as source, source.connect() as old, store.write() as tx:
            rows = fill(old, tx.connection, lost=_LOST)
            _look_before_sending(tx.connection)
            then(tx)
        return rows[ops_request.name], rows[audit_table.name]
    finally:
        target.dispose()


def _copy_pages(path: Path, to: Path) -> None:
    """SQLite's own backup: one moment's state, and no writer waits for it."""
    if not path.is_file():
        raise BotError(f"There is no database at {path}.", "Check DATABASE_URL.")
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    with closing(source), closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _close_the_log(file: Path) -> None:
    """One file, without a log beside it, and marked as what it is."""
    with closing(sqlite3.connect(file)) as made:
        made.execute("PRAGMA journal_mode=DELETE")
        made.execute(f"PRAGMA user_version={MARK}")


def refuse_to_run_on_one(url: str) -> None:
    """A bot that ran on a backup would send again what was sent since.

    Raises:
        BotError: the database is a backup.
    """
    path = Path(make_url(url).database or "") if is_sqlite(url) else None
    if path is None or not path.is_file():
        return
    with path.open("rb") as file:
        header = file.read(_USER_VERSION.stop)
    if int.from_bytes(header[_USER_VERSION]) == MARK:
        raise BotError(
            f"{path} is a backup: what it says to send may have been sent since.",
            "Point DATABASE_URL at a new database, and fill that with"
            f" `python -m bot restore {path}`.",
        )


def _copy_database(url: str, to: Path) -> None:
    source = open_database(url)
    try:
        schema.check(source)
        with _opened(to) as target:
            schema.migrate(target)
            snapshot = source.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with snapshot as old, target.begin() as new:
                _copy_rows(old, new)  # whole or not: the caller says so
                _go_on_numbering(new)
    finally:
        source.dispose()


def fill(old: Connection, new: Connection, lost: int = 0) -> dict[str, int]:
    """Copy every row into an empty database, in the caller's transaction; how many, by table.

    Args:
        old, new: both of this version's schema; `old` shows one moment.
        lost: how many numbers to skip, because they may have been given since.

    Raises:
        BotError: the new database is not empty, or what arrived is not what was sent.
    """
    held = {table.name: number for table in metadata.sorted_tables if (number := count(new, table))}
    if held:
        name, number = next(iter(held.items()))
        raise BotError(
            f"The database is not empty: {name} holds {number} rows.",
            "Move the old file away, or point DATABASE_URL at a new database.",
        )
    _copy_rows(old, new)
    _go_on_numbering(new, lost)
    sending.release(new)  # what a process held there, nobody holds here
    call_budget.release_leases(new)
    rows = {table.name: count(new, table) for table in metadata.sorted_tables}
    for table in metadata.sorted_tables:
        if rows[table.name] != count(old, table):
            raise BotError(f"Of {table.name}, {rows[table.name]} rows arrived, and not all.")
    problems = audit.verify(audit.entries(new))
    if problems or audit.head(new) != audit.head(old):
        said = problems[0] if problems else "it ends otherwise"
        raise BotError(f"The audit log did not survive the copy: {said}.")
    return rows


def _copy_rows(old: Connection, new: Connection) -> None:
    for table in metadata.sorted_tables:
        rows = old.execute(sa.select(table).execution_options(yield_per=_ROWS))
        for part in rows.mappings().partitions(_ROWS):
            new.execute(sa.insert(table), [dict(row) for row in part])


def _go_on_numbering(new: Connection, lost: int = 0) -> None:
    """A number that people were told, or that a button carries, never means anything else.

    Args:
        lost: how many may have been given after the backup was made.
    """
    for table in metadata.sorted_tables:
        if "id" not in table.c or not isinstance(table.c.id.type, sa.BigInteger):
            continue
        last = new.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        if table is ops_request:
            told = new.execute(sa.select(sa.func.max(audit_table.c.ops_request))).scalar() or 0
            last = max(last, told)
        if last + lost:
            _number_from(new, table, last + lost)


def _number_from(new: Connection, table: sa.Table, last: int) -> None:
    if new.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        new.execute(sa.select(sa.func.setval(sequence, last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        numbered = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
        new.execute(sa.delete(numbered).where(numbered.c.name == table.name))
        new.execute(sa.insert(numbered).values(name=table.name, seq=last))


def _look_before_sending(new: Connection) -> None:
    """What was not sent when the backup was made may have been sent since: look for it first."""
    made_at = new.execute(sa.select(sa.func.max(audit_table.c.at))).scalar()
    waits = ops_step.c.state.in_((State.PENDING, State.APPROVED))
    new.execute(
        sa.update(ops_step)
        .where(waits, ~ops_step.c.finished)
        .values(look_first=True, intent_at=made_at)
    )


def _make_own(file: Path) -> None:
    """An empty file for its owner alone: what somebody put there before is not written into."""
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@contextmanager
def _own_copy(file: Path) -> Iterator[Path]:
    """The backup, brought to this version in a copy: the file itself is only read."""
    if not file.is_file():
        said = f"{file} is not a file" if file.exists() else f"There is no file {file}"
        raise BotError(f"{said}.", "Check the path: it names what `backup` wrote.")
    copy = file.with_name(f".{file.name}.restoring")
    _make_own(copy)
    try:
        try:
            _copy_pages(file, copy)
            with _opened(copy) as engine:
                if not sa.inspect(engine).has_table("alembic_version"):
                    raise BotError(f"{file} is not a backup of image-bot.", "Check the path.")
                schema.migrate(engine)
                schema.check(engine)
        except (sqlite3.DatabaseError, sa.exc.DatabaseError) as error:
            raise BotError(f"{file} is not a backup: {error}.", "Check the path.") from error
        yield copy
    finally:
        for left in file.parent.glob(f"{copy.name}*"):
            left.unlink()


@contextmanager
def _opened(file: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{file.absolute()}")
    try:
        yield engine
    finally:
        engine.dispose()


def count(connection: Connection, table: sa.Table) -> int:
    """How many rows a table has."""
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
