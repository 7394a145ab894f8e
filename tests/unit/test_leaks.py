"""The search for tokens finds one wherever a test could leave it: each is planted once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from leaks import Leak, search_database
from postgres import fresh_database

from bot.store.database import open_database

ROOT = Path(__file__).parents[2]
PLANTED = """
import logging
import subprocess
import sys

from leaks import secrets
from slack_sdk import WebClient
from world import RUNS_AT_ONCE, world

from rehearsal import Sandbox

TOKEN = secrets()[0]


def test_printed():
    print(TOKEN)


def test_logged():
    logging.getLogger("bot.jobs.submit").info("posted", extra={"facts": {"with": TOKEN}})


def test_raised_and_logged():
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logging.getLogger("handlers.failures").exception("failed")


def test_logged_by_a_process(tmp_path):
    with (tmp_path / "bot.log").open("w") as log:
        subprocess.run([sys.executable, "-c", f"print({TOKEN!r})"], stdout=log, check=True)


def test_kept(tmp_path):
    (tmp_path / "image-bot.db-wal").write_bytes(b"\\x00" + TOKEN.encode() + b"\\xff")


def test_sent_to_slack():
    with Sandbox(lifetime=60) as sandbox:
        settings = sandbox.settings()
        slack = WebClient(settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"])
        slack.chat_postMessage(channel="C0OPS", text=f"failed with {TOKEN}")


def test_answered_to_slack(tmp_path):
    with world(tmp_path, RUNS_AT_ONCE) as at_work:
        at_work.types(f"status {TOKEN}")  # what was typed is echoed in the refusal


def test_shown_as_a_metric(tmp_path):
    with world(tmp_path, RUNS_AT_ONCE) as at_work:
        at_work.bot._metrics.took(f"command {TOKEN}", refused=False)


def test_nothing():
    logging.getLogger("bot").info("nothing")
"""


def test_each_planted_token_is_found() -> None:
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path, which is searched as well
        (Path(folder) / "test_planted.py").write_text(PLANTED, encoding="utf-8")
        places = [str(ROOT / "tests"), str(ROOT)]
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider"),
                *("-c", os.devnull, "--rootdir", folder, "--basetemp", f"{folder}/left"),
                *("-q", "-rA", "--tb=no", "--show-capture=no", folder),
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    names = [line.split()[1] for line in PLANTED.splitlines() if line.startswith("def test_")]
    planted = {name.partition("(")[0] for name in names} - {"test_nothing"}
    lines = run.stdout.splitlines()
    caught = {
        line.split("::")[1].split()[0] for line in lines if line.startswith(("FAILED", "ERROR"))
    }
    assert caught == planted, run.stdout[-3000:]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_token_in_a_database_is_found(kind: str) -> None:
    from leaks import secrets

    with tempfile.TemporaryDirectory() as folder, fresh_database() as postgres:
        url = postgres if kind == "postgresql" else f"sqlite:///{folder}/it.db"
        engine = open_database(url)
        with engine.execution_options(write=True, wait=5.0).begin() as connection:
            connection.execute(sa.text("CREATE TABLE kept (what TEXT)"))
            connection.execute(sa.text("INSERT INTO kept VALUES (:it)"), {"it": secrets()[0]})
        with pytest.raises(Leak, match="kept"):
            search_database(url)
        with engine.execution_options(write=True, wait=5.0).begin() as connection:
            connection.execute(sa.text("DELETE FROM kept"))
        engine.dispose()
        search_database(url)
