"""Which policy the log says is in force, against a reading of it that is as simple as can be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.canonical import canonical
from bot.requests.policy_in_force import told_by
from bot.store.audit import Entry

PEOPLE = ["U0ANN", "U0BOB", "U0CAT"]


def text(approvals: int) -> str:
    governed = f'[policy]\napprovals = {approvals}\napprovers = ["U0BOB", "S0X"]\nchannel = "C0X"\n'
    return (governed if approvals else "") + '[[rule]]\nname = "r"\napprovals = 0\n'


def row(position: int, event: str, actor: str, facts: dict[str, Any]) -> Entry:
    told = canonical(facts)
    return Entry(position, 0.0, event, actor, None, None, "", "", "", told, "", "")


proposals = st.sampled_from(["p", "q"])
_qualified = st.sampled_from(
    [
        {"by": "U0BOB", "members": ["U0BOB"]},
        {"by": "S0X", "members": ["U0BOB", "U0CAT"]},
        {"by": "U0ANN", "members": ["U0ANN"]},
        {"by": "", "members": []},
    ]
)
_event = st.one_of(
    st.tuples(st.just("policy-changed"), proposals, st.sampled_from([0, 1, 2])),
    st.tuples(st.just("policy-proposed"), proposals, st.sampled_from([0, 1, 2])),
    st.tuples(
        *(st.just("policy-voted"), proposals, st.sampled_from(PEOPLE), _qualified, st.booleans())
    ),
    st.tuples(st.just("policy-withdrawn"), proposals),
)


def rows_of(drawn: list[tuple[Any, ...]]) -> list[Entry]:
    made = [row(1, "policy-changed", "image-bot", {"digest": "d1", "text": text(1)})]
    for position, (event, proposal, *rest) in enumerate(drawn, start=2):
        facts: dict[str, Any] = {"proposal": proposal}
        actor = "image-bot"
        if event in ("policy-changed", "policy-proposed"):
            facts |= {"digest": f"d{rest[0]}", "text": text(rest[0])}
        elif event == "policy-voted":
            actor, how, approves = rest
            facts |= {"qualified": how, "choice": "approve" if approves else "deny"}
        made.append(row(position, event, actor, facts))
    return made


def in_force_by_hand(rows: list[Entry]) -> str:
    """Each change is looked at by itself: is it one that was proposed, and approved since?"""
    held, since = 1, 0
    for place, each in enumerate(rows):
        told = json.loads(each.facts)
        if place == 0 or each.event != "policy-changed":
            continue
        new = int(told["digest"][1:])
        if held == 0:
            held, since = new, place
            continue
        between = [(r, json.loads(r.facts)) for r in rows[since + 1 : place]]
        asked = [i for i, (r, _) in enumerate(between) if r.event == "policy-proposed"]
        if not asked or between[asked[-1]][1] != told:
            continue
        votes = [(r, t) for r, t in between[asked[-1] + 1 :] if t["proposal"] == told["proposal"]]
        rightful = [
            (r, t)
            for r, t in votes
            if r.event == "policy-voted"
            and t["qualified"]["by"] in ("U0BOB", "S0X")
            and r.actor in t["qualified"]["members"]
        ]
        ended = any(r.event == "policy-withdrawn" for r, _ in votes)
        ended = ended or any(t["choice"] == "deny" for _, t in rightful)
        people = {r.actor for r, _ in rightful}
        if not ended and len(people) >= held:
            held, since = new, place
    return f"d{held}"


@settings(max_examples=500)
@given(st.lists(_event, max_size=12))
def test_only_what_was_proposed_and_approved_comes_into_force(drawn: list[tuple[Any, ...]]) -> None:
    rows = rows_of(drawn)
    assert told_by(rows).digest == in_force_by_hand(rows)


@given(st.lists(_event, max_size=12))
def test_it_is_held_exactly_while_changes_have_to_be_approved(drawn: list[tuple[Any, ...]]) -> None:
    found = told_by(rows_of(drawn))
    assert (found.held is not None) is (found.digest != "d0")
    assert set(found.ignored) <= {r.position for r in rows_of(drawn) if r.event != "x"}


def test_approved_by_two_it_is_in_force() -> None:
    """The random ones would be worth nothing if none ever came into force."""
    bob = {"by": "U0BOB", "members": ["U0BOB"]}
    rows = rows_of(
        [
            ("policy-proposed", "p", 2),
            ("policy-voted", "p", "U0BOB", bob, True),
            ("policy-changed", "p", 2),
        ]
    )
    assert told_by(rows).digest == "d2"


def test_an_approval_counts_with_the_confirmation_alone_that_the_policy_in_force_asks_for() -> None:
    governed = text(1).replace("channel", 'step_up = "totp"\nchannel')
    how = {"by": "U0BOB", "members": ["U0BOB"]}
    start = row(1, "policy-changed", "image-bot", {"digest": "d1", "text": governed})
    asked = {"proposal": "p", "digest": "d2", "text": text(0)}
    for confirmed, counts in ({}, False), ({"method": "oidc"}, False), ({"method": "totp"}, True):
        vote = {"proposal": "p", "qualified": how, "choice": "approve", "step_up": confirmed}
        log = told_by(
            [
                start,
                row(2, "policy-proposed", "image-bot", asked),
                row(3, "policy-voted", "U0BOB", vote),
                row(4, "policy-changed", "image-bot", asked),
            ]
        )
        assert (log.digest == "d2") is counts, confirmed
        assert (log.ignored == ()) is counts


@pytest.mark.parametrize("account", ["sub-bob", "sub-cat"])
def test_two_votes_as_one_account_are_one(account: str) -> None:
    governed = text(2).replace("channel", 'step_up = "oidc"\nchannel')
    asked = {"proposal": "p", "digest": "d9", "text": text(0)}
    rows = [
        row(1, "policy-changed", "image-bot", {"digest": "d1", "text": governed}),
        row(2, "policy-proposed", "image-bot", asked),
    ]
    for position, (person, subject) in enumerate([("U0BOB", "sub-bob"), ("U0CAT", account)], 3):
        how = {"by": "S0X", "members": ["U0BOB", "U0CAT"]}
        confirmed = {"method": "oidc", "issuer": "https://id.example", "subject": subject}
        vote = {"proposal": "p", "qualified": how, "choice": "approve", "step_up": confirmed}
        rows.append(row(position, "policy-voted", person, vote))
    rows.append(row(5, "policy-changed", "image-bot", asked))
    assert (told_by(rows).digest == "d9") is (account == "sub-cat")
