"""Nobody who could approve is there: told at the request, and to whom it can be told."""

from __future__ import annotations

import pytest
from world import ANN, BOB, CAT, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, shown

GONE_GROUP = ONE_APPROVAL.replace('["U0ANN", "U0BOB", "U0CAT"]', '["S0GONE"]')
TWO_PEOPLE = ONE_APPROVAL.replace('["U0ANN", "U0BOB", "U0CAT"]', '["U0ANN", "U0BOB"]')
LEADS = ONE_APPROVAL.replace('["U0ANN", "U0BOB", "U0CAT"]', '["S0LEADS"]')


def test_a_user_group_that_does_not_exist(start, caplog) -> None:
    at_work = start(GONE_GROUP)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    told = at_work.told("S0GONE").text
    assert "does not exist" in told
    assert "Try again in a minute" not in told
    assert any("S0GONE" in r.getMessage() and r.levelname == "ERROR" for r in caplog.records)
    assert at_work.digitalocean.posts == []


def test_a_group_that_the_workspace_s_plan_does_not_have(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.faults.fail("usergroups.users.list", "plan_upgrade_required", times=None)
    at_work.policy.write_text(LEADS, encoding="utf-8")
    at_work.until(lambda: "S0LEADS" in at_work.types("policy").text, "the policy with the group")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    assert "has no members" in at_work.told("<!subteam^S0LEADS> has").text


def test_the_only_approver_has_left(start) -> None:
    at_work = start(TWO_PEOPLE)
    at_work.slack.deactivate(BOB)
    at_work.clock.skip(700)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    assert "has left this workspace" in at_work.told("has left").text


def test_everybody_of_a_group_has_left(start) -> None:
    at_work = start(LEADS)
    at_work.slack.set_user_group("S0LEADS", [])
    at_work.clock.skip(700)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("has no members")


def test_one_of_two_has_left_and_the_other_can_approve(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.deactivate(CAT)
    at_work.clock.skip(700)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.root("Completed")


def test_asked_in_a_direct_message_those_who_may_approve_hear_of_it(start) -> None:
    at_work = start(ONE_APPROVAL)
    own = at_work.slack.open_direct(ANN)
    at_work.types(f"transfer {SNAPSHOT} nyc3", channel=own)
    at_work.until(lambda: at_work.slack.direct_messages(BOB), "a copy for one who may approve")
    card = at_work.slack.direct_messages(BOB)[0]
    assert "Pending approval" in shown(card)
    at_work.clicks("approve", card, by=BOB)
    at_work.until(
        lambda: "Completed" in shown(at_work.slack.direct_messages(BOB)[0]), "the copy drawn anew"
    )
    assert at_work.slack.messages(OPS) == []


def test_in_an_archived_channel_nobody_is_asked_and_the_advice_helps(start) -> None:
    """Slack holds the approvers' messages back until the card could not be posted."""
    at_work = start(ONE_APPROVAL)
    at_work.slack.archive(OPS)
    for person in (BOB, CAT):
        at_work.slack.faults.fail("chat.postMessage", "ratelimited", retry_after=1, channel=person)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    told = at_work.told("archived").text
    assert "another channel" in told
    assert "/invite" not in told
    at_work.clock.skip(5)
    at_work.slack.archive(OPS, archived=False)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.until(lambda: at_work.slack.direct_messages(BOB), "a copy of the next request")
    (copy,) = at_work.slack.direct_messages(BOB)
    assert "sfo3" in shown(copy), "the refused one was shown first"


@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible"])
def test_an_approver_whom_slack_does_not_know(start, error: str) -> None:
    """Nor does one keep the bot from hearing of the others."""
    at_work = start(TWO_PEOPLE.replace("U0ANN", "U0AAA"))
    at_work.slack.deactivate(BOB)
    at_work.slack.faults.fail("users.info", error)
    at_work.clock.skip(700)
    at_work.until(
        lambda: (
            at_work.types(f"transfer {SNAPSHOT} nyc3").text.startswith("Refused")
            or at_work._told("U0AAA", ANN)
        ),
        "the refusal",
    )
    told = at_work.told("nobody besides you").text
    assert "U0BOB" in told
    assert at_work.digitalocean.posts == []


@pytest.mark.alike
@pytest.mark.parametrize(
    "error", ["restricted_action", "restricted_action_read_only_channel", "team_access_not_granted"]
)
def test_no_invitation_is_asked_for_where_none_helps(start, error: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.faults.fail("chat.postMessage", error, channel=OPS, times=None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    told = at_work.told("I cannot post here").text
    assert "/invite" not in told
    assert "another channel" in told
    assert at_work.digitalocean.posts == []
