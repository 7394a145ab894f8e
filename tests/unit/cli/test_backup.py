"""`backup` and `restore`, between both kinds of database, and while somebody writes."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from filled import CHANGED_BY_A_RESTORE, ask, contents, database, fill

from bot.__main__ import main
from bot.errors import BotError
from bot.store import audit, backup, requests
from bot.store.backup import back_up, restore
from bot.store.database import open_database
from bot.store.transaction import Store, Transaction

KINDS = ["sqlite", "postgresql"]


def nothing_else(_: Transaction) -> None:
    """Only the copy, as it is."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("to", KINDS)
def test_all_of_it_comes_back(tmp_path: Path, kind: str, to: str) -> None:
    file, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with database(kind, tmp_path) as old, database(to, elsewhere) as new:
        fill(old).close()
        assert back_up(old, file) == []
        assert restore(file, new, nothing_else) == (5, 7)
        assert contents(new, CHANGED_BY_A_RESTORE) == contents(old, CHANGED_BY_A_RESTORE)
        _numbers_go_on(new)


def _numbers_go_on(url: str) -> None:
    """No number comes again that a card in Slack may carry."""
    engine = open_database(url)
    store = Store(engine, lambda *_: None, lambda: 1.0)
    ask(store, 99)
    with store.read() as connection:
        assert requests.newest(connection, limit=1)[0].id > 1000
        assert audit.verify(audit.entries(connection)) == []
    store.close()


def test_what_may_have_been_sent_since_is_looked_for_first(tmp_path: Path) -> None:
    old, new = f"sqlite:///{tmp_path / 'old.db'}", f"sqlite:///{tmp_path / 'new.db'}"
    fill(old).close()
    back_up(old, tmp_path / "backup")
    restore(tmp_path / "backup", new, nothing_else)
    engine = open_database(new)
    with engine.connect() as connection:
        steps = [r.steps[0] for r in requests.newest(connection)]
    engine.dispose()
    assert all(step.look_first for step in steps)
    assert {step.intent_at for step in steps} == {1_800_000_000.25}


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_while_somebody_writes_is_of_one_moment(tmp_path: Path, kind: str) -> None:
    with database(kind, tmp_path) as url:
        store = fill(url)
        stop = threading.Event()

        def write() -> None:
            image = 100
            while not stop.is_set():
                ask(store, image := image + 1)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for n in range(3):
                assert back_up(url, tmp_path / f"b{n}") == []
        finally:
            stop.set()
            writer.join()
            store.close()
        for n in range(3):
            with sqlite3.connect(tmp_path / f"b{n}") as copy:
                one = "SELECT count(*) FROM ops_request"
                other = "SELECT count(*) FROM audit WHERE event = 'requested'"
                assert copy.execute(one).fetchone() == copy.execute(other).fetchone()


def test_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'the.db'}"
    fill(url).close()
    folder = tmp_path / "backups"
    folder.mkdir()
    back_up(url, folder / "one")
    assert [path.name for path in folder.iterdir()] == ["one"]
    assert stat.S_IMODE((folder / "one").stat().st_mode) == 0o600
    restore(folder / "one", f"sqlite:///{tmp_path / 'new.db'}", nothing_else)
    assert [path.name for path in folder.iterdir()] == ["one"]


@pytest.mark.parametrize("planted", ["file", "link"])
def test_a_file_that_waits_in_the_way_of_a_backup_gets_nothing(
    tmp_path: Path, planted: str
) -> None:
    """Whoever may write into the folder made it, for all to read."""
    part, elsewhere = tmp_path / ".one.part", tmp_path / "elsewhere"
    elsewhere.write_text("", encoding="utf-8")
    if planted == "link":
        part.symlink_to(elsewhere)
    else:
        part.write_text("", encoding="utf-8")
        part.chmod(0o666)
    url = f"sqlite:///{tmp_path / 'the.db'}"
    fill(url).close()
    back_up(url, tmp_path / "one")
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600
    assert elsewhere.read_text(encoding="utf-8") == ""
    assert not part.exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'the.db'}"
    fill(url).close()
    back_up(url, tmp_path / "backup")
    with pytest.raises(BotError, match="exists already"):
        back_up(url, tmp_path / "backup")
    before = contents(url)
    with pytest.raises(BotError, match="not empty"):
        restore(tmp_path / "backup", url, nothing_else)
    assert contents(url) == before


@pytest.mark.parametrize(
    "content", [b"", b"no database at all" * 500, None], ids=["empty", "garbage", "missing"]
)
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "backup"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BotError):
        restore(file, f"sqlite:///{tmp_path / 'new.db'}", nothing_else)
    assert not list(tmp_path.glob(".*"))


def test_a_backup_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'the.db'}"
    fill(url).close()
    back_up(url, tmp_path / "backup")
    with sqlite3.connect(tmp_path / "backup") as copy:
        copy.execute("UPDATE audit SET actor = 'U0EVE' WHERE position = 2")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert main(["restore", str(tmp_path / "backup")]) == 2
    assert "row 2 was changed" in capsys.readouterr().err


def test_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(f"sqlite:///{tmp_path / 'the.db'}").close()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'the.db'}")
    assert main(["backup", str(tmp_path / "backup")]) == 0
    assert "its audit log is whole" in capsys.readouterr().out
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert main(["restore", str(tmp_path / "backup")]) == 0
    assert "Restored: 5 requests; the audit log is whole: 7 rows" in capsys.readouterr().out
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'gone.db'}")
    assert main(["backup", str(tmp_path / "another")]) == 2
    assert not (tmp_path / "gone.db").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'the.db'}"
    fill(url).close()
    with pytest.raises(BotError, match="not written"):
        back_up(url, tmp_path / "nowhere" / "backup")


def test_a_backup_that_breaks_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'the.db'}"
    fill(url).close()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(backup, "_copy_pages", full)
    with pytest.raises(BotError, match="disk is full"):
        back_up(url, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert not list(tmp_path.glob(".backup*"))


def test_a_backup_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["restore", "nosuch.backup"]) == 2
    assert "There is no file nosuch.backup." in capsys.readouterr().err
    assert main(["restore", "."]) == 2
    assert list(tmp_path.iterdir()) == []
