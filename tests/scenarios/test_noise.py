"""How many messages people get of one request: the card, one reply, the end."""

from __future__ import annotations

import pytest
from world import ANN, BOB, CAT, ONE_APPROVAL, OPS, SNAPSHOT, World, buttons, shown

RUNS_AT_ONCE = """
[[rule]]
name = "anything goes"
approvals = 0
"""
TWO_APPROVALS = ONE_APPROVAL.replace("approvals = 1", "approvals = 2")
MORE = ["U0E1", "U0E2", "U0E3", "U0E4"]
MANY_MAY = ONE_APPROVAL.replace('"U0CAT"', ", ".join(f'"{who}"' for who in ["U0CAT", *MORE]))


def _ends(at_work: World, typed: str, *voters: str) -> list[str]:
    """What stands in the thread of a request at its end: the card first."""
    at_work.types(typed)
    card = at_work.root("Copy" if voters else "Transfer")
    for voter in voters:
        at_work.clicks("approve", card, by=voter)
        at_work.until(lambda who=voter: f"<@{who}>" in _thread(at_work, card)[-1], "the vote told")
    at_work.reply("completed", card)
    at_work.root("Completed in")
    return _thread(at_work, card)


def _thread(at_work: World, card: object) -> list[str]:
    return [shown(m) for m in [card, *at_work.slack.thread(card.channel, card.ts)]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("regions", ["nyc3", "nyc3 sfo3 fra1"])
@pytest.mark.parametrize(
    ("policy", "voters"),
    [(RUNS_AT_ONCE, ()), (ONE_APPROVAL, (BOB,)), (TWO_APPROVALS, (BOB, CAT))],
    ids=["no approval", "one", "two"],
)
def test_three_messages_a_request_and_two_where_nobody_is_asked(
    start, policy: str, voters: tuple[str, ...], regions: str
):
    at_work = start(policy)
    _card, *begun, end = _ends(at_work, f"transfer {SNAPSHOT} {regions}", *voters)
    assert len(begun) == (1 if voters else 0), "what began unasked stands on the card alone"
    for reply in begun:
        assert all(f"<@{voter}>" in reply for voter in voters)
        assert "In progress" in reply
        assert reply.count("(action ") == len(regions.split()) * 2, "in its text and its block"
    assert f"<@{ANN}>" in end
    assert len(at_work.slack.messages(OPS)) == 1
    assert at_work.slack.direct_messages(ANN) == []
    for approver in (BOB, CAT):
        assert len(at_work.slack.direct_messages(approver)) == (1 if voters else 0)
    assert at_work.slack.violations == []


def test_the_mention_or_the_direct_message(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.types("notify mine")
    *_, end = _ends(at_work, f"transfer {SNAPSHOT} nyc3")
    assert f"<@{ANN}>" not in end
    at_work.told("completed", ANN)
    assert len(at_work.slack.direct_messages(ANN)) == 1


def test_a_few_approvers_are_asked_on_their_phones(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because new office")
    at_work.root("Needs 1 approval")
    asked = at_work.told("needs your approval", BOB)
    assert asked.text.startswith(
        f"<@{ANN}> needs your approval: copy web-2026-11-20 → nyc3 (“new office”)."
    )
    at_work.clicks("approve", asked, by=BOB)
    at_work.reply("completed", at_work.root("Completed"))


def test_many_approvers_are_not(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    for who in MORE:
        at_work.slack.add_user(who, who.lower())
    at_work.policy.write_text(MANY_MAY, encoding="utf-8")
    at_work.until(lambda: MORE[-1] in at_work.types("policy").text, "the policy with many")
    at_work.types("notify approvals", by=CAT)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("needs your approval", CAT)
    at_work.clicks("approve", at_work.root("Needs 1 approval"), by=BOB)
    at_work.reply("completed", at_work.root("Completed"))
    assert at_work.slack.direct_messages(BOB) == []


def test_one_of_several_that_fails_is_told_at_once_and_in_the_end(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.next_action(0.5, "errored")
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    card = at_work.root("1 of 2 done, 1 failed")
    end = at_work.reply("1 of 2 done, 1 failed", card)
    assert f"<@{ANN}>" in end.text
    failed = next(region for region in ("nyc3", "sfo3") if f"{region} ✗" in end.text)
    assert f"Retry {failed}" in shown(card)


def test_a_direct_message_has_the_buttons_that_its_reader_can_use(start) -> None:
    at_work = start(TWO_APPROVALS)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    card = at_work.root("Needs 2 approvals")
    assert buttons(card) == ["approve", "deny", "cancel"], "in the channel for all"

    def theirs(person: str) -> list[str]:
        return buttons(at_work.slack.direct_messages(person)[-1])

    for approver in (BOB, CAT):
        at_work.until(lambda who=approver: at_work.slack.direct_messages(who), "the question")
        assert "needs your approval" in at_work.slack.direct_messages(approver)[-1].text
        assert theirs(approver) == ["approve", "deny"]
    at_work.clicks("approve", at_work.slack.direct_messages(BOB)[-1], by=BOB)
    at_work.until(lambda: theirs(BOB) == ["take_back"], "one's own vote")
    assert theirs(CAT) == ["approve", "deny"]
    assert "needs your approval" in at_work.slack.direct_messages(CAT)[-1].text, (
        "also once drawn anew"
    )
    at_work.clicks("approve", at_work.slack.direct_messages(CAT)[-1], by=CAT)
    at_work.reply("completed", card)
    assert at_work.slack.violations == []


def test_nobody_is_asked_directly_before_the_channel_shows_the_card(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.faults.fail("chat.postMessage", "is_archived", channel=OPS)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("This channel is archived", ANN)
    at_work.slack.faults.fail("chat.postMessage", "ratelimited", retry_after=1, channel=OPS)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.until(lambda: not at_work.slack.faults.pending, "Slack's refusal")
    assert at_work.slack.direct_messages(BOB) == []
    card = at_work.root("Needs 1 approval")
    (asked,) = [at_work.told("needs your approval", BOB)]
    assert float(asked.ts) > float(card.ts)
    assert len(at_work.slack.direct_messages(BOB)) == 1


def test_when_the_policy_names_others_they_are_asked_and_those_before_are_not(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    before = at_work.told("needs your approval", CAT)
    assert buttons(before) == ["approve", "deny"]
    at_work.policy.write_text(ONE_APPROVAL.replace("U0CAT", "U0DAN"), encoding="utf-8")
    at_work.told("needs your approval", "U0DAN")
    at_work.until(lambda: buttons(at_work.slack.direct_messages(CAT)[-1]) == [], "no buttons")
    assert "needs approval" in at_work.slack.direct_messages(CAT)[-1].text
    at_work.clicks("approve", at_work.slack.direct_messages("U0DAN")[-1], by="U0DAN")
    at_work.reply("completed", at_work.root("Completed"))
    assert at_work.slack.violations == []
