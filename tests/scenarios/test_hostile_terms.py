"""Somebody who can write the database changes since when, until when and under which rule something
was asked, whom it asks, and what is looked for before it is sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from world import (
    BOB,
    CAT,
    DAN,
    ONE_APPROVAL,
    RUNS_AT_ONCE,
    SNAPSHOT,
    TWO_APPROVALS,
    World,
    buttons,
    shown,
)

from bot.domain.jobs import Job
from bot.store import audit
from bot.store.tables import ops_request

TRANSFER = f"transfer {SNAPSHOT} nyc3"
ACTION = {"type": "transfer", "region": "nyc3"}
LATER = "UPDATE ops_step SET intent_at = intent_at + 9000"
NEVER = "UPDATE ops_step SET intent_at = NULL"
GLASS = RUNS_AT_ONCE + 'break_glass = true\napprovers = ["U0BOB"]\n'
FREEZE = '[[freeze]]\nname = "all"\ntime_zone = "UTC"\ndays = ["mon-sun"]\nbreak_glass = true\n'


def write(
    at_work: World, *statements: str, job: tuple[Job, int] | None = None, **values: object
) -> None:
    """What a hostile writer does, and the wake-up that follows sooner or later."""
    with at_work.bot.store.write() as tx:
        for statement in statements:
            tx.execute(sa.text(statement), values)
        if job:
            tx.enqueue(*job)


def rows(at_work: World, event: str) -> list[dict[str, Any]]:
    with at_work.bot.store.read() as connection:
        found = [row for row in audit.entries(connection) if row.event == event]
    return [json.loads(row.facts) | {"actor": row.actor} for row in found]


def contradicted(at_work: World, about: str) -> None:
    """Nothing was sent, and the log says in what the tables differ."""
    at_work.until(lambda: rows(at_work, "contradicted"), "the contradiction in the log")
    assert about in rows(at_work, "contradicted")[0]["what"]


def one_of_two(start: Callable[..., World]) -> tuple[World, Any]:
    at_work = start(TWO_APPROVALS)
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("1 more approval", root)
    return at_work, root


def test_a_deadline_written_into_the_database_lets_nobody_approve_late(
    start: Callable[..., World],
) -> None:
    at_work, root = one_of_two(start)
    write(at_work, "UPDATE ops_request SET expires_at = expires_at + 1000000, remind_at = NULL")
    at_work.clock.skip(5 * 3600)
    at_work.clicks("approve", root, by=CAT)
    at_work.told("contradict each other", CAT)
    assert rows(at_work, "approved") == []


def test_what_expired_is_not_approved_because_the_database_has_it_wait_again(
    start: Callable[..., World],
) -> None:
    at_work, root = one_of_two(start)
    at_work.clock.skip(5 * 3600)
    at_work.root("Expired")
    write(
        at_work,
        "UPDATE ops_request SET state = 'pending', finished_at = NULL,"
        " expires_at = expires_at + 1000000",
        "UPDATE ops_step SET state = 'pending', finished = false",
    )
    at_work.clicks("approve", root, by=CAT)
    at_work.told("contradict each other", CAT)
    assert at_work.digitalocean.posts == []


def test_what_is_checked_once_more_because_the_database_says_so_gets_no_new_deadline(
    start: Callable[..., World],
) -> None:
    at_work, root = one_of_two(start)
    check, forget = "UPDATE ops_request SET state = 'checking'", "DELETE FROM outbox_message"
    write(at_work, check, forget, job=(Job.CHECK, 1))
    at_work.until(lambda: len(rows(at_work, "pending")) == 2, "that it was opened again")
    at_work.until(lambda: at_work.root("Pending approval").ts != root.ts, "the other card")
    at_work.clicks("approve", at_work.root("Pending approval"), by=CAT)
    contradicted(at_work, "state")
    assert at_work.digitalocean.posts == []


@pytest.mark.parametrize(
    ("edit", "about"),
    [
        ("UPDATE ops_request SET review = 'open'", "review"),
        ("UPDATE ops_request SET rule = 'free'", "evidence"),
        ("UPDATE ops_request SET created_at = created_at + 9000", "terms"),
    ],
)
def test_other_terms_written_into_the_database_break_no_glass_and_name_no_rule(
    start: Callable[..., World], edit: str, about: str
) -> None:
    """Glass that needed no breaking when it was asked, and is needed now, through a freeze."""
    at_work = start(GLASS)
    at_work.digitalocean.faults.too_many(2, method="POST", times=1)
    at_work.types(f"{TRANSFER} --break-glass prod is down")
    at_work.reply("is sent again at", at_work.root("nyc3"))
    at_work.policy.write_text(GLASS + FREEZE, encoding="utf-8")
    write(at_work, edit)
    contradicted(at_work, about)
    assert at_work.digitalocean.posts == []


def test_a_review_that_the_database_closed_is_told_by_audit_verify(
    start: Callable[..., World], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from bot.__main__ import main

    at_work = start(TWO_APPROVALS + "break_glass = true\n")
    at_work.types(f"{TRANSFER} --break-glass prod is down")
    at_work.reply("completed", at_work.root("nyc3"))
    write(at_work, "UPDATE ops_request SET review = 'closed'")
    at_work.stop()
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    assert main(["audit", "verify"]) == 1
    assert "differ in review" in capsys.readouterr().out


def lost(start: Callable[..., World]) -> tuple[World, Any]:
    """A POST that was lost and is not found; its card."""
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.reset(method="POST")
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.settles(root)
    return at_work, at_work.root("Needs attention")


def test_nobody_whom_the_database_alone_names_sends_again(start: Callable[..., World]) -> None:
    """While another rule decides, those may who could approve then; and then it is put back."""
    at_work, root = lost(start)
    at_work.policy.write_text(ONE_APPROVAL.replace("one other", "another"), encoding="utf-8")
    at_work.until(lambda: at_work.bot.policy.current.rule[0].name == "another person", "the policy")
    with at_work.bot.store.write() as tx:
        gate = tx.execute(sa.select(ops_request.c.decision)).scalar_one()
        tx.execute(sa.update(ops_request).values(decision=gate | {"people": [BOB, DAN]}))
    at_work.clicks("post_again", root, by=DAN)
    at_work.told("decide", DAN)
    assert rows(at_work, "post-again") == []
    at_work.clicks("post_again", root, by=BOB)  # he could
    at_work.until(lambda: rows(at_work, "post-again"), "his choice")


@pytest.mark.parametrize(
    "edit",
    ["UPDATE ops_step SET intent_at = intent_at + 9000", "UPDATE ops_step SET intent_at = 0"],
)
def test_what_the_database_says_was_sent_at_another_time_is_found_all_the_same(
    start: Callable[..., World], edit: str
) -> None:
    at_work, root = lost(start)
    action = at_work.digitalocean.act(SNAPSHOT, ACTION)  # it arrived after all
    write(at_work, edit)
    at_work.clicks("post_again", root, by=BOB)
    assert str(action.id) in at_work.reply("found at DigitalOcean", root).text
    assert at_work.digitalocean.posts == []


def test_an_action_that_the_database_gives_to_another_request_is_not_sent_once_more(
    start: Callable[..., World],
) -> None:
    at_work, root = lost(start)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.reply("completed", at_work.root("sfo3"))
    action = at_work.digitalocean.act(SNAPSHOT, ACTION)
    edit = "UPDATE ops_step SET action_id = :other WHERE ops_request = 2"
    write(at_work, edit, other=action.id)
    at_work.clicks("post_again", root, by=BOB)
    at_work.until(lambda: len(rows(at_work, "needs-attention")) == 2, "the question")
    assert rows(at_work, "needs-attention")[1]["candidates"][0]["id"] == action.id
    assert len(at_work.digitalocean.posts) == 1


def test_an_action_that_the_database_alone_says_was_shown_is_asked_about(
    start: Callable[..., World],
) -> None:
    """Of a Droplet's restores DigitalOcean does not tell which backup; those that people saw when
    they chose *Send again* are not theirs."""
    web_1, backup = 3164444, 62140001
    policy = ONE_APPROVAL + 'image_actions = ["restore"]\n'
    at_work = start(policy)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/droplets/*")
    at_work.types(f"restore web-1 from {backup}")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.settles(root)
    at_work.until(lambda: "post_again" in buttons(at_work.root("Restore of")), "a question")
    at_work.digitalocean.next_action(0.0)
    body = {"type": "restore", "image": backup}
    action = at_work.digitalocean.act_on_droplet(web_1, body)  # it arrived after all
    candidates = json.dumps([{"id": action.id, "status": "completed", "started_at": ""}])
    write(at_work, "UPDATE ops_step SET candidates = :seen", seen=candidates)
    at_work.clicks("post_again", at_work.root("Restore of"), by=BOB)
    at_work.until(
        lambda: rows(at_work, "adopted") or len(rows(at_work, "needs-attention")) == 2,
        "that it is followed, or asked about",
    )
    assert at_work.digitalocean.posts == [], shown(root)
