"""A SQLite file with the schema in it, copied: migrating each anew takes twenty times as long."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from bot.store.database import open_database
from bot.store.schema import migrate


def migrated_file(path: Path) -> str:
    """Make a database, as `python -m bot migrate` does; its `DATABASE_URL`."""
    path.touch(0o600)
    path.write_bytes(_template())
    return f"sqlite:///{path}"


@functools.cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        engine = open_database(f"sqlite:///{file}")
        migrate(engine)
        engine.dispose()  # the last connection takes the write-ahead log in
        return file.read_bytes()
