"""Cards: one lane is served by one at a time, and whoever writes a card waits for nobody long."""

from __future__ import annotations

import time

import pytest

from bot.domain.events import Event
from bot.domain.states import State
from bot.store import events, outbox, requests, sending, transitions
from bot.store.outbox import OutboxMessage
from bot.store.sending import Wait


@pytest.fixture
def request_id(bed) -> int:
    request_id = bed.opened()
    with bed.store.write() as tx:
        outbox.add_root(tx, request_id, "C0OPS")
    return int(request_id)


def _claim(bed, lane: str = "C0OPS"):
    with bed.store.write() as tx:
        return sending.claim(tx, lane)


def test_many_claim_a_lane_and_one_gets_the_card(bed, request_id) -> None:
    for _ in range(5):
        found = bed.at_once(lambda _: _claim(bed), range(10))
        held = [one for one in found if isinstance(one, OutboxMessage)]
        assert len(held) == 1, found
        assert all(isinstance(one, Wait) for one in found if one not in held)
        with bed.store.write() as tx:
            sending.put_back(tx, held[0], 0.0, certainly_not_sent=True)


def test_lanes_are_claimed_side_by_side(bed, request_id) -> None:
    with bed.store.write() as tx:
        outbox.add_copy(tx, request_id, "C0PROD")
    _show(bed)
    with bed.store.write() as tx:
        outbox.refresh(tx, request_id)
    found = bed.at_once(lambda lane: _claim(bed, lane), ["C0OPS", "C0PROD"])
    assert [one.queue for one in found] == ["C0OPS", "C0PROD"]


def _show(bed) -> None:
    held = _claim(bed)
    with bed.store.write() as tx:
        sending.sent(tx, held, "C0OPS", "1.0")


@pytest.mark.parametrize("place", ["C0PROD", "U0BOB"])
@pytest.mark.parametrize("is_lost", [False, True], ids=["shown", "lost"])
def test_a_copy_waits_until_the_card_is_shown_or_given_up(
    bed, request_id, place: str, is_lost: bool
) -> None:
    with bed.store.write() as tx:
        outbox.add_copy(tx, request_id, place)
    assert _claim(bed, place) is None
    if is_lost:
        held = _claim(bed)
        with bed.store.write() as tx:
            sending.give_up(tx, held, "is_archived")
    else:
        _show(bed)
    assert _claim(bed, place).place == f"copy:{place}"


def test_replies_wait_for_the_root_and_keep_their_order(bed, request_id) -> None:
    with bed.store.write() as tx:
        outbox.tell(tx, request_id, "C0OPS", {"event": "joined"})
        outbox.tell(tx, request_id, "C0OPS", {"event": "denied"})
    sent = []
    for n in range(3):
        held = _claim(bed)
        assert isinstance(_claim(bed), Wait)
        with bed.store.write() as tx:
            sending.sent(tx, held, "C0OPS", f"1.{n}")
        sent.append(held.note["event"] if held.note else held.place)
        time.sleep(sending.POST_PAUSE_SECONDS + 0.05)
    assert sent == ["root", "joined", "denied"]
    assert _claim(bed) is None


def test_who_approved_and_what_began_are_one_reply_that_is_edited(bed, request_id) -> None:
    with bed.store.write() as tx:
        outbox.tell(tx, request_id, "C0OPS", {"event": "voted"})
    _claim_and_send(bed, "1.0")
    assert _claim_and_send(bed, "1.1").note["event"] == "voted"
    with bed.store.write() as tx:
        for event in ("approved", "accepted", "accepted"):
            outbox.tell(tx, request_id, "C0OPS", {"event": event})
    edit = _claim_and_send(bed, "1.1")
    assert edit.ts == "1.1"
    assert [note["event"] for note in edit.note["then"]] == ["approved", "accepted", "accepted"]
    with bed.store.write() as tx:
        outbox.tell(tx, request_id, "C0OPS", {"event": "delayed"})
        outbox.tell(tx, request_id, "C0OPS", {"event": "accepted"})
    assert _claim_and_send(bed, "1.2").note["event"] == "delayed"
    last = _claim_and_send(bed, "1.3")
    assert last.note["event"] == "accepted", "after another reply it is one of its own"


def _claim_and_send(bed, ts: str) -> OutboxMessage:
    held = _claim(bed)
    while isinstance(held, Wait):
        time.sleep(0.1)
        held = _claim(bed)
    with bed.store.write() as tx:
        sending.sent(tx, held, "C0OPS", ts)
    return held


def test_a_change_while_a_card_is_sent_is_shown_afterwards(bed, request_id) -> None:
    held = _claim(bed)
    with bed.store.write() as tx:
        outbox.refresh(tx, request_id)
    with bed.store.write() as tx:
        sending.sent(tx, held, "C0OPS", "1.1")
    again = _claim(bed)
    assert isinstance(again, OutboxMessage)
    assert (again.ts, again.desired_version) == ("1.1", held.desired_version + 1)


def test_an_edit_does_not_shorten_the_pause_after_a_post(bed, request_id) -> None:
    with bed.store.write() as tx:
        outbox.tell(tx, request_id, "C0OPS", {"event": "joined"})
    held = _claim(bed)
    with bed.store.write() as tx:
        outbox.refresh(tx, request_id)
        sending.sent(tx, held, "C0OPS", "1.1")
    edit = _claim(bed)
    assert (edit.place, edit.ts) == ("root", "1.1")
    with bed.store.write() as tx:
        sending.sent(tx, edit, "C0OPS", "1.1")
    assert isinstance(_claim(bed), Wait)


def test_the_first_failures_of_a_lane_at_once_are_one_row(bed, request_id) -> None:
    held = _claim(bed)

    def fail(_: int) -> None:
        with bed.store.write() as tx:
            sending.put_back(tx, held, 0.0, certainly_not_sent=True)

    assert bed.at_once(fail, range(10)) == [None] * 10
    with bed.store.read() as connection:
        assert sending.failures(connection, "C0OPS") == 10


def test_whoever_sends_a_card_and_whoever_changes_its_request_do_not_deadlock(bed) -> None:
    """The sender writes its card and then the request; a click goes the other way about."""
    for n in range(10):
        request_id = bed.opened(State.PENDING, 1000 + n)
        with bed.store.write() as tx:
            outbox.add_root(tx, request_id, f"C{n}")
        held = _claim(bed, f"C{n}")

        def act(what: str, held: OutboxMessage = held, request_id: int = request_id) -> None:
            with bed.store.write(wait=10) as tx:
                if what == "send":
                    sending.sent(tx, held, held.channel, "1.1")
                    time.sleep(0.02)
                    transitions.update(tx, request_id, permalink="https://slack.test/1")
                else:
                    requests.load(tx.connection, request_id, for_update=True)
                    time.sleep(0.02)
                    events.record(tx, request_id, Event.JOINED, "U0BOB")

        assert bed.at_once(act, ["send", "click"]) == [None, None]


def test_a_send_that_was_begun_may_have_arrived(bed, request_id) -> None:
    assert not _claim(bed).maybe_sent
    with bed.store.write() as tx:
        sending.release(tx.connection)
    assert _claim(bed).maybe_sent
