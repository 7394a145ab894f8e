"""Acks go first, and nothing waits for ever."""

from __future__ import annotations

import threading
import time

import pytest

from bot.queue import acks as module
from bot.queue.acks import Acks, Seats


def begun(job: str, acks: Acks) -> tuple[threading.Event, threading.Thread]:
    """A job in a thread of its own, and the event of its having begun."""
    ran = threading.Event()
    run = acks.before({job: lambda _key: ran.set()})[job]
    thread = threading.Thread(target=run, args=("1",))
    thread.start()
    return ran, thread


def test_a_stage_begins_when_the_last_ack_is_out() -> None:
    acks = Acks()
    with acks:
        with acks:
            ran, thread = begun("deliver", acks)
            assert not ran.wait(0.02)
        assert not ran.wait(0.02)
    assert ran.wait(30)
    thread.join()


def test_what_is_urgent_does_not_wait() -> None:
    acks = Acks()
    with acks:
        ran, thread = begun("submit", acks)
        assert ran.wait(30)
    thread.join()


def test_an_ack_that_hangs_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_SECONDS", 0.01)  # only shortens the test
    acks = Acks()
    with acks:
        both = [begun("check", acks), begun("deliver", acks)]
        assert all(ran.wait(30) for ran, _ in both)
    for _, thread in both:
        thread.join()


def test_an_answer_that_fails_is_over_as_well() -> None:
    acks = Acks()
    with pytest.raises(ValueError, match="no"), acks:
        raise ValueError("no")
    began = time.monotonic()
    acks.give_way()
    assert time.monotonic() - began < module._LONGEST_SECONDS


def test_the_third_waits_until_one_of_two_seats_is_free() -> None:
    seats, answered = Seats(2), threading.Event()

    def third() -> None:
        with seats.taken():
            answered.set()

    thread = threading.Thread(target=third)
    with seats.taken():
        with seats.taken():
            thread.start()
            assert not answered.wait(module._SEAT_SECONDS / 4)
        assert answered.wait(30)
    thread.join()


def test_nobody_waits_long_for_one_who_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SEAT_SECONDS", 0.01)  # only shortens the test
    seats = Seats(1)
    with seats.taken():
        for _ in range(3):
            with seats.taken():  # the seat is not theirs, and none is given back
                pass
    with seats.taken():
        assert not seats._free.acquire(blocking=False)
