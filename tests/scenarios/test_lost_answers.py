"""DigitalOcean's answer is lost: the bot looks, never asks twice, and then asks people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from world import (
    ANN,
    BOB,
    CAT,
    DAN,
    ONE_APPROVAL,
    OPS,
    SNAPSHOT,
    TWO_APPROVALS,
    World,
    buttons,
    shown,
)

from bot.store import audit

TRANSFER = {"type": "transfer", "region": "nyc3"}
CHOICES = ["adopt", "post_again", "give_up"]


def _approved(at_work: World) -> Any:
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    return root


def _asked(at_work: World, holding: str = "Needs attention") -> Any:
    """A request whose POST was lost and never found; its card."""
    at_work.digitalocean.faults.reset(method="POST")
    at_work.settles(_approved(at_work))
    return at_work.root(holding)


def _audited(at_work: World, event: str) -> list[dict[str, Any]]:
    with at_work.bot.store.read() as connection:
        found = [e for e in audit.entries(connection) if e.event == event]
    return [json.loads(e.facts) | {"actor": e.actor} for e in found]


def test_a_post_that_was_taken_is_adopted(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.accept_then_reset()
    root = _approved(at_work)
    assert "It is not asked twice" in at_work.reply("answer was lost", root).text
    action_id = at_work.digitalocean.posts[0].action_id
    assert str(action_id) in at_work.reply("found at DigitalOcean", root).text
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    assert _audited(at_work, "adopted") == [
        {"position": 0, "action_id": action_id, "actor": "image-bot"}
    ]


def test_a_post_that_was_not_taken_asks_those_who_may_approve(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    assert buttons(root) == CHOICES
    assert "no matching action was seen" in shown(root)
    told = at_work.reply("Needs attention", root).text
    assert all(told.count(f"<@{person}>") == 1 for person in (ANN, BOB, CAT))
    assert "Nothing was sent a second time" in told
    assert at_work.digitalocean.posts == []


def test_who_has_to_decide_is_reminded_ever_more_rarely(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)

    def reminders() -> int:
        return sum("still needs attention" in m.text for m in at_work.slack.thread(OPS, root.ts))

    for hours, expected in ((1.1, 1), (0.5, 1), (1, 2), (1, 2), (2, 3), (24, 4)):
        at_work.clock.skip(hours * 3600)
        at_work.until(lambda n=expected: reminders() >= n, f"reminder {expected}")
        assert reminders() == expected
    last = at_work.slack.thread(OPS, root.ts)[-1].text
    assert f"<@{ANN}>" in last
    assert f"<@{BOB}>" in last
    assert "cloud.digitalocean.com/images/snapshots" in shown(at_work.root("Needs attention"))


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_is_for_those_who_may_approve(start, choice: str) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    for number, person in enumerate((DAN, ANN), start=1):  # ANN asked for it: it is not hers
        at_work.clicks(choice, root, by=person)
        assert "decide" in at_work.told("decide", person).text
        refused = _audited(at_work, "click-refused")
        assert len(refused) == number
        assert refused[-1]["actor"] == person
    assert not any("decide" in m.text for m in at_work.slack.ephemerals(BOB))
    assert buttons(at_work.root("Needs attention")) == CHOICES
    assert at_work.digitalocean.posts == []


def test_it_is_this_one_while_none_is_seen(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    at_work.clicks("adopt", root)
    at_work.told("I look at DigitalOcean again", BOB)
    action = at_work.digitalocean.act(SNAPSHOT, TRANSFER)  # it shows up late
    at_work.clicks("adopt", root)
    at_work.root(f"action {action.id}")
    at_work.clicks("adopt", root)
    assert f"<@{BOB}>" in at_work.reply("found at DigitalOcean", root).text
    at_work.reply("completed", root)
    assert at_work.digitalocean.posts == []
    assert _audited(at_work, "adopted")[-1]["actor"] == BOB


def test_post_again_posts_once(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    at_work.clicks("post_again", root)
    at_work.clicks("post_again", root)
    at_work.reply("completed", root)
    assert f"<@{BOB}>" in at_work.reply("chose to send it again", root).text
    assert [post.body for post in at_work.digitalocean.posts] == [TRANSFER]
    assert [row["actor"] for row in _audited(at_work, "post-again")] == [BOB]
    at_work.told("Nothing to decide here any more", BOB)


def test_post_again_looks_once_more_first(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    action = at_work.digitalocean.act(SNAPSHOT, TRANSFER)  # it arrived after all
    at_work.clicks("post_again", root)
    assert str(action.id) in at_work.reply("found at DigitalOcean", root).text
    at_work.reply("completed", root)
    assert at_work.digitalocean.posts == [], "it posted what was there already"


def test_give_up_ends_it(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    at_work.clicks("give_up", root)
    told = at_work.reply("closed it without knowing", root).text
    assert "failed" in told
    assert f"<@{ANN}>" in told
    assert not set(CHOICES) & set(buttons(at_work.root("Failed")))
    assert [row["actor"] for row in _audited(at_work, "given-up")] == [BOB]
    at_work.clicks("post_again", root)
    at_work.told("Nothing to decide here any more", BOB)
    assert at_work.digitalocean.posts == []


def test_two_that_could_be_it_are_a_question_with_a_form(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.accept_then_reset()
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.action_seconds = 30
    other = at_work.digitalocean.act(SNAPSHOT, TRANSFER)  # in the control panel
    at_work.digitalocean.end_action(other.id, "errored")  # one in flight would be followed
    at_work.clicks("approve", root)
    root = at_work.root("Needs attention")
    ours = at_work.digitalocean.posts[0].action_id
    assert all(f"action {seen}" in shown(root) for seen in (ours, other.id))

    at_work.clicks("post_again", root)  # there is no telling which: it is not posted
    at_work.until(lambda: len(_audited(at_work, "needs-attention")) == 2, "the question again")
    root = at_work.root("Needs attention")
    at_work.clicks("adopt", root, by=CAT)
    at_work.until(lambda: at_work.slack.views(CAT), "the form")
    view = at_work.slack.views(CAT)[-1]
    at_work.slack.submit_view(CAT, view, {"action": {"action": str(ours)}})
    assert str(ours) in at_work.reply("found at DigitalOcean", root).text
    at_work.digitalocean.end_action(ours)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_the_form_gives_no_right(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.accept_then_reset()
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.action_seconds = 30
    other = at_work.digitalocean.act(SNAPSHOT, TRANSFER)
    at_work.digitalocean.end_action(other.id, "errored")
    at_work.clicks("approve", root)
    root = at_work.root("Needs attention")
    at_work.clicks("adopt", root, by=DAN)
    at_work.until(lambda: at_work.slack.views(DAN) or at_work._told("decide", DAN), "an answer")
    for view in at_work.slack.views(DAN):
        at_work.slack.submit_view(DAN, view, {"action": {"action": str(other.id)}})
    at_work.told("decide", DAN)
    assert buttons(at_work.root("Needs attention")) == CHOICES
    assert _audited(at_work, "click-refused")[-1]["actor"] == DAN


def test_who_asks_for_the_same_joins_the_thread(start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work)
    assert "Already under way: request 1" in at_work.types(f"transfer {SNAPSHOT} nyc3", by=CAT).text
    assert "Already under way: request 1" in at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN).text
    assert f"<@{CAT}>" in at_work.reply("asked for the same", root).text
    at_work.clicks("post_again", root)
    ended = at_work.reply("completed", root).text
    assert f"<@{ANN}>" in ended
    assert f"<@{CAT}>" in ended
    assert len(at_work.slack.messages(OPS)) == 1
    assert len(at_work.digitalocean.posts) == 1


def test_a_payload_that_comes_again_after_a_restart(start) -> None:
    at_work = start(ONE_APPROVAL)
    typed = at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    clicked = at_work.clicks("approve", root)
    at_work.reply("completed", root)
    at_work.stop()
    at_work.start()
    assert at_work.slack.again(typed).text == typed.text
    assert at_work.slack.again(clicked).status == 200
    assert "Nothing is open" in at_work.types("status").text
    assert len(at_work.slack.messages(OPS)) == 1
    assert len(at_work.digitalocean.posts) == 1
    assert at_work.slack.ephemerals(BOB) == []


def test_a_lost_answer_is_settled_by_the_next_process(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.accept_then_reset()
    root = _approved(at_work)
    at_work.until(lambda: at_work.digitalocean.posts, "the POST")
    at_work.stop()
    at_work.start()
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_post_again_takes_as_many_people_as_had_to_approve(start) -> None:
    at_work = start(TWO_APPROVALS)
    at_work.digitalocean.faults.status(503, {"id": "busy"}, method="POST", path="*/actions")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.clicks("approve", root, by=CAT)
    root = at_work.root("Needs attention")
    for _ in range(2):  # one person is one, however often they click
        at_work.clicks("post_again", root, by=BOB)
    at_work.told("You chose to send it again already", BOB)
    assert "1 more person" in at_work.reply("chose to send it again", root).text
    at_work.clicks("post_again", root, by=ANN)
    at_work.told("decide", ANN)
    assert f"<@{BOB}>" in shown(at_work.root("more people are needed"))
    assert at_work.digitalocean.posts == []
    at_work.clicks("post_again", root, by=CAT)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    (row,) = _audited(at_work, "post-again")
    assert row["chosen_by"] == [BOB, CAT]


def test_given_up_and_retried_while_the_first_is_in_flight_posts_nothing(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.action_seconds = 60
    root = _asked(at_work)
    action = at_work.digitalocean.act(SNAPSHOT, TRANSFER)  # it shows up late
    at_work.clicks("give_up", root)
    at_work.clicks("retry_failed", at_work.root("Failed"), by=ANN)
    again = at_work.root("Pending approval")
    at_work.clicks("approve", again, by=BOB)
    assert str(action.id) in at_work.reply("found at DigitalOcean", again).text
    at_work.digitalocean.end_action(action.id)
    at_work.reply("completed", again)
    assert at_work.digitalocean.posts == []
