"""Slack misbehaves: no state change is lost, replies keep their order, people are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from faults.tally import ended, most_repeated, repeated_messages, replies
from world import (
    ANN,
    BOB,
    ONE_APPROVAL,
    OPS,
    PROD,
    SNAPSHOT,
    TWO_APPROVALS,
    World,
    buttons,
)

from bot.store.requests import newest
from rehearsal.slack.faults import SlackFaults as Faults

pytestmark = pytest.mark.faults

POST, EDIT = "chat.postMessage", "chat.update"


def _completes(at_work: World, seconds: float = 60) -> None:
    at_work.until(
        lambda: ended(at_work.sandbox, OPS, SNAPSHOT), "a thread with an end", seconds=seconds
    )
    told = [m.text for m in replies(at_work.sandbox, OPS, SNAPSHOT)]
    begun = [(True, False)] if any("Approved by" in t for t in told) else []
    assert [("In progress" in t, "completed" in t) for t in told] == [*begun, (False, True)], told


# What fails, how often a message may then stand there once more, and how.
PASSING: dict[str, tuple[int, Callable[[Faults], Any]]] = {
    "answers posts 429 with Retry-After": (
        0,
        lambda f: f.fail(POST, status=429, retry_after=1, times=2),
    ),
    "answers posts 429 without Retry-After": (0, lambda f: f.fail(POST, status=429, times=2)),
    "answers edits 429": (0, lambda f: f.fail(EDIT, status=429, retry_after=1, times=3)),
    "answers posts ratelimited": (
        0,
        lambda f: f.fail(POST, "ratelimited", retry_after=1, times=2),
    ),
    "answers posts 500": (0, lambda f: f.fail(POST, status=500, times=2)),
    "answers edits 500": (0, lambda f: f.fail(EDIT, status=500, times=2)),
    "answers posts internal_error": (0, lambda f: f.fail(POST, "internal_error", times=2)),
    "answers posts a word never heard": (0, lambda f: f.fail(POST, "out_of_cheese", times=2)),
    "answers everything invalid_auth": (0, lambda f: f.fail("chat.*", "invalid_auth", times=4)),
    "resets posts": (0, lambda f: f.drop(POST, times=2)),
    "takes a post and resets": (1, lambda f: f.drop(POST, after=True)),
    "takes a post and answers 500": (1, lambda f: f.fail(POST, status=500, after=True)),
    "resets edits": (0, lambda f: f.drop(EDIT, times=2)),
    "takes an edit and resets": (0, lambda f: f.drop(EDIT, after=True)),
    "hangs on a post": (0, lambda f: f.hang(POST)),
    "does not say whose token it is": (0, lambda f: f.fail("auth.test", status=500, times=3)),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_for(fault: str, start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    may_repeat, plan = PASSING[fault]
    planned = plan(at_work.slack.faults)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    _completes(at_work)
    assert planned in at_work.slack.faults.taken, "the fault never came"
    cost(f"Slack {fault}", at_work.sandbox, lost=0)
    assert repeated_messages(at_work.sandbox) == may_repeat
    assert len(at_work.digitalocean.posts) == 1


def test_a_retry_after_of_a_fortnight(start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.slack.faults.fail(POST, "ratelimited", retry_after=14 * 86_400)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: at_work.slack.faults.taken, "the 429")
    for _ in range(3):  # the wait may not be written down yet when the clock first jumps
        at_work.clock.skip(901)
        time.sleep(0.5)
    _completes(at_work)
    cost("Slack asks to wait for a fortnight", at_work.sandbox, lost=0)


def test_where_history_can_be_read_nothing_is_repeated(
    start: Callable[..., World], cost: Any
) -> None:
    at_work = start()
    at_work.slack.grant("channels:history", "metadata.message:read")
    at_work.slack.faults.drop(POST, after=True)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    _completes(at_work)
    cost("Slack takes a post and resets, history readable", at_work.sandbox, lost=0)
    assert repeated_messages(at_work.sandbox) == 0


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "not_in_channel"])
def test_a_card_that_cannot_be_posted(error: str, start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.slack.faults.fail(POST, error, channel=OPS, times=None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("nothing was sent", ANN)
    assert at_work.digitalocean.posts == []
    assert "refused" in at_work.types("status 1").text
    cost(f"Slack answers the first post {error}", at_work.sandbox, lost=0)


def test_a_card_that_slack_will_not_draw(start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.slack.faults.fail(POST, "invalid_blocks", channel=OPS, times=None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("is refused", ANN)
    assert at_work.digitalocean.posts == []
    cost("Slack answers the first post invalid_blocks", at_work.sandbox, lost=0)


def test_a_word_never_heard_does_not_hold_up_the_channel(
    start: Callable[..., World], cost: Any
) -> None:
    at_work = start()
    at_work.digitalocean.add_image(1, "another")
    at_work.slack.faults.fail(POST, "out_of_cheese", channel=OPS, times=7)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: "pprov" in at_work.types("status 1").text, "the look-up")
    at_work.types("transfer 1 nyc3")
    at_work.until(lambda: _later_refused(at_work), "an end of its tries", seconds=90)
    assert len(at_work.slack.faults.taken) >= 6
    at_work.until(lambda: ended(at_work.sandbox, OPS, 1), "the other request's end", seconds=60)
    cost("Slack refuses one message in a word never heard", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


def _later_refused(at_work: World) -> bool:
    at_work.clock.skip(0.5)  # again and again: a wait may not be written down yet
    told = [*at_work.slack.ephemerals(ANN), *at_work.slack.direct_messages(ANN)]
    return any("is refused" in message.text for message in told)


def test_a_channel_archived_under_way(start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("In progress")
    at_work.slack.archive(OPS)
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    at_work.told("completed", ANN)
    cost("the channel is archived under way", at_work.sandbox, lost=0)


def test_a_question_in_an_archived_channel_goes_to_those_who_decide(
    start: Callable[..., World], cost: Any
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.reset(method="POST")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending approval"))
    at_work.until(lambda: at_work.digitalocean.faults.taken, "the lost POST")
    at_work.slack.archive(OPS)
    at_work.until(lambda: _asked(at_work), "the question in Bob's messages", seconds=30)
    at_work.clicks("post_again", _asked(at_work)[-1], by=BOB)
    at_work.told("completed", ANN)
    assert len(at_work.digitalocean.posts) == 1
    cost("the channel is archived while a person has to decide", at_work.sandbox, lost=0)


def _asked(at_work: World) -> list[Any]:
    return [m for m in at_work.slack.direct_messages(BOB) if "post_again" in buttons(m)]


def test_a_deleted_card_is_posted_anew(start: Callable[..., World], cost: Any) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    _delete(at_work, root)
    at_work.clicks("approve", root)
    _completes(at_work)
    assert at_work.root("Completed").ts != root.ts
    cost("somebody deletes the card", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


def test_a_card_deleted_in_a_channel_that_is_then_archived(
    start: Callable[..., World], cost: Any
) -> None:
    at_work = start(TWO_APPROVALS)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    _delete(at_work, root)
    at_work.slack.archive(OPS)
    at_work.clicks("approve", root, by=BOB)  # the vote redraws the card, which is not there
    at_work.told("This channel is archived", ANN)
    assert "refused" in at_work.types("status 1", channel=PROD).text
    cost("the card is deleted and the channel archived", at_work.sandbox, lost=0)
    assert at_work.digitalocean.posts == []


def _delete(at_work: World, message: Any) -> None:
    at_work.slack._thread.call(at_work.slack.workspace.delete, message)


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_every_payload_comes_twice(socket: bool, start: Callable[..., World], cost: Any) -> None:
    at_work = start(ONE_APPROVAL, socket=socket)
    at_work.slack.faults.deliver_twice(times=None)
    ack = at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending approval"))
    _completes(at_work)
    assert "Request" in ack.text
    if not socket:  # over a socket the first ack of an envelope is the only one that is heard
        assert at_work.slack.repeated[0].text == ack.text
    with at_work.bot.store.read() as connection:
        assert len(newest(connection)) == 1
    assert at_work.slack.ephemerals(BOB) == [], "the second click was taken for another one"
    cost("Slack delivers every payload twice", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1
    assert most_repeated(at_work.sandbox) == 0


@pytest.mark.parametrize("how", ["drops", "refresh_requested", "warning", "link_disabled"])
def test_sockets_that_go(how: str, start: Callable[..., World], cost: Any) -> None:
    at_work = start(ONE_APPROVAL, socket=True)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    opened = at_work.slack.sockets.opened
    if how == "drops":
        at_work.slack.drop_sockets()
    else:
        at_work.slack.disconnect_sockets(how, close_after=0.5)
    at_work.until(
        lambda: at_work.slack.sockets.opened > opened and at_work.slack.socket_count,
        "a new socket",
        seconds=30,
    )
    at_work.clicks("approve", root)
    _completes(at_work)
    cost("Slack closes the socket", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


def test_a_socket_that_falls_silent(start: Callable[..., World], cost: Any) -> None:
    at_work = start(ONE_APPROVAL, socket=True)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    assert at_work.slack.silence_sockets() >= 1
    at_work.until(lambda: at_work.slack.socket_count, "a new socket", seconds=60)
    at_work.clicks("approve", root)
    _completes(at_work)
    cost("Slack's socket falls silent with TCP open", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1
