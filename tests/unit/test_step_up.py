"""A second factor where a rule asks for one: what counts, by the policy and by the log alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.policy.given import BOB, CAT, DAN, LEADS, NOON, asked, minutes, policy, rule

from bot.domain.step_up import StepUp, pause_after
from bot.errors import PolicyError, SettingsError
from bot.policy.decide import decide
from bot.policy.review import Choice, ReviewedRequest, Vote, review, tally
from bot.requests.counted import each_signed_in_as_themselves, is_reached, resent_by_enough
from bot.store.audit import Entry
from bot.store.sealing import CannotOpen, Sealer
from bot.views.decisions import sentence
from bot.views.policy_words import in_words
from bot.views.voice import PLAIN

APPROVE, TOTP = Choice.APPROVE, StepUp.TOTP
REQUEST = ReviewedRequest("U0ANN", "only", "pending", NOON + minutes(60))
TWO: dict[str, Any] = {"approvals": 2, "approvers": [BOB, CAT, DAN], "step_up": "totp"}
HELD = decide(rule(**TWO), asked(), LEADS)


@given(st.dictionaries(st.sampled_from([BOB, CAT, DAN]), st.sampled_from([None, TOTP])))
def test_votes_count_that_were_confirmed_and_no_others(cast: dict[str, StepUp | None]) -> None:
    votes = tuple(Vote(person, APPROVE, how) for person, how in cast.items())
    counted = tally(HELD, replace(REQUEST, votes=votes))
    confirmed = [person for person, how in cast.items() if how]
    assert list(counted.approved_by) == confirmed
    assert counted.complete is (len(counted.seats) == 2)
    assert len(counted.seats) == min(2, len(confirmed))


def test_a_click_without_a_confirmation_does_not_count() -> None:
    judged = review(HELD, REQUEST, BOB, APPROVE, NOON)
    assert (judged.counts, judged.reason) == (False, "not-confirmed")
    assert review(HELD, REQUEST, BOB, APPROVE, NOON, TOTP).counts
    assert review(HELD, REQUEST, BOB, Choice.DENY, NOON).denies


def test_a_vote_from_before_the_rule_asked_is_confirmed_by_another_click() -> None:
    before = replace(REQUEST, votes=(Vote(BOB, APPROVE),))
    assert review(HELD, before, BOB, APPROVE, NOON, TOTP).counts
    confirmed = replace(REQUEST, votes=(Vote(BOB, APPROVE, TOTP),))
    assert review(HELD, confirmed, BOB, APPROVE, NOON, TOTP).reason == "already-voted"


def row(event: str, actor: str = "image-bot", **facts: Any) -> Entry:
    told = json.dumps(facts)
    return Entry(1, 0.0, event, actor, 1, None, "", "", "", told, "", "")


ASKED = row("pending", step_up="totp", policy_digest="p")
GROUP = {"groups": [{"from": [BOB], "count": 1}], "qualify": {BOB: [0]}, "counted": {BOB: 0}}


@pytest.mark.parametrize(
    ("tallied", "digest", "how", "reached"),
    [
        (GROUP | {"step_up": "totp"}, "p", "totp", True),
        (GROUP | {"step_up": "totp"}, "p", "", False),
        (GROUP | {"step_up": "totp"}, "p", "oidc", False),
        (GROUP, "p", "", False),  # the tally says nothing of what the request was opened with
        (GROUP, "p", "totp", True),
        (GROUP, "another", "", True),  # by then a policy decided that does not ask for it
    ],
)
def test_a_tally_of_the_log_counts_no_vote_that_was_not_confirmed(
    tallied: dict[str, Any], digest: str, how: str, reached: bool
) -> None:
    approved = row("approved", BOB, tally=tallied, policy_digest=digest)
    assert is_reached([ASKED, approved], {BOB: how}) is reached


@pytest.mark.parametrize(
    ("digest", "how", "enough"),
    [("p", "totp", True), ("p", "", False), ("p", "oidc", False), ("another", "", True)],
)
def test_sending_again_is_held_to_what_the_request_was_opened_with(
    digest: str, how: str, enough: bool
) -> None:
    confirmed = {"step_up": {"method": how}} if how else {}
    right = {"qualified": {"by": BOB}}
    again = row("post-again", BOB, position=0, policy_digest=digest, **right, **confirmed)
    assert resent_by_enough([ASKED, again]) is enough


def test_sending_again_without_a_word_of_a_confirmation_is_held_to_it_too() -> None:
    again = row("post-again", BOB, position=0, qualified={"by": BOB})
    assert not resent_by_enough([ASKED, again])
    assert resent_by_enough([row("pending"), again])


def test_sending_again_is_for_those_of_whom_the_log_says_that_they_may() -> None:
    opened = row("pending", "U0ANN", approvals=1, people=[BOB])
    assert resent_by_enough([opened, row("post-again", BOB, position=0)])
    assert not resent_by_enough([opened, row("post-again", "U0DAN", position=0)])
    assert not resent_by_enough([opened, row("post-again-voted", "U0DAN", position=0)])


@pytest.mark.parametrize(
    ("before", "differ"),
    [
        ([], True),
        (["voted"], False),
        (["voted", "vote-withdrawn"], True),
        (["voted", "denied"], True),
        (["voted", "asked-again"], True),
    ],
)
def test_two_users_that_signed_in_as_one_account_are_one(before: list[str], differ: bool) -> None:
    as_bob = {"step_up": {"method": "oidc", "issuer": "https://idp", "subject": "sub-bob"}}
    rows = [row(event, "U0CAT", **as_bob) for event in before]
    assert each_signed_in_as_themselves([*rows, row("approved", BOB, **as_bob)]) is differ


def test_a_rule_that_asks_nobody_cannot_ask_for_it() -> None:
    with pytest.raises(PolicyError, match="nothing to confirm"):
        policy('[[rule]]\nname = "free"\napprovals = 0\nstep_up = "totp"\n')
    with pytest.raises(PolicyError, match='expected "totp"'):
        policy('[[rule]]\nname = "odd"\napprovers = ["U0BOB"]\nstep_up = "sms"\n')


def test_it_is_said_in_words() -> None:
    assert "one-time code" in in_words(rule(step_up="totp"), PLAIN)[0]
    assert "one-time code" in sentence(HELD, PLAIN)


def test_pauses_grow_and_end() -> None:
    assert [pause_after(wrong) for wrong in (0, 1, 4, 5, 6, 10, 15)] == [
        *(0, 0, 0, 900, 0, 1800, 3600),
    ]
    assert pause_after(5_000) == 86_400


def test_what_is_sealed_opens_for_its_person_and_with_its_key_alone() -> None:
    old, new = "o" * 32, "n" * 32
    sealed = Sealer(old).seal(BOB, b"secret")
    assert Sealer(old).open(BOB, sealed) == b"secret"
    assert Sealer(f"{new}, {old}").open(BOB, sealed) == b"secret"
    assert b"secret" not in sealed.encode()
    for keys, person, held in (
        (new, BOB, sealed),
        (old, CAT, sealed),
        (old, BOB, sealed[:-4]),
        (old, BOB, "no base64!"),
        (old, BOB, ""),
    ):
        with pytest.raises(CannotOpen):
            Sealer(keys).open(person, held)


def test_a_short_key_is_none() -> None:
    with pytest.raises(SettingsError, match="fewer than 32"):
        Sealer("n" * 32 + ",short")
