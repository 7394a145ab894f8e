"""`init` on a terminal: the real process, asked and answered as by a person."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOKEN = "dop_v1_typed-by-a-person"


class Terminal:
    """A process with a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.said = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["PYTHONPATH"] = str(ROOT)
            os.execv(sys.executable, [sys.executable, "-m", "bot", "init", *arguments])  # noqa: S606 - no shell is wanted

    def waits(self, seconds: float = 30) -> None:
        """Read on until it asks something."""
        self._read(lambda: self.said.rstrip().endswith(">"), seconds)

    def answer(self, text: str) -> None:
        """Wait for the question, and type."""
        self.waits()
        self.said += "\n"
        time.sleep(0.1)  # getpass turns the echo off before it asks, and drops what came earlier
        os.write(self._terminal, f"{text}\n".encode())

    def press(self, key: bytes) -> None:
        """A key without a line's end."""
        self.waits()
        os.write(self._terminal, key)

    def ends(self) -> int:
        """Its exit status."""
        self._read(lambda: False, 30)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, enough: object, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not enough():  # type: ignore[operator]
            assert time.monotonic() < end, self.said
            try:
                read = os.read(self._terminal, 4096)
            except OSError:  # the other end is closed
                return
            if not read:
                return
            self.said += read.decode()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path)
    yield started
    try:
        os.kill(started.pid, signal.SIGKILL)
        os.waitpid(started.pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


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


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_who_stops_half_way_has_written_nothing(
    terminal: Terminal, tmp_path: Path, key: bytes
) -> None:
    terminal.answer("")
    terminal.press(key)
    assert terminal.ends() == 2, terminal.said
    assert "Nothing was written." in terminal.said
    assert list(tmp_path.iterdir()) == []
