"""The gate: nobody moves an image alone. Every refusal, over the wire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from world import (
    ANN,
    BOB,
    CAT,
    DAN,
    ONE_APPROVAL,
    OPS,
    PROD,
    SNAPSHOT,
    TWO_APPROVALS,
    World,
    buttons,
    shown,
)


def _pending(at_work: World) -> object:
    at_work.types(f"transfer {SNAPSHOT} nyc3 because release 42")
    return at_work.root("Pending approval")


def _refusals(at_work: World) -> list[str]:
    with at_work.bot.store.read() as connection:
        from bot.store import audit

        return [e.facts for e in audit.entries(connection) if e.event == "click-refused"]


def test_approved_by_a_second_person_it_runs(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    assert buttons(root) == ["approve", "deny", "cancel"]
    assert "release 42" in shown(root)
    assert "$0 more" in shown(root)
    assert at_work.digitalocean.posts == []

    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert f"<@{BOB}>" in at_work.reply("Approved", root).text
    assert len(at_work.digitalocean.posts) == 1
    assert buttons(at_work.root("Completed")) == []


def test_the_requester_cannot_approve_alone(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    at_work.clicks("approve", root, by=ANN)
    at_work.told("You asked for this yourself", ANN)
    assert at_work.digitalocean.posts == []
    assert "self-approval" in _refusals(at_work)[-1]


NEVER_NAMED = {
    "approvers": 'approvals = 1\napprovers = ["U0ANN", "U0BOB", "U0CAT"]',
    "approvers and a group": 'approvals = 1\napprovers = ["U0ANN", "S0LEADS"]',
    "groups": 'approvals = [{ from = ["U0ANN", "U0BOB"], count = 1 },'
    ' { from = ["U0CAT"], count = 1 }]',
}


@pytest.mark.alike
@pytest.mark.parametrize("rule", NEVER_NAMED.values(), ids=NEVER_NAMED)
def test_who_may_not_approve_is_not_named_as_one_who_may(start, rule: str) -> None:
    at_work = start(f'[[rule]]\nname = "r"\n{rule}\n')
    explained = at_work.types(f"policy explain transfer {SNAPSHOT} nyc3").text
    root = _pending(at_work)
    needs = next(line for line in shown(root).splitlines() if "Needs" in line)
    status = at_work.types(f"status {root.text.split('Request ')[1].split('.')[0]}").text
    may = next(line for line in status.splitlines() if "may approve" in line)
    for said in (explained, needs, may):
        assert f"<@{ANN}>" not in said, said
        assert any(who in said for who in (f"<@{BOB}>", "<!subteam^S0LEADS>")), said


def test_who_may_approve_their_own_request_is_named(start) -> None:
    at_work = start(ONE_APPROVAL + "self_approval = true\n")
    assert f"<@{ANN}>" in at_work.types(f"policy explain transfer {SNAPSHOT} nyc3").text
    needs = next(line for line in shown(_pending(at_work)).splitlines() if "Needs" in line)
    assert f"<@{ANN}>" in needs


def test_an_outsider_cannot_approve_or_deny(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    at_work.clicks("approve", root, by=DAN)
    at_work.told("may approve", DAN)
    at_work.clicks("deny", root, by=DAN)
    at_work.until(lambda: len(_refusals(at_work)) == 2, "two audited refusals")
    assert at_work.slack.views(DAN) == []
    assert at_work.digitalocean.posts == []


def test_two_of_two_and_a_second_vote_counts_nothing(start) -> None:
    at_work = start(TWO_APPROVALS)
    root = _pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.root("1 of 2")
    at_work.clicks("approve", root, by=BOB)
    at_work.told("already", BOB)
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_denied_with_a_reason_and_every_copy_loses_its_buttons(start) -> None:
    at_work = start(TWO_APPROVALS)
    root = _pending(at_work)
    copy = at_work.root("Pending approval", channel=PROD)
    at_work.clicks("deny", root, by=BOB)
    at_work.until(lambda: at_work.slack.views(BOB), "the form")
    view = at_work.slack.views(BOB)[-1]
    at_work.slack.submit_view(BOB, view, {"reason": {"reason": "not on a Friday"}})
    assert "not on a Friday" in at_work.reply("Denied", root).text
    assert buttons(at_work.root("Denied")) == []
    assert buttons(at_work.root("Denied", channel=PROD)) == []
    at_work.clicks("approve", copy, by=CAT)
    at_work.told("denied", CAT)
    assert at_work.digitalocean.posts == []


def test_the_requester_cancels(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    at_work.clicks("cancel", root, by=BOB)
    at_work.told("Only", BOB)
    at_work.clicks("cancel", root, by=ANN)
    at_work.reply("Cancelled", root)
    assert buttons(at_work.root("Cancelled")) == []
    at_work.clicks("approve", root, by=BOB)
    at_work.told("cancelled", BOB)
    assert at_work.digitalocean.posts == []


def test_cancel_by_command(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    assert "Only" in at_work.types("cancel 1", by=BOB).text
    assert "cancelled" in at_work.types("cancel #1", by=ANN).text
    at_work.reply("Cancelled", root)


def test_expired_loses_its_buttons_and_takes_no_vote(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    at_work.clock.skip(4 * 3600 + 1)
    at_work.clicks("approve", root, by=BOB)
    at_work.told("expired", BOB)
    at_work.reply("Expired", root)
    assert buttons(at_work.root("Expired")) == []
    assert at_work.digitalocean.posts == []


def test_reminders_once_a_person(start) -> None:
    at_work = start(TWO_APPROVALS)
    _pending(at_work)
    at_work.clock.skip(3 * 3600 + 60)
    at_work.told("still waits", BOB)
    at_work.told("still waits", CAT)
    at_work.clock.skip(60)
    reminders = [m for m in at_work.slack.direct_messages(BOB) if "still waits" in m.text]
    assert len(reminders) == 1


def test_a_policy_change_takes_the_right_away(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    at_work.policy.write_text(ONE_APPROVAL.replace('"U0BOB", ', ""), encoding="utf-8")
    at_work.until(lambda: "U0BOB" not in str(at_work.bot.policy.current.rule), "the reload")
    at_work.clicks("approve", root, by=BOB)
    at_work.told("no longer", BOB)
    assert "right-taken-away" in _refusals(at_work)[-1]
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)


def test_cards_that_wait_follow_a_changed_policy(start) -> None:
    at_work = start(ONE_APPROVAL)
    _pending(at_work)
    at_work.until(lambda: at_work.slack.direct_messages(BOB), "the copy for bob")
    more = ONE_APPROVAL.replace("approvals = 1", "approvals = 2").replace('"U0CAT"', '"U0DAN"')
    at_work.policy.write_text(more, encoding="utf-8")
    told = shown(at_work.root("0 of 2 approvals"))
    assert "Needs 2 approvals from" in told
    assert "<@U0DAN>" in told
    assert "U0CAT" not in told
    at_work.until(
        lambda: "Needs 2 approvals" in shown(at_work.slack.direct_messages(BOB)[0]),
        "the copy drawn anew",
    )
    assert at_work.slack.messages(OPS) == [at_work.root("0 of 2 approvals")]


def test_a_card_that_another_rule_decides_now_stays_as_it_is(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    other = ONE_APPROVAL.replace("approvals = 1", "approvals = 2").replace(
        "name = ", "name = 'x' #"
    )
    at_work.policy.write_text(other, encoding="utf-8")
    at_work.until(lambda: at_work.bot.policy.current.rule[0].approvals == 2, "the reload")
    at_work.clicks("approve", root, by=BOB)
    at_work.told("would not hold", BOB)
    assert "0 of 1 approvals" in at_work.root("Request 1").text


def test_the_card_asks_for_as_many_as_the_policy_that_counted_the_vote(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    more = ONE_APPROVAL.replace("approvals = 1", "approvals = 2").replace('"U0CAT"', '"U0DAN"')
    at_work.policy.write_text(more, encoding="utf-8")
    at_work.until(lambda: at_work.bot.policy.current.rule[0].approvals == 2, "the reload")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("1 more approval needed", root)
    told = shown(at_work.root("1 of 2 approvals"))
    assert "1 of 2 approvals: <@U0BOB>. Needs 1 more from <@U0DAN>" in told, "ann asked"
    assert "Pending approval: 1 of 2" in told
    at_work.clicks("approve", root, by=DAN)
    at_work.reply("completed", root)


def test_a_policy_that_asks_for_more_voids_what_was_not_sent_yet(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _pending(at_work)
    with at_work.digitalocean.unreachable():
        at_work.clicks("approve", root, by=BOB)
        at_work.reply("could not be reached", root)
        at_work.policy.write_text(TWO_APPROVALS, encoding="utf-8")
        at_work.until(lambda: at_work.bot.policy.current.rule[0].approvals == 2, "the reload")
    assert "1 of 2 approvals" in at_work.reply("void", root).text
    at_work.root("Failed")
    assert at_work.digitalocean.posts == []


def test_nobody_could_approve(start) -> None:
    at_work = start('[[rule]]\nname = "only ann"\napprovals = 1\napprovers = ["U0ANN"]\n')
    ack = at_work.types(f"transfer {SNAPSHOT} nyc3")
    assert "nothing was sent" in ack.text.lower()
    assert at_work.slack.messages(OPS) == []


def test_no_rule_matches(start) -> None:
    at_work = start(ONE_APPROVAL + 'regions = ["ams3"]\n')
    ack = at_work.types(f"transfer {SNAPSHOT} nyc3")
    assert "refused" in ack.text.lower()


def test_the_image_drifts_after_the_approval(start) -> None:
    at_work = start(TWO_APPROVALS)
    root = _pending(at_work)
    at_work.digitalocean.change_image(SNAPSHOT, name="something else")
    at_work.clicks("approve", root, by=BOB)
    at_work.clicks("approve", root, by=CAT)
    assert "renamed" in at_work.reply("void", root).text
    at_work.root("Failed")
    assert at_work.digitalocean.posts == []


def test_break_glass_runs_at_once_and_leaves_a_review(start) -> None:
    at_work = start(TWO_APPROVALS + "break_glass = true\n")
    at_work.types(f'transfer {SNAPSHOT} nyc3 --break-glass "site is down"')
    root = at_work.root("Completed")
    assert "site is down" in shown(root)
    at_work.root("site is down", channel=PROD)
    assert buttons(root) == ["close_review"]
    at_work.clicks("close_review", root, by=ANN)
    at_work.told("decide", ANN)
    at_work.clicks("close_review", root, by=BOB)
    at_work.reply("closed the review of the emergency access", root)


def test_two_hundred_clicks_make_one_post(start) -> None:
    at_work = start(TWO_APPROVALS)
    root = _pending(at_work)
    at_work.slack.delivery.ack_seconds = 30.0  # how fast each is answered is another test's
    with ThreadPoolExecutor(max_workers=200) as people:
        clicks = [
            people.submit(at_work.slack.click, who, root, "approve")
            for who in (BOB, CAT)
            for _ in range(100)
        ]
        acks = [click.result() for click in clicks]
    assert {ack.status for ack in acks} == {200}
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    with at_work.bot.store.read() as connection:
        from bot.store import requests

        assert len(requests.load(connection, 1).votes) == 2
    at_work.until(
        lambda: sum(len(at_work.slack.ephemerals(who)) for who in (BOB, CAT)) == 198,
        "an answer to every click",
        seconds=30,
    )
