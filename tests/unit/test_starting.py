"""How the real process starts, and how it refuses to: what it says, and its exit status."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from postgres import KINDS, either_database, fresh_database

from rehearsal import Sandbox

ROOT = Path(__file__).parents[2]
PROCFILE = dict(
    line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
)
LATER = '''"""Something that a later version needs."""

revision = "0999"
down_revision = "{head}"


def upgrade() -> None:
    """Nothing: the number is what counts."""
'''


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[dict[str, str]]:
    """All that a bot needs but a database."""
    (tmp_path / "policy.toml").write_text('[[rule]]\nname = "all"\napprovals = 0\n')
    with Sandbox(lifetime=120) as sandbox:
        yield {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            **sandbox.settings(),
            "PORT": "0",
            "IMAGE_BOT_LOG_FORMAT": "text",
        }


def ends(folder: Path, settings: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command that ends by itself: its exit status, and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=dict(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


class Running:
    """A command that goes on until SIGTERM."""

    def __init__(self, folder: Path, settings: Mapping[str, str], command: str) -> None:
        self._log = folder / "said.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],  # noqa: S607 - as hosts run a line of a Procfile
                cwd=folder,
                env=dict(settings),
                stdout=log,
                stderr=log,
            )

    def said(self, pattern: str, seconds: float = 40) -> re.Match[str]:
        """Wait until it has said something."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self._log.read_text("utf-8", "replace"))):
            assert self._process.poll() is None, self._log.read_text("utf-8", "replace")
            assert time.monotonic() < end, self._log.read_text("utf-8", "replace")
            time.sleep(0.05)
        return found

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        os.kill(self._process.pid, signal.SIGTERM)
        return self._process.wait(20)

    def end(self) -> None:
        """Be sure that it is gone."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_and_a_new_version_meet_each_others_database(
    tmp_path: Path, settings: dict[str, str], kind: str
) -> None:
    later = {**settings, "PYTHONPATH": str(_later_version(tmp_path / "later"))}
    with either_database(kind, tmp_path) as url:
        now = {**settings, "DATABASE_URL": url}
        status, said = ends(tmp_path, {**later, "DATABASE_URL": url}, "run")
        assert (status, "schema is older" in said, "`python -m bot migrate`" in said) == (
            2,
            True,
            True,
        ), said
        assert ends(tmp_path, {**later, "DATABASE_URL": url}, "migrate") == (
            0,
            "The schema is at version 0999.\n",
        )
        status, said = ends(tmp_path, now, "run")
        assert (status, "schema (0999) is newer" in said) == (2, True), said
        assert "Traceback" not in said
        status, said = ends(tmp_path, {**now, "DATABASE_URL": "sqlite:///elsewhere.db"}, "migrate")
        assert status == 0
        if kind == "sqlite":
            gone = {**later, "DATABASE_URL": "sqlite:///third.db"}
            status, said = ends(tmp_path, gone, "migrate", "--from", "sqlite:///elsewhere.db")
            assert (status, "not of this version" in said, "older" in said) == (2, True, True), said


def _later_version(folder: Path) -> Path:
    """This version's code and one more migration."""
    for part in ("bot", "handlers"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "bot" / "store" / "migrations" / "versions"
    head = max(path.name[:4] for path in versions.glob("0*.py"))
    (versions / "0999_later.py").write_text(LATER.format(head=head), encoding="utf-8")
    return folder


def test_a_postgresql_that_was_never_migrated_is_said(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with fresh_database(migrated=False) as url:
        status, said = ends(tmp_path, {**settings, "DATABASE_URL": url}, "run")
    assert status == 2
    assert "no schema yet. Run `python -m bot migrate`." in said


def test_a_database_that_is_away_is_said(tmp_path: Path, settings: dict[str, str]) -> None:
    url = "postgresql://bot:hidden1@127.0.0.1:1/bot"
    status, said = ends(tmp_path, {**settings, "DATABASE_URL": url}, "run")
    assert status == 2
    assert "Connection refused" in said
    assert "Check DATABASE_URL" in said
    assert "hidden1" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("role", ["web", "worker"])
def test_a_role_of_several_needs_postgresql(
    tmp_path: Path, settings: dict[str, str], role: str
) -> None:
    status, said = ends(tmp_path, settings, "run", "--role", role)
    assert (status, "needs PostgreSQL" in said) == (2, True), said


@pytest.mark.parametrize(
    ("marker", "host"),
    [("DYNO", "Heroku"), ("DIGITALOCEAN_APP_ID", "App Platform"), ("RENDER", "Render")],
)
def test_sqlite_on_a_disk_that_vanishes_is_warned_of_loudly(
    tmp_path: Path, settings: dict[str, str], marker: str, host: str
) -> None:
    there = {**settings, marker: "web.1"}
    bot = Running(tmp_path, there, "python -m bot run")
    try:
        bot.said(rf"ERROR .*{host} empties at each deploy and restart: .* will be LOST")
        bot.said(rf"ERROR .*HOST is 127\.0\.0\.1, where {host} cannot reach it")
        bot.said("listening on")
        assert bot.stop() == 0
    finally:
        bot.end()
    assert (
        f"warning  database: {tmp_path / 'image-bot.db'} is on a disk that {host}"
        in (ends(tmp_path, there, "doctor")[1])
    )
    assert "LOST" not in ends(tmp_path, settings, "doctor")[1]


def test_the_procfile_on_postgresql(tmp_path: Path, settings: dict[str, str]) -> None:
    assert set(PROCFILE) == {"release", "web", "worker"}
    with fresh_database(migrated=False) as url:
        there = {**settings, "DATABASE_URL": url.replace("postgresql:", "postgres:"), "DYNO": "x"}
        there["IMAGE_BOT_WORKER_PORT"] = "0"
        release = Running(tmp_path, there, PROCFILE["release"])
        assert release._process.wait(60) == 0
        for name in ("web", "worker"):
            bot = Running(tmp_path, there, PROCFILE[name])
            try:
                if name == "web":
                    _answers_from_outside(bot)
                    assert "LOST" not in (tmp_path / "said.log").read_text()
                else:
                    bot.said("listening on")
                assert bot.stop() == 0
            finally:
                bot.end()


def test_the_procfile_on_sqlite_is_one_process(tmp_path: Path, settings: dict[str, str]) -> None:
    bot = Running(tmp_path, settings, PROCFILE["web"])
    try:
        _answers_from_outside(bot)
        assert bot.stop() == 0
    finally:
        bot.end()


def _answers_from_outside(bot: Running) -> None:
    """It listens on every address of this machine, not on 127.0.0.1 alone."""
    port = int(bot.said(r"listening on http://0\.0\.0\.0:(\d+)")[1])
    with socket.create_connection(("127.0.0.2", port), timeout=5):
        pass
