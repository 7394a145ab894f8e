"""The database is locked, full or gone: refused with a clear answer, never taken by half."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from faults.bounds import is_long
from faults.crashing import CrashingWorld, crashing_world
from faults.tally import ended, most_repeated
from world import ANN, BOB, OPS, SNAPSHOT

from bot.errors import StoreUnavailable
from bot.operations.available import transfer_to
from bot.store.database import open_database
from bot.store.requests import newest
from bot.store.rows import NewRequest
from bot.store.schema import migrate
from bot.store.transaction import Store
from bot.store.transitions import insert

pytestmark = pytest.mark.faults

AWAY_SECONDS = 30.0 if is_long() else 5.0
UNDER_WAY, REFUSED, LATER = 62137903, SNAPSHOT, 62137904
POLICY = """
[[rule]]
name = "asked"
regions = ["ams3"]
approvals = 1
approvers = ["U0BOB"]

[[rule]]
name = "at once"
approvals = 0
"""

_HOLDS_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _locked(at_work: CrashingWorld) -> Iterator[None]:
    """Another process holds the write lock."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDS_THE_LOCK, str(at_work.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
    finally:
        holder.communicate()


@contextmanager
def _full(at_work: CrashingWorld) -> Iterator[None]:
    """Not one byte more can be written to any file: the kernel refuses, as on a full disk."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux can limit another process")
    was = resource.prlimit(at_work.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(at_work.process.pid, resource.RLIMIT_FSIZE, (1, was[1]))
    try:
        yield
    finally:
        resource.prlimit(at_work.process.pid, resource.RLIMIT_FSIZE, was)


@contextmanager
def _gone(at_work: CrashingWorld) -> Iterator[None]:
    """The folder is away, as an unmounted disk is, and comes back as it was."""
    folder = at_work.database.parent
    aside = folder.with_name("aside")
    folder.rename(aside)
    try:
        yield
    finally:
        aside.rename(folder)


FAULTS = {
    "the database is locked by another process": _locked,
    "the disk is full": _full,
    "the database file is gone and comes back": _gone,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_sqlite(fault: str, tmp_path: Path, cost: Any) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    url = f"sqlite:///{folder / 'image-bot.db'}"
    with crashing_world(tmp_path, POLICY, action_seconds=0.5, DATABASE_URL=url) as at_work:
        at_work.database = folder / "image-bot.db"
        _works_through(at_work, FAULTS[fault], fault, cost)


def _works_through(at_work: CrashingWorld, fault: Any, name: str, cost: Any) -> None:
    """One request under way, one waiting for a click, one typed meanwhile, one typed after."""
    at_work.digitalocean.next_action(AWAY_SECONDS + 1)
    at_work.types(f"transfer {UNDER_WAY} nyc3")
    at_work.root(str(UNDER_WAY))
    at_work.until(lambda: at_work.digitalocean.posts, "the POST")
    at_work.types(f"transfer {LATER} ams3")
    waiting = at_work.root(str(LATER))
    with fault(at_work):
        began = time.monotonic()
        ack = at_work.slack.command(ANN, OPS, f"transfer {REFUSED} nyc3")
        click = at_work.slack.click(BOB, waiting, "approve")
        assert (ack.status, click.status) == (200, 200)
        assert max(ack.seconds, click.seconds) < 3.0, "Slack would have given up"
        assert "database" in ack.text.lower(), ack.text
        assert "Request" not in ack.text
        at_work.told("database", BOB)
        time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
        at_work.until(lambda: at_work.process.ready() == 503 or name.startswith(_READS_GO_ON), name)
    at_work.until(lambda: at_work.process.ready() == 200, "the bot to be ready again", 30)
    assert [p.image_id for p in at_work.digitalocean.posts] == [UNDER_WAY]
    at_work.clicks("approve", waiting, by=BOB)
    at_work.types(f"transfer {REFUSED} nyc3")
    images = (UNDER_WAY, REFUSED, LATER)
    at_work.until(
        lambda: all(ended(at_work.sandbox, OPS, i) for i in images) and at_work.nothing_waits(),
        "an end of all three",
        seconds=60,
    )
    cost(name, at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 3
    assert most_repeated(at_work.sandbox) <= 1
    assert at_work.process.kills == 0


_READS_GO_ON = ("the database is locked", "the disk is full")


def test_postgresql_is_gone(tmp_path: Path, cost: Any) -> None:
    postgres = pytest.importorskip("postgres")
    with postgres.own_server() as server, postgres.fresh_database(server) as url:

        @contextmanager
        def stopped(_at_work: CrashingWorld) -> Iterator[None]:
            server.stop()
            try:
                yield
            finally:
                server.start()

        with crashing_world(tmp_path, POLICY, DATABASE_URL=url) as at_work:
            _works_through(at_work, stopped, "PostgreSQL is gone and comes back", cost)


def test_a_full_database_as_sqlite_itself_says_it(tmp_path: Path) -> None:
    """The words of a disk that is full come from SQLite; here they are made by its page limit."""
    database = open_database(f"sqlite:///{tmp_path / 'image-bot.db'}")
    migrate(database)
    store = Store(database, lambda *_: None, time.time)

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite makes it the present size

    database.dispose()
    sa.event.listen(database, "connect", limit)
    taken = []

    def fill() -> None:
        for number in range(10_000):
            new = NewRequest("U0ANN", "C0OPS", (transfer_to(number, "nyc3"),), "x" * 400)
            with store.write() as tx:
                insert(tx, new)
            taken.append(number)

    with pytest.raises(StoreUnavailable, match="full"):
        fill()
    with store.read() as connection:
        assert len(newest(connection, limit=20_000)) == len(taken)
    store.close()
