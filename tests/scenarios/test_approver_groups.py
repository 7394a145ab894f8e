"""Approvals by several groups: each person counts once, and the log alone shows for what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from scenarios.test_hostile_database import TO_BE_SENT, contradicted, write
from world import ANN, BOB, CAT, DAN, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.store import audit

EVE = "U0EVE"
GROUPS = """
[[rule]]
name = "security and operations"
approvals = [{ from = ["S0SEC"], count = 1 }, { from = ["S0OPS", "U0DAN"], count = 2 }]
"""


def begin(start: Callable[..., World], policy: str = GROUPS) -> World:
    """Bob and Cat are in security; Ann, Bob and Eve in operations."""
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.add_user(EVE, "eve")
    at_work.slack.set_user_group("S0SEC", [BOB, CAT])
    at_work.slack.set_user_group("S0OPS", [ANN, BOB, EVE])
    at_work.policy.write_text(policy, encoding="utf-8")
    at_work.until(lambda: "S0SEC" in at_work.types("policy").text, "the policy with groups")
    return at_work


def pending(at_work: World) -> Any:
    at_work.types(f"transfer {SNAPSHOT} nyc3 because OPS-7")
    return at_work.root("Pending approval")


def rows(at_work: World, event: str) -> list[dict[str, Any]]:
    """The facts of the rows of one event, oldest first."""
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        found = [row for row in audit.entries(connection) if row.event == event]
    return [json.loads(row.facts) | {"actor": row.actor} for row in found]


def test_each_counts_once_and_moves_to_where_they_are_needed(start: Callable[..., World]) -> None:
    at_work = begin(start)
    root = pending(at_work)
    assert "Needs 1 of <!subteam^S0SEC> and 2 of <!subteam^S0OPS>, <@U0DAN>" in shown(root)
    at_work.clicks("approve", root, by=BOB)  # in both groups: counts for security
    told = at_work.reply("2 more approvals needed: the card says whose", root)
    assert "<!subteam" not in shown(told), "who was called by the card is not called again"
    at_work.clicks("approve", root, by=CAT)  # in security alone: Bob counts for operations now
    at_work.reply("1 more approval needed: the card says whose", root)
    at_work.root("Needs 1 of <!subteam^S0OPS>, <@U0DAN>")
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=EVE)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    voted = rows(at_work, "voted")
    assert [row["tally"]["counted"] for row in voted] == [{BOB: 0}, {BOB: 1, CAT: 0}]
    (intent,) = rows(at_work, "intent")
    assert intent["tally"]["counted"] == {BOB: 1, CAT: 0, EVE: 1}
    assert intent["tally"]["groups"] == [
        {"count": 1, "from": ["S0SEC"]},
        {"count": 2, "from": ["S0OPS", "U0DAN"]},
    ]


def test_a_group_that_is_full_does_not_fill_another(start: Callable[..., World]) -> None:
    at_work = begin(start)
    root = pending(at_work)
    at_work.clicks("approve", root, by=DAN)
    at_work.clicks("approve", root, by=EVE)
    at_work.root("Needs 1 of <!subteam^S0SEC>")
    at_work.clicks("approve", root, by=ANN)  # in operations, and the requester
    at_work.told("You asked for this yourself", ANN)
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)


def test_what_the_groups_can_never_fill_is_refused_when_it_is_asked(
    start: Callable[..., World],
) -> None:
    at_work = begin(start)
    at_work.slack.set_user_group("S0SEC", [ANN, BOB])
    at_work.slack.set_user_group("S0OPS", [ANN, BOB])
    at_work.clock.skip(120)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("too few for all groups")
    assert at_work.digitalocean.posts == []


def test_a_group_that_slack_does_not_tell_is_not_taken_for_empty(
    start: Callable[..., World],
) -> None:
    at_work = begin(start)
    root = pending(at_work)
    at_work.clicks("approve", root, by=CAT)
    at_work.clicks("approve", root, by=DAN)
    at_work.root("Needs 1 of <!subteam^S0OPS>, <@U0DAN>")
    at_work.slack.faults.fail("usergroups.users.list", "internal_error", times=None)
    at_work.clock.skip(3600)
    at_work.clicks("approve", root, by=EVE)
    at_work.told("right could not be checked", EVE)
    assert at_work.digitalocean.posts == []


def test_a_right_to_one_group_taken_away_after_the_vote_voids_it(
    start: Callable[..., World],
) -> None:
    at_work = begin(start)
    root = pending(at_work)
    for person in (CAT, DAN):
        at_work.clicks("approve", root, by=person)
    at_work.root("Needs 1 of <!subteam^S0OPS>, <@U0DAN>")
    at_work.slack.set_user_group("S0SEC", [BOB])
    at_work.clock.skip(120)
    at_work.clicks("approve", root, by=EVE)
    at_work.reply("2 of 3 approvals are by people who may approve now", root)
    assert at_work.digitalocean.posts == []


@pytest.mark.parametrize(
    "forged", ["", "INSERT INTO vote VALUES (1, 'U0EVE', 'approve', '', '', 0)"]
)
def test_approved_in_the_database_by_too_few_sends_nothing(
    start: Callable[..., World], forged: str
) -> None:
    """The tally of the log has to add up by itself, whatever the tables and today's rule say."""
    at_work = begin(start)
    root = pending(at_work)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("more approvals needed", root)
    write(at_work, *filter(None, [forged]), *TO_BE_SENT)
    contradicted(at_work, "votes")
    assert at_work.digitalocean.posts == []
