"""Somebody who can write the database, or a backup of it, makes the tables say what suits them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from world import BOB, DAN, ONE_APPROVAL, RUNS_AT_ONCE, SNAPSHOT, TWO_APPROVALS, World, world

from bot.__main__ import main
from bot.domain.jobs import Job
from bot.store import audit, backup

TRANSFER = f"transfer {SNAPSHOT} nyc3"
TO_BE_SENT = (
    "UPDATE ops_request SET state = 'approved', finished_at = NULL",
    "UPDATE ops_step SET state = 'approved', finished = false, action_id = NULL, retry_at = NULL,"
    " fence = ''",
)
"""As if it had been approved, and nothing of it sent."""


def write(at_work: World, *statements: str) -> None:
    """What a hostile writer does, and the wake-up that follows sooner or later."""
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        for statement in statements:
            tx.execute(sa.text(statement))
        tx.enqueue(Job.SUBMIT, 1)


def contradicted(at_work: World, about: str) -> None:
    """Nothing was sent, and the log says in what the tables differ."""

    def told() -> list[list[str]]:
        with at_work.bot.store.read() as connection:
            rows = audit.entries(connection, ops_request=1)
            return [json.loads(r.facts)["what"] for r in rows if r.event == "contradicted"]

    at_work.until(told, "the contradiction in the log")
    assert about in told()[0]


def test_glass_broken_in_the_database_sends_nothing(start: Callable[..., World]) -> None:
    at_work = start(TWO_APPROVALS + "break_glass = true\n")
    at_work.types(TRANSFER)
    at_work.root("Pending approval")
    write(at_work, *TO_BE_SENT, "UPDATE ops_request SET break_glass = 'prod is down'")
    contradicted(at_work, "terms")
    assert at_work.digitalocean.posts == []


def test_a_channel_with_fewer_approvals_written_into_the_database_sends_nothing(
    start: Callable[..., World],
) -> None:
    at_work = start(RUNS_AT_ONCE + 'channels = ["C0PROD"]\n' + ONE_APPROVAL)
    at_work.types(TRANSFER)
    at_work.root("Pending approval")
    write(at_work, *TO_BE_SENT, "UPDATE ops_request SET channel = 'C0PROD'")
    contradicted(at_work, "terms")
    assert at_work.digitalocean.posts == []


def test_what_was_cancelled_is_not_sent_because_the_database_says_so(
    start: Callable[..., World],
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)
    at_work.types(TRANSFER)
    at_work.reply("is sent again at", at_work.root("nyc3"))
    at_work.types("cancel 1")
    at_work.root("ancelled")
    at_work.digitalocean.faults.clear()
    write(at_work, *TO_BE_SENT)
    contradicted(at_work, "state")
    assert at_work.digitalocean.posts == []


def test_what_was_sent_is_not_sent_again_because_the_database_says_so(
    start: Callable[..., World],
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.types(TRANSFER)
    at_work.reply("completed", at_work.root("nyc3"))
    write(at_work, *TO_BE_SENT)
    contradicted(at_work, "state")
    assert len(at_work.digitalocean.posts) == 1


def test_a_vote_forged_in_the_log_as_well_sends_nothing(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(TRANSFER)
    at_work.root("Pending approval")
    write(
        at_work,
        "INSERT INTO audit SELECT position + 1, at, 'approved', 'U0BOB', 1, image_id, channel,"
        " rule, evidence_digest, '{}', hash, hash FROM audit"
        " WHERE position = (SELECT max(position) FROM audit)",
        "INSERT INTO vote VALUES (1, 'U0BOB', 'approve', '', '', 0)",
        *TO_BE_SENT,
    )
    contradicted(at_work, "log")
    assert at_work.digitalocean.posts == []


def test_a_group_written_into_the_database_gives_no_right(start: Callable[..., World]) -> None:
    """As if Slack had told it, and would not be asked again for a long time."""
    at_work = start(ONE_APPROVAL.replace('"U0ANN", "U0BOB", "U0CAT"', '"S0LEADS"'))
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    write(at_work, "UPDATE user_group SET members = '[\"U0DAN\"]', seen_at = seen_at + 1000000")
    at_work.clicks("approve", root, by=DAN)
    at_work.reply("0 of 1", root)
    assert at_work.digitalocean.posts == []


def test_trying_again_three_times_contradicts_nothing_and_each_intent_has_its_end(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.too_many(1, method="POST", times=3)
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    with at_work.bot.store.read() as connection:
        told = [row.event for row in audit.entries(connection, ops_request=1)]
    assert told.count("intent") == 4
    assert told.count("not-arrived") == 3
    assert len(at_work._replies("is sent again at", root)) == 1


@pytest.mark.alike
@pytest.mark.parametrize(
    ("edit", "about"),
    [
        ("INSERT INTO vote VALUES (1, 'U0BOB', 'approve', '', '', 0)", "votes"),
        ('UPDATE ops_step SET params = \'{"region": "ams3"}\'', "steps"),
        ("UPDATE ops_step SET target_id = '6918990'", "steps"),
        ("UPDATE ops_request SET requester = 'U0DAN'", "requester"),
        ("UPDATE ops_request SET break_glass = 'prod is down'", "terms"),
    ],
)
def test_a_backup_whose_tables_were_edited_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, edit: str, about: str
) -> None:
    file = tmp_path / "backup"
    with world(tmp_path, ONE_APPROVAL) as at_work:
        at_work.types(TRANSFER)
        at_work.root("Pending approval")
        backup.back_up(at_work.settings["DATABASE_URL"], file)
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(edit)
    connection.close()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'restored.db'}")
    assert main(["restore", str(file)]) != 0
    assert f"differ in {about}" in capsys.readouterr().err
