"""Votes and joint requests, when everybody acts at the same moment."""

from __future__ import annotations

import time

import pytest

from bot.domain.search import Asker
from bot.domain.states import State
from bot.errors import StoreUnavailable
from bot.operations.available import transfer_to
from bot.policy.file import PolicyFile
from bot.requests import Click, Dependencies, RequestDraft, Sender
from bot.requests.approval import approve
from bot.requests.cancelling import Cancel, cancel
from bot.requests.submission import OpenRequest, open_request
from bot.store import audit, requests

PEOPLE = [f"U0{n:03}" for n in range(50)]
POLICY = f"""
[[rule]]
name = "two of all"
approvals = 2
approvers = [{", ".join(f'"{person}"' for person in PEOPLE)}]
"""


@pytest.fixture
def deps(bed, tmp_path) -> Dependencies:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    return Dependencies(bed.store, PolicyFile(tmp_path / "policy.toml"))


def _patiently(act):
    """What a person does who is told that the database is busy."""
    for _ in range(20):
        try:
            return act()
        except StoreUnavailable:
            time.sleep(0.2)
    raise AssertionError("the database was busy for too long")


def test_fifty_people_approve_at_once_and_two_count(bed, deps) -> None:
    request_id = bed.opened()

    def click(person: str) -> None:
        _patiently(lambda: approve(deps, Click(f"d-{person}", person, request_id)))

    assert bed.at_once(click, PEOPLE) == [None] * 50
    request = bed.load(request_id)
    assert request.state is State.APPROVED
    assert len(request.votes) == 2
    assert [step.state for step in request.steps] == [State.APPROVED]
    assert [job_key for job_key in bed.wakes.asked if job_key[0] == "submit"] == [
        ("submit", str(request.steps[0].id), None)
    ]
    with bed.store.read() as connection:
        rows = list(audit.entries(connection))
        assert audit.verify(iter(rows)) == []
    events = [row.event for row in rows]
    assert (events.count("voted"), events.count("approved")) == (1, 1)
    assert events.count("click-refused") == 48


def test_one_click_delivered_twenty_times_counts_once(bed, deps) -> None:
    request_id = bed.opened()
    click = Click("the same", "U0001", request_id)
    bed.at_once(lambda _: _patiently(lambda: approve(deps, click)), range(20))
    with bed.store.read() as connection:
        events = [row.event for row in audit.entries(connection)]
    assert [event for event in events if event != "policy-changed"] == [
        *("requested", "pending", "voted")
    ]


def test_approving_and_cancelling_at_once_gives_one_end(bed, deps) -> None:
    for n in range(5):
        request_id = bed.opened(State.PENDING, 1000 + n)
        approve(deps, Click(f"a{n}", "U0001", request_id))

        def act(what: str, n: int = n, request_id: int = request_id) -> None:
            if what == "cancel":
                cancel(deps, Cancel(Click(f"c{n}", "U0ANN", request_id), by_button=True))
            else:
                approve(deps, Click(f"b{n}", "U0002", request_id))

        assert bed.at_once(act, ["cancel", "approve"]) == [None, None]
        request = bed.load(request_id)
        assert request.state in (State.APPROVED, State.CANCELLED)
        assert {step.state for step in request.steps} == {request.state}


def test_the_same_wish_of_twenty_people_becomes_one_request(bed, deps) -> None:
    regions = (transfer_to(7, "nyc3"), transfer_to(7, "sfo3"))

    def ask(n: int) -> str:
        steps = regions if n % 2 else regions[::-1]  # whatever order they are typed in
        job_key = RequestDraft(requester=PEOPLE[n], channel="C0OPS", steps=steps)
        command = OpenRequest(Sender(f"d-{n}", Asker(PEOPLE[n])), job_key)
        return _patiently(lambda: open_request(deps, command))

    answers = bed.at_once(ask, range(20))
    assert all(isinstance(answer, str) for answer in answers), answers
    with bed.store.read() as connection:
        (request,) = requests.newest(connection, limit=50)
    assert len(request.followers) == 19, "somebody who joined was forgotten"
