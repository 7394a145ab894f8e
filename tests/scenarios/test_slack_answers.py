"""Slack answers oddly: without what it must hold, with another type, or that a card is fixed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from world import ANN, BOB, ONE_APPROVAL, OPS, SNAPSHOT, World, buttons, shown

from rehearsal.digitalocean.odd import Spoiler

Start = Callable[..., World]

IMAGES = range(9_000, 9_006)
OF_A_GROUP = ONE_APPROVAL.replace('["U0ANN",', '["S0ONCALL", "U0ANN",')


@pytest.fixture
def failed(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What a job, a command or a look has logged as its failure."""
    return lambda: [f"{r.getMessage()}\n{r.exc_text}" for r in caplog.records if r.exc_info]


def _without(*keys: str) -> Callable[[Any], Any]:
    return lambda answer: {key: value for key, value in answer.items() if key not in keys}


POSTED = {
    "no ts": _without("ts"),
    "ts is null": lambda answer: {**answer, "ts": None},
    "ts and message are gone": _without("ts", "message"),
    "no channel": _without("channel"),
    "not ok, for no reason": lambda answer: {"ok": False, "error": {"why": 1}},
    "ok is null": lambda answer: {**answer, "ok": None},
    "a list": lambda answer: [answer],
    "nothing": lambda answer: None,
}


def test_a_post_whose_answer_lacks_its_place_is_no_defect(
    start: Start, failed: Callable[[], list[str]]
) -> None:
    at_work = start(ONE_APPROVAL.replace("approvals = 1", "approvals = 0"))
    for change in POSTED.values():
        at_work.slack.faults.changed("chat.postMessage", change, times=1)
    for image in IMAGES:
        at_work.digitalocean.add_image(image, f"img-{image}", regions=["nyc1"])
        at_work.types(f"transfer {image} nyc3")
    _waits_pass(at_work, lambda: "Nothing is open" in at_work.types("status").text)
    at_work.root(f"img-{IMAGES[-1]}")
    assert failed() == []
    assert len(at_work.digitalocean.posts) == len(IMAGES)
    assert len(at_work.slack.faults.taken) == len(POSTED)
    first = [m for m in at_work.slack.messages(OPS) if f"img-{IMAGES[0]}" in shown(m)]
    assert len(first) == 1, "its place stood in the message"


def _waits_pass(at_work: World, done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        at_work.clock.skip(5)
        time.sleep(0.1)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_whatever_slack_answers_nothing_fails_for_good(
    start: Start, failed: Callable[[], list[str]], seed: int
) -> None:
    at_work = start(OF_A_GROUP, IMAGE_BOT_COMMANDS_PER_MINUTE="100000")
    slack = at_work.slack
    slack.faults.changed("*", Spoiler(seed, share=0.6))
    for image in IMAGES:
        at_work.digitalocean.add_image(image, f"img-{image}", regions=["nyc1"])
        at_work.types(f"transfer {image} nyc3")
        at_work.types("")
        slack.open_home(ANN)
        at_work.bot._engine.enqueue("refresh", "all")
        time.sleep(0.3)
        for view in slack.views(ANN)[-1:]:
            slack.select(ANN, view, "image", str(SNAPSHOT))
        if at_work.socket and image == IMAGES[3]:
            slack.drop_sockets()
            at_work.until(lambda: slack.socket_count, "another connection", seconds=30)
    slack.faults.clear()
    _waits_pass(at_work, lambda: _approve_all(at_work), seconds=60)
    assert failed() == []
    assert sorted(post.image_id for post in at_work.digitalocean.posts) == list(IMAGES)


def _approve_all(at_work: World) -> bool:
    for card in at_work.slack.messages(OPS):
        if "approve" in buttons(card):
            at_work.slack.click(BOB, card, "approve")
    return "Nothing is open" in at_work.types("status").text


@pytest.mark.parametrize("error", ["edit_window_closed", "cant_update_message"])
def test_a_card_that_cannot_be_edited_is_posted_anew_where_people_are_to_know(
    start: Start, error: str
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    fixed = at_work.root("Pending approval")
    at_work.slack.faults.fail("chat.update", error, times=None)
    at_work.clicks("approve", fixed, by=BOB)
    at_work.reply("In progress", fixed)
    tried = len(at_work.slack.faults.taken)
    at_work.clock.skip(120)
    at_work.until(lambda: len(at_work.slack.faults.taken) > tried, "the progress to be drawn")
    assert at_work.slack.messages(OPS) == [fixed]  # its thread has told
    at_work.clicks("approve", fixed, by=BOB)
    at_work.told("already", BOB)
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    anew = at_work.root("Completed")
    at_work.reply("completed", anew)
    assert anew.ts != fixed.ts
    assert len(at_work.slack.messages(OPS)) == 2
    assert not [m for m in at_work.slack.direct_messages(ANN) if "cannot post" in m.text]


def test_a_question_on_a_card_that_cannot_be_edited_is_asked_on_another(start: Start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    fixed = at_work.root("Pending approval")
    at_work.slack.faults.fail("chat.update", "edit_window_closed", times=None)
    at_work.digitalocean.faults.reset(method="POST")
    at_work.clicks("approve", fixed, by=BOB)
    at_work.settles(fixed)
    anew = at_work.root("Needs attention")
    assert "post_again" in buttons(anew)
    at_work.clicks("post_again", anew, by=BOB)
    at_work.root("Completed")
    assert len(at_work.digitalocean.posts) == 1


def test_a_reply_that_somebody_deleted_brings_no_other_card(start: Start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.slow(1.5, path=f"/v2/images/{SNAPSHOT}")
    at_work.clicks("approve", root, by=BOB)
    deleted = at_work.reply("Approved by", root)
    at_work.slack._thread.call(at_work.slack.workspace.delete, deleted)
    at_work.reply("completed", root)  # what began was to be told by an edit of it
    at_work.reply("In progress", root)
    assert [card.ts for card in at_work.slack.messages(OPS)] == [root.ts]
