"""Commands that look at the database: they make none, and say what is wrong in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main

POLICY = '[[rule]]\nname = "all"\napprovals = 1\napprovers = ["U0ANN", "U0BOB"]\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", ["audit verify", "audit export", "backup it.backup"])
def test_without_a_database_there_is_nothing_to_look_at(
    here: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main(command.split()) == 2
    assert "There is no database at image-bot.db." in capsys.readouterr().err
    assert not (here / "image-bot.db").exists()


@pytest.mark.parametrize("command", ["policy check", "policy explain transfer 62137902 nyc3"])
def test_a_policy_is_looked_at_before_the_first_start(here: Path, command: str) -> None:
    assert main(command.split()) == 0
    assert not (here / "image-bot.db").exists()


@pytest.mark.parametrize("command", ["audit verify", "audit export"])
def test_a_database_without_tables(
    here: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (here / "image-bot.db").touch()
    assert main(command.split()) == 2
    assert "python -m bot migrate" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["audit verify", "audit export", "migrate", "policy check", "backup it.backup"]
)
def test_a_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:hidden1@127.0.0.1:1/bot")
    assert main(command.split()) == 2
    said = capsys.readouterr().err
    assert "Connection refused" in said
    assert "sqlalche.me" not in said
    assert "hidden1" not in said
    assert len(said.splitlines()) == 1
