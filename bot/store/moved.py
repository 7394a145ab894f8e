"""The mark on a database whose contents live elsewhere now: a bot on it would send twice.

SQLite keeps it in the file's `user_version`, PostgreSQL as a comment on `alembic_version`: neither
changes what the tables hold.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url

from bot.errors import BotError
from bot.store.database import is_sqlite, open_database

_MARK = 4_214
"""SQLite's `user_version` of a file that was moved."""
_COMMENT = "image-bot: moved to another database"
_MARKED = sa.text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")


def mark(url: str) -> None:
    """Have no bot start on this database again."""
    if is_sqlite(url):
        with closing(sqlite3.connect(make_url(url).database or "")) as file:
            file.execute(f"PRAGMA user_version={_MARK}")
        return
    engine = open_database(url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(f"COMMENT ON TABLE alembic_version IS '{_COMMENT}'"))
    finally:
        engine.dispose()


def refuse(engine: Engine) -> None:
    """Stop whoever would work on a database that was moved.

    Raises:
        BotError: it was.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            marked = connection.execute(sa.text("PRAGMA user_version")).scalar() == _MARK
        else:
            marked = connection.execute(_MARKED).scalar() == _COMMENT
    if marked:
        raise BotError(
            "The database was moved to another one: both would send what waits.",
            "Point DATABASE_URL at the database that it was moved to.",
        )
