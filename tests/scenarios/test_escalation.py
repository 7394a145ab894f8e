"""Others may approve after a while: told once, and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scenarios.test_approver_groups import pending, rows
from scenarios.test_hostile_database import contradicted, write
from world import BOB, CAT, DAN, OPS, World, shown

POLICY = """
[[rule]]
name = "bob, and the leads after a while"
approvals = 1
approvers = ["U0BOB"]
escalate = { after = "30m", to = ["S0LEADS", "U0DAN"] }
"""


def escalated(at_work: World, root: Any) -> None:
    at_work.clock.skip(1810)
    at_work.reply("may approve it too from now on", root)


def test_others_may_approve_after_a_while_and_are_told_once(start: Callable[..., World]) -> None:
    at_work = start(POLICY)
    root = pending(at_work)
    assert "<!subteam^S0LEADS> or <@U0DAN> may approve too." in shown(root)
    at_work.clicks("approve", root, by=CAT)
    at_work.told("does not list you", CAT)
    assert at_work.digitalocean.posts == []

    escalated(at_work, root)
    at_work.told("may approve it too", DAN)
    at_work.root("may approve too, since")
    at_work.clock.skip(60)
    at_work.until(lambda: rows(at_work, "escalated"), "the row")
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)
    assert len(at_work._told("may approve it too", DAN)) == 1
    assert at_work._told("may approve it too", BOB) == []  # he could from the start
    (row,) = rows(at_work, "escalated")
    assert row["people"] == [CAT, DAN]
    (approved,) = rows(at_work, "approved")
    assert approved["qualified"]["by"] == "S0LEADS"
    assert approved["qualified"]["escalated"] is True
    (opened,) = rows(at_work, "pending")
    assert opened["escalate"] == {"after": 1800.0, "to": ["S0LEADS", "U0DAN"]}


def test_a_restart_forgets_no_escalation_and_repeats_none(start: Callable[..., World]) -> None:
    at_work = start(POLICY)
    root = pending(at_work)
    at_work.stop()
    at_work.clock.skip(1810)
    at_work.start()
    at_work.reply("may approve it too from now on", root)
    at_work.stop()
    at_work.start()
    at_work.clicks("approve", root, by=DAN)
    at_work.reply("completed", root)
    assert len(rows(at_work, "escalated")) == 1


def test_the_rule_of_now_says_who_may(start: Callable[..., World]) -> None:
    """Whom it escalated to, and who is in the rule no more, cannot approve."""
    at_work = start(POLICY)
    root = pending(at_work)
    escalated(at_work, root)
    at_work.policy.write_text(POLICY.replace(', "U0DAN"', ""), encoding="utf-8")
    at_work.until(lambda: "U0DAN" not in at_work.types("policy").text, "the new policy")
    at_work.clicks("approve", root, by=DAN)
    at_work.told("no longer lists you", DAN)
    assert at_work.digitalocean.posts == []


def test_an_escalation_that_is_in_the_database_alone_sends_nothing(
    start: Callable[..., World],
) -> None:
    at_work = start(POLICY)
    root = pending(at_work)
    write(at_work, "UPDATE ops_request SET escalated_at = created_at, escalate_at = NULL")
    at_work.clicks("approve", root, by=DAN)
    contradicted(at_work, "escalation")
    assert at_work.digitalocean.posts == []


def test_an_escalation_that_the_database_hastened_sends_nothing(
    start: Callable[..., World],
) -> None:
    """The sweep is made to tell them at once: the log knows that it was too early."""
    at_work = start(POLICY)
    root = pending(at_work)
    write(at_work, "UPDATE ops_request SET escalate_at = 0")
    at_work.reply("may approve it too from now on", root)
    at_work.clicks("approve", root, by=DAN)
    contradicted(at_work, "escalation")
    assert at_work.digitalocean.posts == []
    assert at_work.slack.messages(OPS)


def test_for_which_group_an_escalated_vote_counts_is_open(start: Callable[..., World]) -> None:
    """They stand in for whoever is missing."""
    groups = '[{ from = ["U0BOB"] }, { from = ["U0EVE", "U0CAT"] }]'
    policy = POLICY.replace("approvals = 1", f"approvals = {groups}")
    at_work = start(policy.replace('approvers = ["U0BOB"]\n', ""))
    root = pending(at_work)
    at_work.clicks("approve", root, by=CAT)
    at_work.root("Needs 1 of <@U0BOB>")
    escalated(at_work, root)
    at_work.clicks("approve", root, by=DAN)
    at_work.reply("completed", root)
    (intent,) = rows(at_work, "intent")
    assert intent["tally"]["counted"] == {CAT: 1, DAN: 0}
