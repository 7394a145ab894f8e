from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from unit.policy.given import (
    ANN,
    BOB,
    CAT,
    CONVERT,
    DAN,
    EXAMPLE,
    LEADS,
    NO_GROUPS,
    NOON,
    Groups,
    asked,
    image,
    minutes,
    policy,
    rule,
    transfer,
)
from unit.policy.strategies import directories, full_directories, policies, requests

from bot.domain.quorum import Group
from bot.policy.decide import Decision, Verdict, decide
from bot.policy.match import Directory, PastRequest, PolicyInput, covers, fit
from bot.policy.reasons import ApprovalNeeded, Reason
from bot.policy.schema import Policy
from bot.views.decisions import sentence
from bot.views.voice import PLAIN, SLACK

BERLIN_OFFICE = {
    "days": ["mon-fri"],
    "from": "09:00",
    "to": "18:00",
    "time_zone": "Europe/Berlin",
}


def of(held: Policy, request: PolicyInput, directory: Directory = LEADS) -> tuple[Verdict, Reason]:
    decision = decide(held, request, directory)
    return decision.verdict, decision.reason


ASK = (Verdict.ASK, Reason.APPROVAL_NEEDED)
RUN = (Verdict.RUN, Reason.RULE_ALLOWS)
NO_RULE = (Verdict.REFUSE, Reason.NO_RULE)
NEEDS_IMAGE = (Verdict.NEEDS_IMAGE, Reason.NEEDS_IMAGE)
GROUP_UNKNOWN = (Verdict.NEEDS_DIRECTORY, Reason.GROUP_UNKNOWN)
WRONG_PERSON = (Verdict.REFUSE, Reason.REQUESTER_NOT_ALLOWED)


@pytest.mark.parametrize(
    ("keys", "request_", "expected"),
    [
        ({}, asked(), ASK),
        ({"image_actions": ["transfer"]}, asked(), ASK),
        ({"image_actions": ["convert"]}, asked(), NO_RULE),
        ({"image_actions": ["convert"]}, asked(CONVERT), ASK),
        ({"regions": ["nyc3"]}, asked(), ASK),
        ({"regions": ["ams3"]}, asked(), NO_RULE),
        ({"regions": ["nyc3"]}, asked(CONVERT), NO_RULE),
        ({"channels": ["C0PROD"]}, asked(), ASK),
        ({"channels": ["C0DEV"]}, asked(), (Verdict.REFUSE, Reason.WRONG_CHANNEL)),
        ({"channels": ["C0DEV"], "regions": ["ams3"]}, asked(), NO_RULE),
        ({"requesters": [ANN]}, asked(), ASK),
        ({"requesters": [DAN]}, asked(), WRONG_PERSON),
        ({"requesters": ["S0OPS"]}, asked(), ASK),
        ({"requesters": ["S0LEADS"]}, asked(), WRONG_PERSON),
        ({"requesters": ["S0GONE"]}, asked(), GROUP_UNKNOWN),
        ({"requesters": ["S0GONE", ANN]}, asked(), ASK),
        ({"requesters": ["S0GONE"], "regions": ["ams3"]}, asked(), NO_RULE),
        ({"image_names": ["prod-*"]}, asked(), ASK),
        ({"image_names": ["dev-*"]}, asked(), NO_RULE),
        ({"image_names": ["PROD-*"]}, asked(), ASK),
        ({"image_names": ["prod-*"]}, asked(image=image(" Prod-DB ")), ASK),
        ({"image_names": ["prod-?b"]}, asked(), ASK),
        ({"image_names": ["prod-[!d]*"]}, asked(), NO_RULE),
        ({"image_names": ["prod"]}, asked(), NO_RULE),
        ({"image_names": ["prod-*"]}, asked(image=None), NEEDS_IMAGE),
        ({"image_names": ["prod-*"], "regions": ["ams3"]}, asked(image=None), NO_RULE),
        ({"image_names": ["*"], "requesters": ["S0GONE"]}, asked(image=None), NEEDS_IMAGE),
        ({"image_tags": ["env:*"]}, asked(image=image("x", "a", "Env:prod")), ASK),
        ({"image_tags": ["env:*"]}, asked(image=image("x", "a")), NO_RULE),
        ({"image_tags": ["*"]}, asked(), NO_RULE),
        ({"image_tags": ["*"]}, asked(image=None), NEEDS_IMAGE),
        ({"hours": BERLIN_OFFICE}, asked(), ASK),
        (
            {"hours": BERLIN_OFFICE},
            asked(at=NOON + timedelta(hours=5)),
            (Verdict.REFUSE, Reason.OUTSIDE_HOURS),
        ),
        ({"approvals": 0, "approvers": [BOB]}, asked(), RUN),
        ({"approvals": 0}, asked(image=None), RUN),
        ({"approvals": 2, "approvers": [BOB, CAT]}, asked(), ASK),
        (
            {"approvals": 2, "approvers": [ANN, BOB]},
            asked(),
            (Verdict.REFUSE, Reason.TOO_FEW_APPROVERS),
        ),
        ({"approvers": [ANN]}, asked(), (Verdict.REFUSE, Reason.NOBODY_BUT_REQUESTER)),
        ({"approvers": ["S0OPS"]}, asked(), (Verdict.REFUSE, Reason.NOBODY_BUT_REQUESTER)),
        ({"approvers": ["S0OPS"], "self_approval": True}, asked(), ASK),
        ({"approvers": [ANN], "self_approval": True}, asked(), ASK),
        (
            {"approvers": ["S0LEADS"], "approvals": 3},
            asked(),
            (Verdict.REFUSE, Reason.TOO_FEW_APPROVERS),
        ),
        ({"approvers": ["S0GONE"]}, asked(), GROUP_UNKNOWN),
        ({"approvers": ["S0GONE", BOB]}, asked(), ASK),
        ({"approvers": ["S0GONE", BOB], "approvals": 2}, asked(), GROUP_UNKNOWN),
        ({}, asked(break_glass=True), (Verdict.REFUSE, Reason.BREAK_GLASS_NOT_ALLOWED)),
        ({"break_glass": True}, asked(break_glass=True), (Verdict.RUN, Reason.BREAK_GLASS)),
        ({"break_glass": True}, asked(), ASK),
        ({"approvals": 0}, asked(break_glass=True), RUN),
        (
            {"break_glass": True, "approvers": [ANN], "self_approval": True},
            asked(break_glass=True),
            (Verdict.REFUSE, Reason.NOBODY_BUT_REQUESTER),
        ),
        (
            {"break_glass": True, "approvers": ["S0GONE"]},
            asked(break_glass=True),
            (Verdict.RUN, Reason.BREAK_GLASS),
        ),
    ],
)
def test_one_rule(
    keys: dict[str, object], request_: PolicyInput, expected: tuple[Verdict, Reason]
) -> None:
    assert of(rule(**keys), request_) == expected


def test_a_decision_carries_all_that_follows_from_its_rule() -> None:
    held = rule(
        approvers=[ANN, "S0LEADS", "S0GONE"],
        notify=["C0APPROVALS", DAN],
        expires_after="2d",
    )
    decision = decide(held, asked(), LEADS)
    assert decision == Decision(
        verdict=Verdict.ASK,
        why=ApprovalNeeded(),
        rule="only",
        approvals=1,
        approvers=frozenset({BOB, CAT}),
        approver_entries=(ANN, "S0LEADS", "S0GONE"),
        groups=(Group((ANN, "S0LEADS", "S0GONE"), 1, frozenset({BOB, CAT})),),
        notify=("C0APPROVALS", DAN),
        expires_after=timedelta(days=2),
        groups_needed=("S0GONE",),
        policy_digest=held.digest,
    )
    assert sentence(decision, PLAIN) == (
        "Rule “only” asks for 1 approval by U0ANN, S0LEADS or S0GONE within 2 days."
    )


def test_somebody_else_may_ask() -> None:
    decision = decide(rule(requesters=[DAN, "S0LEADS"]), asked(), LEADS)
    assert decision.may_ask == (DAN, "S0LEADS")
    assert "U0DAN or S0LEADS may" in sentence(decision, PLAIN)


TWO_RULES = """
[[rule]]
name = "prod"
image_names = ["prod-*"]
regions = ["nyc3"]
approvers = ["U0BOB"]
[[rule]]
name = "rest"
approvals = 0
"""


@pytest.mark.parametrize(
    ("request_", "expected", "name"),
    [
        (asked(), ASK, "prod"),
        (asked(transfer("ams3")), RUN, "rest"),
        (asked(transfer("ams3"), image=None), RUN, "rest"),
        (asked(image=None), NEEDS_IMAGE, None),
        (asked(image=image("dev")), RUN, "rest"),
        (
            asked(transfer("ams3"), transfer()),
            (Verdict.REFUSE, Reason.DIFFERENT_RULES),
            None,
        ),
        (asked(CONVERT, transfer("ams3")), RUN, "rest"),
        (asked(transfer("ams3"), transfer(), image=None), NEEDS_IMAGE, None),
    ],
)
def test_the_first_rule_that_matches_holds(
    request_: PolicyInput, expected: tuple[Verdict, Reason], name: str | None
) -> None:
    decision = decide(policy(TWO_RULES), request_, NO_GROUPS)
    assert (decision.verdict, decision.reason) == expected
    assert decision.rule == name


def test_different_rules_are_named_with_what_falls_under_them() -> None:
    decision = decide(policy(TWO_RULES), asked(transfer("ams3"), transfer()), NO_GROUPS)
    assert sentence(decision, PLAIN) == (
        "These fall under different rules: transfer to ams3 under “rest”,"
        " transfer to nyc3 under “prod”. Ask for them separately."
    )


FREEZE = """
[[rule]]
name = "only"
approvers = ["U0BOB"]
break_glass = true
image_names = ["prod-*"]
[[freeze]]
name = "weekend"
time_zone = "Europe/Berlin"
from = "fri 16:00"
to = "mon 08:00"
regions = ["nyc3"]
"""
SATURDAY = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
"""Clocks go forward on the night after it."""


def test_a_freeze_refuses_until_its_end_in_its_time_zone() -> None:
    decision = decide(policy(FREEZE), asked(at=SATURDAY), NO_GROUPS)
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, Reason.FROZEN)
    assert decision.until == datetime(2026, 3, 30, 6, 0, tzinfo=UTC)
    assert "until Mon 2026-03-30 08:00 Europe/Berlin" in sentence(decision, PLAIN)
    assert decision.approvers == {BOB}
    assert of(policy(FREEZE), asked(at=decision.until)) == ASK


@pytest.mark.parametrize(
    ("glass", "request_", "expected"),
    [
        ("", asked(at=SATURDAY, image=None), Reason.FROZEN),
        ("", asked(transfer("ams3"), at=SATURDAY), Reason.APPROVAL_NEEDED),
        ("", asked(CONVERT, at=SATURDAY), Reason.APPROVAL_NEEDED),
        ("", asked(CONVERT, transfer(), at=SATURDAY), Reason.FROZEN),
        ("", asked(at=SATURDAY, break_glass=True), Reason.FROZEN),
        ("break_glass = true", asked(at=SATURDAY, break_glass=True), Reason.BREAK_GLASS),
        ("break_glass = true", asked(at=SATURDAY), Reason.FROZEN),
        (
            "break_glass = true",
            asked(at=SATURDAY, break_glass=True, image=None),
            Reason.NEEDS_IMAGE,
        ),
    ],
)
def test_freezes_and_glass(glass: str, request_: PolicyInput, expected: Reason) -> None:
    assert of(policy(FREEZE + glass), request_)[1] == expected


def test_a_freeze_opens_to_glass_only_where_the_rule_does_too() -> None:
    text = FREEZE.replace("break_glass = true\n", "approvals = 0\n") + "break_glass = true"
    found = of(policy(text), asked(at=SATURDAY, break_glass=True))
    assert found == (Verdict.REFUSE, Reason.BREAK_GLASS_NOT_ALLOWED)


def test_freezes_that_follow_each_other_are_one() -> None:
    text = FREEZE + '[[freeze]]\ntime_zone = "UTC"\ndays = ["mon"]\nto = "20:00"\n'
    decision = decide(policy(text), asked(at=SATURDAY), NO_GROUPS)
    assert decision.until == datetime(2026, 3, 30, 20, 0, tzinfo=UTC)


def test_a_freeze_without_end_says_so() -> None:
    text = FREEZE + '[[freeze]]\ntime_zone = "UTC"\ndays = ["mon-sun"]\n'
    decision = decide(policy(text), asked(at=SATURDAY), NO_GROUPS)
    assert decision.until is None
    assert "until further notice" in sentence(decision, PLAIN)


def ago(*counts: int, name: str = "only") -> tuple[PastRequest, ...]:
    return tuple(PastRequest(name, NOON - minutes(count)) for count in counts)


@pytest.mark.parametrize(
    ("earlier", "free_in"),
    [
        ((), None),
        (ago(10), None),
        (ago(10, 30), 30),
        (ago(10, 60), None),
        (ago(10, 59), 1),
        (ago(10, 20, 30), 40),
        (ago(10, 30, name="other"), None),
        (ago(10, -5), 50),  # a clock that was set back does not free anybody
    ],
)
def test_quota(earlier: tuple[PastRequest, ...], free_in: int | None) -> None:
    held = rule(quota={"requests": 2, "per": "1h"}, break_glass=True)
    decision = decide(held, asked(earlier=earlier), LEADS)
    if free_in is None:
        assert decision.verdict is Verdict.ASK
        return
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, Reason.QUOTA_USED)
    assert decision.until == NOON + minutes(free_in)
    assert "2 requests in 1 h" in sentence(decision, PLAIN)
    emergency = decide(held, asked(earlier=earlier, break_glass=True), LEADS)
    assert emergency.reason is Reason.BREAK_GLASS
    later = decide(held, asked(earlier=earlier, at=decision.until), LEADS)
    assert later.verdict is Verdict.ASK


def test_break_glass_never_leaves_its_review_to_the_requester() -> None:
    held = rule(approvers=[ANN, BOB], self_approval=True, break_glass=True)
    decision = decide(held, asked(break_glass=True), LEADS)
    assert decision.break_glass
    assert decision.approvers == {BOB}


def test_a_directory_that_learns_meanwhile_gives_one_answer() -> None:
    class Learning:
        asked_times = 0

        def members(self, group_id: str, /) -> frozenset[str] | None:
            self.asked_times += 1
            return None if self.asked_times == 1 else frozenset({ANN})

        def has_left(self, user_id: str, /) -> bool:
            return False

    found = decide(rule(requesters=["S0OPS"]), asked(), Learning())
    assert found.groups_needed == ("S0OPS",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ()},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the mistake that is tested
        {"earlier": (PastRequest("only", datetime(2026, 1, 1)),)},  # noqa: DTZ001 - same
    ],
)
def test_a_request_that_makes_no_sense_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"step|time zone"):
        replace(asked(), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "expected", "rule_name"),
    [
        (asked(), ASK, "production regions"),
        (asked(channel="C0DEV"), (Verdict.REFUSE, Reason.WRONG_CHANNEL), None),
        (asked(requester="U0EVE"), WRONG_PERSON, None),
        (
            asked(transfer("ams3"), image=image("Dev-web"), requester="U0EVE"),
            RUN,
            "development snapshots",
        ),
        (asked(CONVERT, requester=BOB), ASK, "convert backups"),
        (
            asked(transfer(), transfer("ams3"), image=image("dev-web")),
            (Verdict.REFUSE, Reason.DIFFERENT_RULES),
            None,
        ),
        (asked(break_glass=True), (Verdict.RUN, Reason.BREAK_GLASS), "production regions"),
    ],
)
def test_the_worked_examples_of_the_docs(
    request_: PolicyInput, expected: tuple[Verdict, Reason], rule_name: str | None
) -> None:
    decision = decide(policy(EXAMPLE), request_, LEADS)
    assert (decision.verdict, decision.reason) == expected
    assert decision.rule == rule_name
    if rule_name == "convert backups":
        assert decision.approvers == {CAT}


@settings(max_examples=400, deadline=None)
@given(policies, requests, directories)
def test_what_always_holds(held: Policy, request: PolicyInput, directory: Groups) -> None:
    decision = decide(held, request, directory)
    assert decision == decide(held, request, directory)
    assert sentence(decision, PLAIN).isprintable()
    assert sentence(decision, SLACK)
    rules = {rule.name: rule for rule in held.rule}
    frozen = [
        freeze
        for freeze in held.freeze
        if freeze.window.until(request.at) and any(covers(freeze, s) for s in request.steps)
    ]
    if decision.verdict is Verdict.RUN:
        holding = rules[str(decision.rule)]
        if decision.break_glass:
            assert request.break_glass
            assert holding.break_glass
            assert all(freeze.break_glass for freeze in frozen)
            assert request.requester not in decision.approvers
        else:
            assert holding.approvals == 0
    if decision.verdict in (Verdict.RUN, Verdict.ASK) and not decision.break_glass:
        assert not frozen
    if request.requester in decision.approvers:
        assert decision.self_approval
        assert rules[str(decision.rule)].self_approval
    if decision.verdict is Verdict.ASK:
        assert len(decision.approvers) >= decision.approvals > 0
    if decision.verdict is Verdict.NEEDS_IMAGE:
        assert request.steps[0].image is None
    if decision.verdict is Verdict.NEEDS_DIRECTORY:
        assert decision.groups_needed
        assert all(directory.members(group) is None for group in decision.groups_needed)
    if decision.until:
        assert decision.until > request.at


@settings(deadline=None)
@given(
    policies, requests.filter(lambda request: request.steps[0].image is not None), full_directories
)
def test_the_first_match_is_the_one_that_holds(
    held: Policy, request: PolicyInput, directory: Groups
) -> None:
    firsts = {
        next((r.name for r in held.rule if fit(r, step, request, directory).fits), None)
        for step in request.steps
    }
    decision = decide(held, request, directory)
    assert decision.verdict not in (Verdict.NEEDS_IMAGE, Verdict.NEEDS_DIRECTORY)
    if len(firsts) == 1:
        assert {decision.rule} == firsts
    else:
        assert decision.rule is None
        assert decision.verdict is Verdict.REFUSE


@settings(deadline=None)
@given(policies, requests, directories)
def test_knowing_more_never_turns_a_decision_round(
    held: Policy, request: PolicyInput, directory: Groups
) -> None:
    """What was decided without the image stays so with it; a refusal may get a nearer reason."""
    unseen = tuple(replace(step, image=None) for step in request.steps)
    early = decide(held, replace(request, steps=unseen), directory)
    late = decide(held, request, directory)
    if early.verdict is Verdict.REFUSE:
        assert late.verdict in (Verdict.REFUSE, Verdict.NEEDS_DIRECTORY)
    elif early.verdict is not Verdict.NEEDS_IMAGE:
        assert late == early
