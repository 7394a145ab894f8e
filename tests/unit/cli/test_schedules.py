"""`schedules`: lists what runs by the clock, or says what is wrong with the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.domain.events import Event
from bot.domain.occasions import RunOutcome, RunProblem
from bot.store import audit, schema
from bot.store import schedules as stored
from bot.store.database import open_database
from bot.store.transaction import Store

ONE = """[[schedule]]
name = "nightly-web"
when = "daily 03:00"
time_zone = "Asia/Kolkata"
command = "prune web-* keep 3"
channel = "C0OPS"
owner = "U0ANN"
"""
TWO = ONE + ONE.replace("nightly-web", "nightly-db")


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IMAGE_BOT_SCHEDULES", raising=False)
    (tmp_path / "schedules.toml").write_text(ONE, encoding="utf-8")
    return tmp_path / "schedules.toml"


@pytest.mark.parametrize(
    "command", ["schedules", "schedules list", "schedules list schedules.toml"]
)
def test_the_list(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMAGE_BOT_SCHEDULES", "schedules.toml")
    assert main(command.split()) == 0
    told = capsys.readouterr().out
    assert re.fullmatch(
        r"""nightly-web
  when     At 03:00 every day, Asia/Kolkata
  next     \w{3} \d{4}-\d\d-\d\d 03:00 IST, \d{4}-\d\d-\d\dT21:30:00Z
  command  prune web-\* keep 3
  channel  C0OPS
  owner    U0ANN
""",
        told,
    ), told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "0 schedules, all readable.\n"),
        (ONE, "1 schedule, readable.\n"),
        (TWO, "2 schedules, all readable.\n"),
    ],
)
def test_a_file_that_holds(
    file: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text, encoding="utf-8")
    assert main(["schedules", "check", str(file)]) == 0
    assert capsys.readouterr().out == told


def test_a_list_of_none(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("", encoding="utf-8")
    assert main(["schedules", "list", str(file)]) == 0
    assert capsys.readouterr().out == f"There is no schedule in {file}.\n"


def test_a_broken_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(ONE.replace("keep 3", "keep all").replace("daily", "dayly"), encoding="utf-8")
    assert main(["schedules", "check", str(file)]) == 1
    told = capsys.readouterr()
    assert "has 2 problems" in told.out
    assert "line 3, schedule “nightly-web”, when" in told.out
    assert "line 5, schedule “nightly-web”, command" in told.out
    assert told.err == ""
    assert main(["schedules", "list", str(file)]) == 2
    assert "has 2 problems" in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "check", "other.toml"]) == 1
    assert "python -m bot schedules example >schedules.toml" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["schedules", "schedules list", "schedules check"])
def test_where_no_file_is_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 2
    assert "IMAGE_BOT_SCHEDULES" in capsys.readouterr().err


def test_the_list_tells_what_the_bot_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'image-bot.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    engine = open_database(url)
    schema.prepare(engine)
    store = Store(engine, lambda *_: None, lambda: 1_800_000_000.0)
    with store.write() as tx:
        stored.note_seen(tx, "nightly-web")
        audit.append(tx, Event.SCHEDULE_PAUSED, "U0BOB", facts={"schedule": "nightly-web"})
        stored.add_run(tx, "nightly-web", 1_700_000_000.0, RunOutcome.FAILED)
        [run] = stored.runs(tx.connection, "nightly-web")
        stored.move_run(tx, run, RunOutcome.FAILED, RunProblem.NOTHING_CAME)
    assert main(["schedules", "list", "schedules.toml"]) == 0
    told = capsys.readouterr().out
    assert "approved no: it does not run" in told
    assert "last     2023-11-14T22:13:20Z, failed: Nothing came of it." in told
    assert "paused   by U0BOB" in told


def test_the_example_can_be_begun_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "example"]) == 0
    written = tmp_path / "of_mine.toml"
    written.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["schedules", "check", str(written)]) == 0
