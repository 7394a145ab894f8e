"""`migrate --from`: everything of one database in another, or nothing, and the source as it was."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from filled import ask, contents, database, fill
from postgres import KINDS, fresh_database

from bot.__main__ import main
from bot.app import Bot
from bot.config import given_settings
from bot.errors import BotError, SchemaMismatch
from bot.store import audit, backup, requests, schema
from bot.store.database import open_database
from bot.store.database_transfer import move
from bot.store.tables import metadata, ops_request
from bot.store.transaction import Store
from rehearsal import Sandbox

ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database that a bot has filled and left."""
    fill(f"sqlite:///{tmp_path / 'the.db'}").close()
    return tmp_path / "the.db"


@pytest.fixture
def target() -> Iterator[str]:
    with fresh_database(migrated=False) as url:
        yield url


def rows(url: str) -> dict[str, int]:
    """How many rows every table has; a table that is not there has none."""
    engine = open_database(url)
    with engine.connect() as connection:
        there = sa.inspect(connection).get_table_names()
        tables = [table for table in metadata.sorted_tables if table.name in there]
        found = {table.name: backup.count(connection, table) for table in tables}
    engine.dispose()
    return found


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_of_it_arrives_as_it_was(tmp_path: Path, kind: str, to: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with database(kind, tmp_path) as old, database(to, elsewhere) as new:
        fill(old).close()
        moved = move(old, new)
        assert contents(new) == contents(old)
        assert moved.rows == rows(old) == rows(new)
        assert (moved.rows["ops_request"], moved.rows["vote"], moved.position) == (5, 1, 7)
        engine = open_database(old)
        with engine.connect() as connection:
            assert audit.head(connection) == (moved.position, moved.head)
        engine.dispose()
        _goes_on(new)


def _goes_on(url: str) -> None:
    """The next request has the next number, and the audit log goes on whole."""
    engine = open_database(url)
    store = Store(engine, lambda *_: None, lambda: 1_800_000_001.0)
    ask(store, 99)
    with store.read() as connection:
        assert requests.newest(connection, limit=1)[0].id == 6
        assert audit.verify(audit.entries(connection)) == []
        assert audit.head(connection)[0] == 8
    store.close()


def test_the_command_tells_what_arrived(
    file: Path, target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", target)
    assert main(["migrate", "--from", f"sqlite:///{file}"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^ops_request +5$", said, re.MULTILINE)
    assert "The audit log is whole: 7 rows, head " in said
    assert "Start no bot on it again" in said
    assert main(["audit", "verify"]) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_bot_runs_on_what_was_moved(
    tmp_path: Path, kind: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is it moved a second time; what its tables hold stays to be read."""
    with Sandbox(lifetime=60) as sandbox, database(kind, tmp_path) as old:
        fill(old).close()
        held = contents(old)
        policy = tmp_path / "policy.toml"
        policy.write_text("[[rule]]\napprovals = 0\n", encoding="utf-8")
        monkeypatch.setenv("DATABASE_URL", target)
        assert main(["migrate", "--from", old]) == 0
        assert contents(old) == held
        given = {**sandbox.settings(), "IMAGE_BOT_POLICY": str(policy), "DATABASE_URL": old}
        with fresh_database() as another, pytest.raises(BotError, match="was moved"):
            move(old, another)
        with pytest.raises(BotError, match="was moved to another"):
            Bot(given_settings(given))


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    store = fill(f"sqlite:///{tmp_path / 'new.db'}")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    store.close()
    assert modes["new.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert len(modes) > 1


def test_the_source_is_left_as_it_was(file: Path, target: str) -> None:
    before = hashlib.sha256(file.read_bytes()).digest()
    move(f"sqlite:///{file}", target)
    assert hashlib.sha256(file.read_bytes()).digest() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_a_killed_bot_left_in_the_log_beside_the_file_arrives(
    tmp_path: Path, target: str
) -> None:
    """SQLite keeps the newest commits in a second file until the last connection closes."""
    file, killed = tmp_path / "the.db", tmp_path / "killed"
    store = fill(f"sqlite:///{file}")
    killed.mkdir()
    for part in tmp_path.glob("the.db*"):
        shutil.copy(part, killed)
    assert (killed / "the.db-wal").stat().st_size > 0
    store.close()
    move(f"sqlite:///{killed / 'the.db'}", target)
    assert contents(target) == contents(f"sqlite:///{file}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_somebody_uses_is_refused(tmp_path: Path, kind: str, target: str) -> None:
    with database(kind, tmp_path) as old:
        store = fill(old)
        with store.read() as connection:
            connection.execute(sa.select(ops_request)).all()
        with pytest.raises(BotError, match=r"(in use|other connections).*Stop every bot"):
            move(old, target)
        store.close()
        assert sum(rows(target).values()) == 0
        assert move(old, target).rows["ops_request"] == 5


def test_nobody_can_begin_to_use_the_source_meanwhile(file: Path, target: str) -> None:
    engine = open_database(target)
    schema.migrate(engine)
    with engine.begin() as blocker:
        _hold_the_last_table(blocker)
        mover = _command(file, target)
        _wait_for_its_last_table(engine)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite3.connect(file, timeout=0.1).execute("SELECT * FROM audit")
    assert mover.wait(60) == 0
    engine.dispose()
    assert contents(target) == contents(f"sqlite:///{file}")


def test_killed_half_way_nothing_is_half_copied(file: Path, target: str) -> None:
    engine = open_database(target)
    schema.migrate(engine)
    with engine.begin() as blocker:
        _hold_the_last_table(blocker)
        mover = _command(file, target)
        _wait_for_its_last_table(engine)
        os.kill(mover.pid, signal.SIGKILL)
        assert mover.wait(10) == -signal.SIGKILL
    engine.dispose()
    assert sum(rows(target).values()) == 0
    assert move(f"sqlite:///{file}", target).rows["ops_request"] == 5
    _goes_on(target)


def _hold_the_last_table(blocker: sa.Connection) -> None:
    """Others may read it and not write; for as long as it takes the command to come there."""
    blocker.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    blocker.execute(sa.text("LOCK TABLE vote IN SHARE MODE"))


def _command(file: Path, target: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "migrate", "--from", f"sqlite:///{file}"],
        cwd=file.parent,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": target},
    )


def _wait_for_its_last_table(engine: sa.Engine) -> None:
    """All other tables are copied, and the last one waits for a lock that the test holds."""
    assert metadata.sorted_tables[-1].name == "vote"
    waits = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND query LIKE 'INSERT INTO vote%' AND datname = current_database()"
    )
    end = time.monotonic() + 60
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(waits).scalar_one():
            assert time.monotonic() < end, "it never came to the last table"
            time.sleep(0.02)


def test_a_target_that_is_not_empty_is_refused_and_kept(file: Path, target: str) -> None:
    fill(target, 2).close()
    before = contents(target)
    with pytest.raises(BotError, match=r"not empty: audit holds 4 rows.*new database"):
        move(f"sqlite:///{file}", target)
    assert contents(target) == before


def test_the_same_place_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(file)
    for other in (f"sqlite:///{file}", "sqlite:///the.db", f"sqlite:///{tmp_path}/link.db"):
        with pytest.raises(BotError, match="is the one to copy to"):
            move(other, f"sqlite:///{file}")
    with pytest.raises(BotError, match="is the one to copy to"):
        move("postgres://bot:a@db/bot?sslmode=require", "postgresql://bot:b@db:5432/bot")
    assert contents(f"sqlite:///{file}")["ops_request"]


def test_a_source_that_is_not_there_is_said_and_not_made(tmp_path: Path, target: str) -> None:
    with pytest.raises(BotError, match=r"no database at .*gone\.db"):
        move(f"sqlite:///{tmp_path / 'gone.db'}", target)
    assert not list(tmp_path.iterdir())
    assert rows(target) == {}


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500], ids=["empty", "garbage"])
def test_what_is_no_database_of_ours_is_refused(
    tmp_path: Path, target: str, content: bytes
) -> None:
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(BotError, match="is not a database"):
        move(f"sqlite:///{tmp_path / 'x.db'}", target)
    assert (tmp_path / "x.db").read_bytes() == content
    assert rows(target) == {}


def test_a_backup_is_sent_to_restore(file: Path, tmp_path: Path, target: str) -> None:
    """What waited when it was made may have been sent since: `restore` looks, this does not."""
    backup.back_up(f"sqlite:///{file}", tmp_path / "one.backup")
    with pytest.raises(BotError, match=r"is a backup.*bot restore"):
        move(f"sqlite:///{tmp_path / 'one.backup'}", target)
    assert rows(target) == {}


def test_a_source_of_a_newer_version_is_refused(file: Path, target: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SchemaMismatch, match=r"copy from is not of this version.*newer"):
        move(f"sqlite:///{file}", target)
    assert rows(target) == {}


def test_a_source_whose_audit_log_was_changed_is_refused(file: Path, target: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE audit SET actor = 'U0EVE' WHERE position = 2")
    connection.close()
    with pytest.raises(BotError, match=r"not whole: row 2 was changed.*Nothing was copied"):
        move(f"sqlite:///{file}", target)
    assert rows(target) == {}


@pytest.mark.parametrize("arguments", [["migrate"], ["audit", "verify"], ["backup", "x"]])
def test_a_server_that_is_away_is_told_without_its_password(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:hidden1@127.0.0.1:1/bot")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "Connection refused" in said
    assert "hidden1" not in said
    assert "Traceback" not in said
