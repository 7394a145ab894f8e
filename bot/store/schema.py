"""The schema's version: made and moved by migrations (Alembic), checked at every start.

On PostgreSQL the queue's tables go along (`bot.store.queue_schema`).
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import SchemaMismatch
from bot.store import queue_schema

_MIGRATIONS = Path(__file__).parent / "migrations"
_HELD = sa.table("alembic_version", sa.column("version_num"))
_LOCK = 4_213_002  # any number, the same in all replicas: one of them migrates at a time
_WORK_SECONDS = 3600.0
"""How long one statement of a migration may take, once it has its locks."""


def migrate(engine: Engine) -> str:
    """Bring the schema to this version's; the version it has now. Harmless when repeated."""
    # Only here: a bot that runs needs none of Alembic's 10 MB.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with (
        engine.connect().execution_options(write=True, wait=30.0, work=_WORK_SECONDS) as connection,
        connection.begin(),
    ):
        on_postgresql = connection.dialect.name == "postgresql"
        if on_postgresql:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if on_postgresql:
            queue_schema.migrate(connection)
        return _version(connection) or ""


def check(engine: Engine) -> None:
    """Stop a bot whose database is not of its version.

    Raises:
        SchemaMismatch: the schema is missing, older, or newer than this version knows.
    """
    with engine.connect() as connection:
        found = _version(connection)
        known = revisions()
        wanted = known[-1]
        if found == wanted:
            if connection.dialect.name == "postgresql":
                queue_schema.check(connection)
            return
    if found is None:
        raise SchemaMismatch("The database has no schema yet.", "Run `python -m bot migrate`.")
    if found in known:
        raise SchemaMismatch(
            f"The database's schema is older ({found}) than this version needs ({wanted}).",
            "Run `python -m bot migrate`.",
        )
    raise SchemaMismatch(
        f"The database's schema ({found}) is newer than this version knows ({wanted}).",
        "Run a newer version of the bot, or restore a backup made with this one.",
    )


def prepare(engine: Engine) -> None:
    """Make the schema of a new SQLite file; check every other database.

    Raises:
        SchemaMismatch: see `check`.
    """
    with engine.connect() as connection:
        is_new = not sa.inspect(connection).get_table_names()
    if is_new and engine.dialect.name == "sqlite":
        migrate(engine)
    check(engine)


def revisions() -> list[str]:
    """Every version of the schema that this code knows, oldest first: each file is named by one."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*.py")
    return sorted(path.stem.partition("_")[0] for path in files)


def _version(connection: Connection) -> str | None:
    """The version a database has, as Alembic keeps it; None: it has none yet."""
    if not sa.inspect(connection).has_table(_HELD.name):
        return None
    return connection.execute(sa.select(_HELD.c.version_num)).scalar_one_or_none()
