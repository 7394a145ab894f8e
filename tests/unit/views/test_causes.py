"""Why things stand as they do: kept as data, and said in words from what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asked import OFFERED, request

from bot.digitalocean.errors import HttpResponseError, Response
from bot.digitalocean.refusals import cause_of_error
from bot.domain.blockers import Blocker, BlockReason
from bot.domain.causes import Cause, CauseKind, blocked, cause_of
from bot.domain.quorum import Group
from bot.domain.states import State
from bot.operations.base import Trace
from bot.policy import reasons
from bot.policy.decide import Decision, Verdict
from bot.policy.match import Step
from bot.policy.stored import cause_of_decision, decision_of
from bot.store.rows import Vote
from bot.views import answers, causes, decisions, offers
from bot.views.voice import PLAIN

REFUSED = Decision(Verdict.REFUSE, reasons.NoRule(Step("delete")))
GONE = Blocker(BlockReason.NOT_FOUND, facts={"image_id": 62137902})
OLD = Cause(CauseKind.APPROVAL_OLD, {"hours": 24})
FACTS = {
    CauseKind.POLICY: cause_of_decision(REFUSED).facts,
    CauseKind.BLOCKED: blocked([GONE]).facts,
    CauseKind.DONE_ALREADY: blocked([GONE]).facts,
    CauseKind.CARD_NOT_POSTED: {"error": "is_archived"},
    CauseKind.HANDED_OVER: {"handover": vars(OFFERED)},
    CauseKind.NOT_YET_FOR_LONG: {"cause": OLD.as_json(), "minutes": 30},
    CauseKind.DRIFTED: {"changes": [OLD.as_json()]},
    CauseKind.CHANGED: {"what": "name", "before": "web", "now": "db"},
    CauseKind.NOT_SEEN: {"trace": Trace.SNAPSHOT},
    CauseKind.CONTRADICTED: {"what": ["votes"]},
    CauseKind.HEADS_NOT_KEPT: {"sinks": ["file"]},
}
COMMON = {
    **{"said": "It said so.", "reason": "Slack is down", "reference": "7f3a", "action_id": 7},
    **{"image_id": 1, "image_ids": [1, 2], "given": 1, "needed": 2, "hours": 24},
}


@pytest.mark.parametrize("kind", sorted(CauseKind))
def test_each_is_said_in_words_from_what_a_column_keeps(kind: CauseKind) -> None:
    cause = Cause(kind, FACTS.get(kind, COMMON))
    kept = cause_of(json.loads(json.dumps(cause.as_json())))
    assert kept is not None
    assert causes.in_words(kept) == causes.in_words(cause) != ""
    assert causes.in_short(kept)
    assert causes.answer(kept)


HOSTILE = "<!channel> `a & b` <https://evil.example|here>"
WRITTEN_BY_OTHERS = {
    CauseKind.ANSWERED: {"said": HOSTILE},
    CauseKind.SO_ALREADY: {"said": HOSTILE},
    CauseKind.CLOSED_BY_OPERATOR: {"reason": HOSTILE},
    CauseKind.CARD_NOT_POSTED: {"error": HOSTILE},
    CauseKind.CHANGED: {"what": "name", "before": "web", "now": HOSTILE},
    CauseKind.BLOCKED: blocked(
        [Blocker(BlockReason.IMPORT_FAILED, facts={"image_id": 1, "error": HOSTILE})]
    ).facts,
    CauseKind.POLICY: cause_of_decision(
        Decision(Verdict.REFUSE, reasons.NoRule(Step("delete")), rule=HOSTILE)
    ).facts,
}


@pytest.mark.parametrize("kind", WRITTEN_BY_OTHERS)
def test_what_others_wrote_is_made_harmless_once(kind: CauseKind) -> None:
    cause = Cause(kind, COMMON | WRITTEN_BY_OTHERS[kind])
    ended = replace(request(State.REFUSED), cause=cause)
    for said in (
        causes.in_slack(cause),
        causes.in_short_in_slack(cause, 300),
        causes.outcome(ended),
        offers.closed(ended, State.REFUSED, cause).text,
        answers.card_not_posted(ended, cause),
    ):
        assert "<!" not in said
        assert "<http" not in said
        assert "&amp;amp;" not in said
        assert "&amp;lt;" not in said


def test_a_command_is_one_to_copy() -> None:
    backup = Blocker(BlockReason.BACKUP_NOT_TRANSFERABLE, facts={"image_id": 62137902})
    cause = blocked([backup])
    ended = replace(request(State.REFUSED), cause=cause)
    for said in (offers.closed(ended, State.REFUSED, cause).text, causes.outcome(ended)):
        assert "`/image convert 62137902`" in said


def _decisions() -> Iterator[Decision]:
    """One for each reason, with all that a sentence may name."""
    step = Step("transfer", "nyc3")
    whys: tuple[reasons.Why, ...] = (
        reasons.RuleAllows(needless_glass=True),
        reasons.ApprovalNeeded(),
        reasons.BreakGlassUsed(),
        reasons.NoRule(step),
        reasons.RequesterNotAllowed(step, ("prod", "test")),
        reasons.WrongChannel(step, "C0X", ("C0OPS",)),
        reasons.WrongRecipient("ops@example.com", ("*@example.org",)),
        reasons.OutsideHours(step, ("mon-fri 09:00 to 18:00",)),
        reasons.DifferentRules((step, Step("delete")), ("prod", "test")),
        reasons.Frozen("launch", "Europe/Berlin", emergency=True),
        reasons.QuotaUsed(3, timedelta(hours=24)),
        reasons.TicketMissing("^OPS-"),
        reasons.BreakGlassNotAllowed(in_a_freeze=True),
        reasons.NobodyElse(emergency=True),
        reasons.NobodyElse(("U0GONE",)),
        reasons.TooFewApprovers(1, ("S0GONE",)),
        reasons.NeedsImage("prod"),
        reasons.GroupUnknown("prod", to_approve=True),
    )
    for why in whys:
        yield Decision(
            Verdict.REFUSE,
            why,
            rule="prod",
            groups=(Group(("S0SEC",), 2, frozenset({"U0BOB"})),),
            escalates_after=timedelta(minutes=30),
            escalates_to=("S0LEADS",),
            may_ask=("U0DAN",),
            groups_needed=("S0SEC", "oncall:prod"),
            until=datetime(2026, 12, 24, 16, 0, tzinfo=UTC),
        )


@pytest.mark.parametrize("decision", list(_decisions()), ids=lambda d: d.reason)
def test_what_the_policy_says_is_said_the_same_later(decision: Decision) -> None:
    kept = cause_of(json.loads(json.dumps(cause_of_decision(decision).as_json())))
    assert kept is not None
    assert decisions.sentence(decision_of(kept), PLAIN) == decisions.sentence(decision, PLAIN)


def test_every_reason_of_the_policy_is_among_them() -> None:
    assert {decision.reason for decision in _decisions()} == set(reasons.Reason)


def test_an_answer_is_not_named_twice() -> None:
    error = HttpResponseError(Response(422), {"id": "unprocessable", "message": "No."})
    assert error.problem == "DigitalOcean answered 422 unprocessable: No."
    assert causes.answer(cause_of_error(error)) == "422 unprocessable: No"
    again = {"cause": cause_of_error(error).as_json(), "minutes": 30}
    for_long = Cause(CauseKind.NOT_YET_FOR_LONG, again)
    assert causes.answer(for_long) == "422 unprocessable: No. It was tried again for 30 minutes"


def test_how_a_request_ended_is_told_by_its_state_where_that_tells_it() -> None:
    denied = request(State.DENIED, votes=(Vote("U0BOB", "deny", "Denied: no", 1.0),))
    assert causes.outcome(denied) == "“Denied: no”", "the person's own words, whatever they are"
    assert causes.outcome(request(State.DENIED)) == ""
    assert causes.outcome(request(State.EXPIRED)).startswith("Not approved in time")
    assert causes.outcome(request(State.CANCELLED)) == "Nothing was sent."
    assert causes.outcome(request(State.CANCELLED, cause=OLD)) == causes.in_words(OLD)
    assert causes.outcome(request(State.PENDING)) == ""
