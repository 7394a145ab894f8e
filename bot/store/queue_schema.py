"""The tables of Procrastinate, the queue behind the engine on PostgreSQL: made and moved here.

Procrastinate ships its schema, and one file of SQL for each later change of it. Which of those
a database holds stands in a table of ours, beside Alembic's version: the two move apart, since
Procrastinate's changes come with its releases and not with ours.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import SchemaMismatch

_HELD = sa.table("queue_schema", sa.column("name"))


def migrate(connection: Connection) -> None:
    """Bring the queue's tables to the installed version, in the caller's transaction.

    Raises:
        SchemaMismatch: somebody else's Procrastinate lives in this database.
    """
    connection.execute(
        sa.text("CREATE TABLE IF NOT EXISTS queue_schema (name varchar(200) PRIMARY KEY)")
    )
    held, files = _held(connection), _files()
    if held:
        for name in sorted(files.keys() - held):
            _run(connection, files[name].read_text(encoding="utf-8"))
    else:
        if sa.inspect(connection).has_table("procrastinate_jobs"):
            raise SchemaMismatch(
                "The database holds tables of Procrastinate that this bot did not make.",
                "Give the bot a database of its own.",
            )
        _run(connection, _whole())
    for name in sorted(files.keys() - held):
        connection.execute(sa.insert(_HELD).values(name=name))


def check(connection: Connection) -> None:
    """Stop a bot whose queue is not of the installed version.

    Raises:
        SchemaMismatch: the queue's tables are missing, older, or newer.
    """
    has_any = sa.inspect(connection).has_table("queue_schema")
    held, wanted = _held(connection) if has_any else set(), _files().keys()
    if wanted - held:
        raise SchemaMismatch(
            "The queue's tables are missing or older than this version needs.",
            "Run `python -m bot migrate`.",
        )
    if held - wanted:
        raise SchemaMismatch(
            "The queue's tables are newer than this version knows.",
            "Run a newer version of the bot, or restore a backup made with this one.",
        )


def _held(connection: Connection) -> set[str]:
    return set(connection.execute(sa.select(_HELD.c.name)).scalars())


def _files() -> dict[str, Path]:
    """Procrastinate's changes by name; their names sort in the order they were made."""
    from procrastinate.schema import SchemaManager

    folder = Path(SchemaManager.get_migrations_path())
    return {path.name: path for path in folder.glob("*.sql")}


def _whole() -> str:
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema()


def _run(connection: Connection, script: str) -> None:
    """Run many statements at once: without parameters, so that no `%` of theirs is ours."""
    driver = connection.connection.driver_connection
    assert driver is not None, "a connection in a transaction is open"  # noqa: S101 - SQLAlchemy
    driver.execute(script)
