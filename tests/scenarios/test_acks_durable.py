"""No ack leaves before its bytes are on the disk: a commit that hangs or fails is no ack yet."""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa
from faults.process import BotProcess
from postgres import fresh_database
from sqlalchemy.pool import Pool
from world import ANN, EVERYWHERE, OPS, RUNS_AT_ONCE, SNAPSHOT, world

from bot.store.database import open_database
from rehearsal import Sandbox

_HELD = 0.4
"""Seconds; a handler gives up after 1.5."""
_NUMBER = 4_242


class Door(Protocol):
    """Commits of acks wait at it."""

    def reached(self) -> bool:
        """Whether one waits."""

    def open(self) -> None:
        """Let them through, from now on."""


class _SqliteDoor:
    """SQLite tells of each statement before it runs it: the `COMMIT` of an ack waits there."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def reached(self) -> bool:
        return self._reached.is_set()

    def open(self) -> None:
        self._open.set()

    def stand_before(self, connection: Any, _record: object) -> None:
        """Hold this connection's commits that take a delivery."""
        taken = False

        def told(statement: str) -> None:
            nonlocal taken
            if statement.startswith("INSERT INTO processed_delivery"):
                taken = True
            elif statement.startswith("COMMIT") and taken:
                self._reached.set()
                self._open.wait(20)
            elif statement.startswith("BEGIN"):
                taken = False

        connection.set_trace_callback(told)


class _PostgresDoor:
    """A trigger that is deferred to the commit waits for a lock that we hold."""

    def __init__(self, holder: sa.Connection) -> None:
        self._holder = holder
        holder.execute(
            sa.text(f"""
            CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock({_NUMBER}); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON processed_delivery
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
            """)
        )
        holder.execute(sa.text(f"SELECT pg_advisory_lock({_NUMBER})"))

    def reached(self) -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        return bool(self._holder.scalar(sa.text(f"{waiting} AND objid = {_NUMBER}")))

    def open(self) -> None:
        self._holder.execute(sa.text(f"SELECT pg_advisory_unlock({_NUMBER})"))


@contextmanager
def _door(kind: str, url: str) -> Iterator[Door]:
    if kind == "sqlite":
        door = _SqliteDoor()
        sa.event.listen(Pool, "connect", door.stand_before)
        try:
            yield door
        finally:
            door.open()
            sa.event.remove(Pool, "connect", door.stand_before)
        return
    database = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
    with database.connect() as holder:
        yield _PostgresDoor(holder)
    database.dispose()


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'image-bot.db'}"
    else:
        with fresh_database() as url:
            yield url


@pytest.mark.parametrize(("transport", "kind"), EVERYWHERE)
def test_no_ack_leaves_before_its_commit_is_over(transport: str, kind: str, tmp_path: Path) -> None:
    with _url(kind, tmp_path) as url, _door(kind, url) as door:
        is_socket = transport == "socket"
        with world(tmp_path, RUNS_AT_ONCE, socket=is_socket, DATABASE_URL=url) as it:
            with ThreadPoolExecutor(1) as person:
                ack = person.submit(it.types, f"transfer {SNAPSHOT} nyc3")
                it.until(door.reached, "the commit of the ack")
                assert not _comes(ack), "the ack left before the commit"
                assert _deliveries(url) == 0
                door.open()
                assert "Request 1" in ack.result(20).text
            assert _deliveries(url) == 1
            it.root("Transfer")


def _comes(ack: Future[Any]) -> bool:
    try:
        ack.result(_HELD)
    except TimeoutError:
        return False
    return True


def _deliveries(url: str) -> int:
    return int(_asked(url, "SELECT count(*) FROM processed_delivery"))


def _asked(url: str, query: str) -> Any:
    database = open_database(url)
    try:
        with database.connect() as connection:
            return connection.scalar(sa.text(query))
    finally:
        database.dispose()


_FAILS_AT_COMMIT = {
    "sqlite": (
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE orphan (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER fails_at_commit AFTER INSERT ON processed_delivery"
        " BEGIN INSERT INTO orphan VALUES (1); END",
    ),
    "postgresql": (
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$",
        "CREATE CONSTRAINT TRIGGER fails_at_commit AFTER INSERT ON processed_delivery"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()",
    ),
}
"""What holds until the last statement, and not at the commit."""


@pytest.mark.parametrize(("transport", "kind"), EVERYWHERE)
def test_a_commit_that_fails_is_no_ack(transport: str, kind: str, tmp_path: Path) -> None:
    is_socket = transport == "socket"
    with (
        _url(kind, tmp_path) as url,
        world(tmp_path, RUNS_AT_ONCE, socket=is_socket, DATABASE_URL=url) as it,
    ):
        database = open_database(url)
        with database.begin() as connection:
            for statement in _FAILS_AT_COMMIT[kind]:
                connection.exec_driver_sql(statement)
        database.dispose()
        said = it.slack.command(ANN, OPS, f"transfer {SNAPSHOT} nyc3").text
        assert said
        assert "Request 1" not in said
        assert _asked(url, "SELECT count(*) FROM ops_request") == 0
        assert it.digitalocean.posts == []


_CALL = re.compile(r"(fdatasync|sendto|recvfrom)\([0-9]+<(.*?)>(?:, \"(.{0,40}))?")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace sees what the kernel is asked")
def test_the_kernel_is_asked_to_sync_before_the_ack_is_written(tmp_path: Path) -> None:
    policy, trace = tmp_path / "policy.toml", tmp_path / "trace"
    policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
    with Sandbox(lifetime=300) as sandbox:
        settings = {
            **sandbox.settings(),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'image-bot.db'}",
            "IMAGE_BOT_POLICY": str(policy),
            "PORT": "0",
        }
        watch = ["strace", "-D", "-f", "-y", "--seccomp-bpf", "-o", str(trace)]
        watch += ["-e", "trace=fdatasync,sendto,recvfrom", sys.executable, "-m", "bot", "run"]
        bot = BotProcess(tmp_path, settings, run=("-c", f"import os; os.execvp('strace', {watch})"))
        try:
            bot.start()
            bot.wait_until_ready()
            sandbox.slack.connect_http(f"http://127.0.0.1:{bot.port}/slack/events")
            ack = sandbox.slack.command(ANN, OPS, f"transfer {SNAPSHOT} nyc3")
            assert "Request 1" in ack.text
            sandbox.slack.wait_for(lambda: _calls_of_the_ack(trace), seconds=20, what="the trace")
        finally:
            bot.end()
    between = _calls_of_the_ack(trace)
    assert any(name == "fdatasync" and file.endswith("-wal") for name, file in between), between


def _calls_of_the_ack(trace: Path) -> list[tuple[str, str]]:
    """What the kernel was asked from the command's arrival until its answer was written; empty
    while that is not there."""
    found: list[tuple[str, str]] = []
    begun = False
    for name, file, data in _CALL.findall(trace.read_text(encoding="utf-8", errors="replace")):
        if name == "recvfrom" and data.startswith("POST /slack/events"):
            begun = True
        elif begun and name == "sendto" and data.startswith("HTTP/1.1 200 OK"):
            return [*found, (name, file)]
        elif begun:
            found.append((name, file))
    return []
