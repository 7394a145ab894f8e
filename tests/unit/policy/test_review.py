from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.policy.given import (
    ANN,
    BOB,
    CAT,
    DAN,
    LEADS,
    NO_GROUPS,
    NOON,
    Groups,
    asked,
    minutes,
    rule,
)
from unit.policy.strategies import PEOPLE, directories, full_directories, gates, policies, requests

from bot.policy.decide import Decision, Verdict, decide
from bot.policy.match import PolicyInput
from bot.policy.review import (
    Choice,
    ReviewDecision,
    ReviewedRequest,
    ReviewReason,
    Vote,
    review,
    tally,
)
from bot.policy.schema import Policy
from bot.views.decisions import of_click
from bot.views.voice import PLAIN

APPROVE, DENY = Choice.APPROVE, Choice.DENY
YES_BOB, YES_CAT = Vote(BOB, APPROVE), Vote(CAT, APPROVE)
REQUEST = ReviewedRequest(ANN, "only", "pending", NOON + minutes(60))
ONE_OF_TWO: dict[str, Any] = {"approvers": [BOB, CAT]}
TWO_OF_THREE: dict[str, Any] = {"approvals": 2, "approvers": [BOB, CAT, DAN]}
FREEZE = {"name": "f", "time_zone": "UTC", "days": ["wed"]}


def click(
    keys: dict[str, Any],
    person: str,
    choice: Choice = APPROVE,
    directory: Groups = LEADS,
    freeze: list[dict[str, Any]] | None = None,
    **request: Any,
) -> ReviewDecision:
    held = Policy.model_validate(
        {"rule": [{"name": "only", "approvers": [BOB]} | keys], "freeze": freeze or []}
    )
    now = decide(held, asked(), directory)
    return review(now, replace(REQUEST, **request), person, choice, NOON)


@pytest.mark.parametrize(
    ("keys", "person", "choice", "request_", "reason"),
    [
        (ONE_OF_TWO, BOB, APPROVE, {}, "approved"),
        (ONE_OF_TWO, BOB, DENY, {}, "denied"),
        (TWO_OF_THREE, BOB, APPROVE, {}, "counted"),
        (TWO_OF_THREE, CAT, APPROVE, {"votes": (YES_BOB,)}, "approved"),
        (TWO_OF_THREE, CAT, DENY, {"votes": (YES_BOB,)}, "denied"),
        (TWO_OF_THREE, BOB, APPROVE, {"votes": (YES_BOB,)}, "already-voted"),
        (TWO_OF_THREE, BOB, DENY, {"votes": (YES_BOB,)}, "denied"),
        (ONE_OF_TWO, ANN, APPROVE, {}, "self-approval"),
        ({"approvers": [ANN, BOB]}, ANN, APPROVE, {}, "self-approval"),
        ({"approvers": [ANN, BOB], "self_approval": True}, ANN, APPROVE, {}, "approved"),
        ({"approvers": [ANN, BOB], "self_approval": True}, ANN, DENY, {}, "self-denial"),
        ({"approvers": [BOB], "self_approval": True}, ANN, APPROVE, {}, "not-an-approver"),
        (ONE_OF_TWO, ANN, DENY, {}, "self-denial"),
        (ONE_OF_TWO, DAN, APPROVE, {}, "not-an-approver"),
        (ONE_OF_TWO, DAN, DENY, {}, "not-an-approver"),
        (ONE_OF_TWO, DAN, APPROVE, {"approvers_then": frozenset({DAN})}, "right-taken-away"),
        # Dan voted and has lost the right since: his vote counts no longer
        ({**ONE_OF_TWO, "approvals": 2}, BOB, APPROVE, {"votes": (Vote(DAN, APPROVE),)}, "counted"),
        ({"approvers": ["S0LEADS"]}, CAT, APPROVE, {}, "approved"),
        ({"approvers": ["S0GONE", BOB]}, CAT, APPROVE, {}, "group-unknown"),
        ({"approvers": ["S0GONE", BOB]}, BOB, APPROVE, {}, "approved"),
        ({"approvers": ["S0GONE", BOB], "approvals": 2}, BOB, APPROVE, {}, "counted"),
        ({"requesters": ["S0GONE"]}, BOB, APPROVE, {}, "undecided"),
        ({"approvers": ["S0GONE"]}, BOB, APPROVE, {}, "group-unknown"),
        ({"regions": ["ams3"]}, BOB, APPROVE, {}, "no-longer-allowed"),
        ({"regions": ["ams3"]}, BOB, DENY, {}, "no-longer-allowed"),
        ({"approvals": 2, "approvers": [ANN, BOB]}, BOB, APPROVE, {}, "no-longer-allowed"),
        ({"approvals": 2, "approvers": [ANN, BOB]}, BOB, DENY, {}, "denied"),
        ({"name": "new"}, BOB, APPROVE, {}, "another-rule"),
        ({"name": "new"}, BOB, DENY, {}, "denied"),
        ({"approvals": 0}, BOB, APPROVE, {}, "approved"),
        ({"approvals": 0}, DAN, APPROVE, {}, "not-an-approver"),
        (ONE_OF_TWO, BOB, APPROVE, {"state": "completed"}, "finished"),
        (ONE_OF_TWO, BOB, APPROVE, {"state": "submitting"}, "finished"),
        (ONE_OF_TWO, BOB, DENY, {"state": "denied"}, "finished"),
        (ONE_OF_TWO, ANN, APPROVE, {"state": "cancelled"}, "finished"),
        (ONE_OF_TWO, BOB, APPROVE, {"state": "expired"}, "expired"),
        (ONE_OF_TWO, BOB, APPROVE, {"expires_at": NOON}, "expired"),
        (ONE_OF_TWO, BOB, DENY, {"expires_at": NOON - minutes(1)}, "expired"),
        (ONE_OF_TWO, BOB, APPROVE, {"expires_at": NOON, "state": "completed"}, "finished"),
    ],
)
def test_a_click(
    keys: dict[str, Any], person: str, choice: Choice, request_: dict[str, Any], reason: str
) -> None:
    found = click(keys, person, choice, **request_)
    assert found.reason == reason
    assert found.counts == (reason in {"approved", "counted", "denied"})
    assert found.approves == (reason == "approved")
    assert found.denies == (reason == "denied")
    if not found.counts:
        assert of_click(found, PLAIN).strip()
        assert "{" not in of_click(found, PLAIN)


def test_a_freeze_stops_approving_and_not_denying() -> None:
    assert click(ONE_OF_TWO, BOB, APPROVE, freeze=[FREEZE]).reason is ReviewReason.FROZEN
    assert click(ONE_OF_TWO, BOB, DENY, freeze=[FREEZE]).denies


def test_a_click_on_a_request_that_freezes_before_it_can_be_decided() -> None:
    held = Policy.model_validate(
        {"rule": [{"requesters": ["S0GONE"], "approvers": [BOB]}], "freeze": [FREEZE]}
    )
    found = review(decide(held, asked(), NO_GROUPS), REQUEST, BOB, APPROVE, NOON)
    assert found.reason is ReviewReason.FROZEN
    assert "Freeze “f” holds" in of_click(found, PLAIN)


def test_it_tells_how_many_are_missing_and_who_has_approved() -> None:
    first = click({**TWO_OF_THREE, "approvals": 3}, BOB)
    assert (first.tally.approved_by, first.tally.missing) == ((BOB,), 2)
    second = click({**TWO_OF_THREE, "approvals": 3}, CAT, votes=(YES_BOB,))
    assert (second.tally.approved_by, second.tally.missing) == ((BOB, CAT), 1)


def test_a_refused_click_leaves_the_tally_alone() -> None:
    found = click(TWO_OF_THREE, BOB, votes=(YES_BOB,))
    assert (found.tally.approved_by, found.tally.missing) == ((BOB,), 1)


@pytest.mark.parametrize(
    ("keys", "votes", "complete"),
    [
        (ONE_OF_TWO, (), False),
        (ONE_OF_TWO, (YES_BOB,), True),
        (ONE_OF_TWO, (Vote(BOB, DENY),), False),
        (ONE_OF_TWO, (Vote(ANN, APPROVE),), False),
        ({"approvers": [ANN, BOB]}, (Vote(ANN, APPROVE),), False),
        (TWO_OF_THREE, (YES_BOB, YES_BOB), False),
        (TWO_OF_THREE, (YES_BOB, YES_CAT), True),
        (TWO_OF_THREE, (YES_BOB, Vote("U0EVE", APPROVE)), False),
        ({"approvers": ["S0GONE", BOB]}, (YES_CAT,), False),
        ({"approvals": 0}, (), True),
        ({"name": "new"}, (YES_BOB,), False),
        ({"regions": ["ams3"]}, (YES_BOB,), False),
    ],
)
def test_tally(keys: dict[str, Any], votes: tuple[Vote, ...], complete: bool) -> None:
    now = decide(rule(**keys), asked(), NO_GROUPS)
    assert tally(now, replace(REQUEST, votes=votes)).complete == complete


def test_a_decision_that_wrongly_lists_the_requester_does_not_open_the_gate() -> None:
    now = replace(decide(rule(), asked(), LEADS), approvers=frozenset({ANN, BOB}))
    request = replace(REQUEST, votes=(Vote(ANN, APPROVE),))
    assert not tally(now, request).complete


_clicks = st.lists(
    st.tuples(st.sampled_from([*PEOPLE, "U0DAN"]), st.sampled_from([APPROVE, APPROVE, DENY])),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(
    gates,
    requests,
    full_directories,
    st.one_of(gates, gates, gates, policies),
    directories,
    _clicks,
    st.integers(0, 8),
)
def test_only_enough_rightful_people_complete_an_approval(
    before: Policy,
    request: PolicyInput,
    directory: Groups,
    after: Policy,
    directory_after: Groups,
    clicks: list[tuple[str, Choice]],
    change_at: int,
) -> None:
    """Random clicks, and a policy and groups that change in between."""
    opened = decide(before, replace(request, break_glass=False), directory)
    if opened.verdict is not Verdict.ASK or opened.rule is None:
        return
    held = ReviewedRequest(request.requester, opened.rule, "pending", request.at + minutes(60))
    again = replace(request, earlier=(), break_glass=False)
    for place, (person, choice) in enumerate(clicks):
        changed = place >= change_at
        now = decide(after if changed else before, again, directory_after if changed else directory)
        found = review(now, held, person, choice, request.at)
        if not found.counts:
            continue
        assert person in now.approvers
        voted = [vote.choice for vote in held.votes if vote.person == person]
        assert not voted or (choice is Choice.DENY and voted == [Choice.APPROVE])
        held = replace(held, votes=(*held.votes, Vote(person, choice)))
        if found.denies:
            assert person != request.requester
            held = replace(held, state="denied")
        elif found.approves:
            _holds(now, held, opened)
            held = replace(held, state="approved")


def _holds(now: Decision, held: ReviewedRequest, opened: Decision) -> None:
    rightful = {
        vote.person
        for vote in held.votes
        if vote.choice is APPROVE and vote.person in now.approvers
    }
    assert now.rule == opened.rule
    assert now.verdict in (Verdict.ASK, Verdict.RUN)
    assert len(rightful) >= now.approvals
    assert held.requester not in rightful or now.self_approval
