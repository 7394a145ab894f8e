"""An approval is taken back while others are waited for; an approved request is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scenarios.test_approver_groups import begin, pending, rows
from scenarios.test_escalation import POLICY as ESCALATES
from scenarios.test_escalation import escalated
from scenarios.test_hostile_database import TO_BE_SENT, contradicted, write
from world import ANN, BOB, CAT, DAN, TWO_APPROVALS, World, buttons

from bot.requests.proof import all_contradictions

EVE = "U0EVE"


def in_order(at_work: World) -> bool:
    with at_work.bot.store.read() as connection:
        return list(all_contradictions(connection)) == []


def waits_for_digitalocean(at_work: World) -> None:
    """What is approved is not sent yet."""
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)


def test_an_approval_that_was_taken_back_does_not_count(start: Callable[..., World]) -> None:
    at_work = start(TWO_APPROVALS)
    root = pending(at_work)
    assert buttons(root) == ["approve", "deny", "cancel"]
    at_work.clicks("approve", root, by=BOB)
    root = at_work.root("1 of 2")
    assert buttons(root) == ["approve", "deny", "take_back", "cancel"]
    at_work.clicks("take_back", root, by=BOB)
    told = at_work.reply("took their approval back. 2 more approvals needed.", root)
    at_work.root("0 of 2")
    at_work.clicks("approve", root, by=CAT)
    at_work.reply(f"<@{CAT}> approved. <@{BOB}> took their approval back. 1 more", root)
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    assert at_work.reply("Approved by", root).ts == told.ts  # one reply tells of all votes
    (taken,) = rows(at_work, "vote-withdrawn")
    assert (taken["actor"], taken["missing"], taken["tally"]["counted"]) == (BOB, 2, {})
    assert in_order(at_work)


def test_an_approval_that_was_taken_back_is_not_put_back_by_the_database(
    start: Callable[..., World],
) -> None:
    at_work = start(TWO_APPROVALS)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.clicks("take_back", at_work.root("1 of 2"), by=BOB)
    at_work.root("0 of 2")
    write(at_work, "INSERT INTO vote VALUES (1, 'U0BOB', 'approve', '', '', 0)")
    at_work.clicks("approve", root, by=CAT)
    contradicted(at_work, "votes")
    assert at_work.digitalocean.posts == []


def test_approved_in_the_database_after_an_approval_was_taken_back_sends_nothing(
    start: Callable[..., World],
) -> None:
    at_work = start(TWO_APPROVALS)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.clicks("take_back", at_work.root("1 of 2"), by=BOB)
    at_work.root("0 of 2")
    write(at_work, *TO_BE_SENT)
    contradicted(at_work, "votes")
    assert at_work.digitalocean.posts == []


def test_nobody_takes_back_the_approval_of_another(start: Callable[..., World]) -> None:
    at_work = start(TWO_APPROVALS)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    root = at_work.root("1 of 2")
    for other in (CAT, ANN, DAN):
        at_work.clicks("take_back", root, by=other)
        at_work.told("no approval of yours", other)
    assert rows(at_work, "vote-withdrawn") == []
    assert [row["choice"] for row in rows(at_work, "click-refused")] == ["take_back"] * 3
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)


def test_of_several_groups_the_others_are_counted_anew(start: Callable[..., World]) -> None:
    at_work = begin(start)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("1 more approval needed: the card says whose", root)
    at_work.clicks("take_back", at_work.root("Needs 1 of"), by=CAT)
    at_work.reply("2 more approvals needed: the card says whose", root)
    (taken,) = rows(at_work, "vote-withdrawn")
    assert taken["tally"]["counted"] == {BOB: 0}
    at_work.clicks("approve", root, by=EVE)
    at_work.root("Needs 1 of")
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=DAN)
    at_work.reply("completed", root)
    assert in_order(at_work)


def _stopped(at_work: World, root: Any, by: str) -> None:
    at_work.clicks("take_back", root, by=BOB)  # on a card that somebody still looks at
    at_work.told("Too late to take it back", BOB)
    at_work.clicks("cancel", root, by=by)
    at_work.root("Cancelled")
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(120)
    at_work.types("status 1")
    assert at_work.digitalocean.posts == []
    assert in_order(at_work)


def test_what_several_groups_approved_is_stopped_by_any_of_them_until_the_post(
    start: Callable[..., World],
) -> None:
    at_work = begin(start)
    at_work.slack.add_user("U0ZOE", "zoe")
    waits_for_digitalocean(at_work)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    root = at_work.root("Needs 2 of")
    for who in (CAT, EVE):
        at_work.clicks("approve", root, by=who)
    at_work.reply("sent again at", root)
    at_work.clicks("cancel", root, by="U0ZOE")
    at_work.told("Only", "U0ZOE")
    _stopped(at_work, root, by=CAT)


def test_what_was_approved_by_those_it_escalated_to_is_stopped_by_them(
    start: Callable[..., World],
) -> None:
    at_work = start(ESCALATES)
    waits_for_digitalocean(at_work)
    root = pending(at_work)
    escalated(at_work, root)
    at_work.clicks("approve", root, by=DAN)
    at_work.reply("sent again at", root)
    at_work.clicks("cancel", root, by=DAN)
    at_work.root("Cancelled")
    at_work.digitalocean.faults.clear()
    assert at_work.digitalocean.posts == []
    assert in_order(at_work)
