"""`init` on a terminal: the real process, asked and answered as by a person."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Terminal

ROOT = Path(__file__).parents[3]
TOKEN = "dop_v1_typed-by-a-person"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path, (sys.executable, "-m", "bot", "init"), {"PYTHONPATH": str(ROOT)})
    yield started
    started.end()


def test_five_questions_and_no_secret_is_shown(terminal: Terminal, tmp_path: Path) -> None:
    for typed in ("https://bot.example.com", "C0OPS", "U0BOB S0LEADS", TOKEN, ""):
        terminal.answer(typed)
    assert terminal.ends() == 0, terminal.said
    assert TOKEN not in terminal.said
    assert f"DIGITALOCEAN_TOKEN={TOKEN}\n" in (tmp_path / ".env").read_text(encoding="utf-8")
    assert 'approvers = ["U0BOB", "S0LEADS"]' in (tmp_path / "policy.toml").read_text("utf-8")
    assert "https://bot.example.com/slack/events" in (tmp_path / "manifest.yml").read_text("utf-8")
    assert terminal.said.rstrip().endswith("`python -m bot run`.")


def test_enter_is_an_answer_wherever_there_is_one_and_a_slip_is_asked_again(
    terminal: Terminal, tmp_path: Path
) -> None:
    for typed in ("", "", "", "bob", "U0BOB", "", ""):
        terminal.answer(typed)
    assert terminal.ends() == 0, terminal.said
    assert "somebody has to approve" in terminal.said
    assert "bob: expected a Slack user id" in terminal.said
    env = (tmp_path / ".env").read_text(encoding="utf-8")
    assert "DIGITALOCEAN_TOKEN=\n" in env
    assert "DATABASE_URL=sqlite:///image-bot.db\n" in env


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_who_stops_half_way_has_written_nothing(
    terminal: Terminal, tmp_path: Path, key: str
) -> None:
    terminal.answer("")
    terminal.waits()
    assert terminal.ends(key=key) == 2, terminal.said
    assert "Nothing was written." in terminal.said
    assert list(tmp_path.iterdir()) == []
