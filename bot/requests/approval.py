"""The gate: approving, taking that back, denying, closing an emergency's review."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.states import State
from bot.domain.step_up import Confirmed, Lack, Purpose, StepUp
from bot.policy.decide import Decision
from bot.policy.review import Choice, ReviewDecision, ReviewReason, review, tally
from bot.requests import counted
from bot.requests.clicks import clicked, decision_now, refuse_click, tell_none
from bot.requests.commands import ByClick, Click
from bot.requests.confirmable import (
    NotCounted,
    is_anothers_account,
    lock_request,
    request_of,
)
from bot.requests.contradictions import ON_THE_CARD
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import DONE, Outcome, SaidOnce
from bot.requests.proof import contradictions_with
from bot.requests.recheck import as_reviewed
from bot.requests.recovery import may_attend
from bot.requests.unit_of_work import UnitOfWork
from bot.requests.voting import Voter, cast
from bot.store import events, requests, transitions
from bot.store.rows import OpsRequest
from bot.store.second_factors import Link
from bot.store.transaction import Transaction
from bot.views import answers, decisions, step_up
from bot.views.voice import PLAIN, SLACK


@dataclass(frozen=True)
class Deny(ByClick):
    """Say no, and why."""

    reason: str = ""


@taken_once(OUTCOME)
def approve(uow: UnitOfWork, click: Click) -> Outcome:
    """Approve; whoever may not is told so alone, and it stands in the audit log.

    Returns:
        `SaidOnce`: a link to confirm it, where the rule asks for that, for whoever clicked alone.
        It is kept nowhere: said once, or they click again.
    """
    request = clicked(uow.tx.connection, click, for_update=True)
    if request is None:
        return tell_none(uow, click)
    if not ON_THE_CARD.isdisjoint(contradictions_with(uow.tx.connection, request)):
        facts = {"choice": Choice.APPROVE, "policy": Event.CONTRADICTED}
        return refuse_click(uow, click, request, answers.contradicted(request), facts)
    decision = decision_now(uow, request)
    judged = _judged(uow, request, decision, click.person, Choice.APPROVE, decision.step_up)
    if not judged.counts:
        return _refuse_vote(uow, click, request, decision, judged, Choice.APPROVE)
    if decision.step_up:
        return _ask_to_confirm(uow, click, request, decision.step_up)
    cast(uow.tx, request, Voter(click.person, Choice.APPROVE), decision, judged)
    return DONE


def _ask_to_confirm(uow: UnitOfWork, click: Click, request: OpsRequest, by: StepUp) -> Outcome:
    """No vote yet: whoever clicked gets a link, on which they confirm it."""
    bound = {"ops_request": request.id, "evidence_digest": request.evidence_digest}
    link = uow.deps.step_ups.ask(uow.tx, by, Purpose.APPROVE, click.person, **bound)
    if isinstance(link, Lack):
        facts = {"choice": Choice.APPROVE, "policy": ReviewReason.NOT_CONFIRMED}
        return refuse_click(uow, click, request, step_up.lacking(link, by), facts)
    events.log_only(uow.tx, request.id, Event.STEP_UP_ASKED, click.person)
    return SaidOnce(step_up.confirm_here(link, request.id, by))


class Approving:
    """An approval, where it is confirmed."""

    def lock(self, tx: Transaction, link: Link) -> None:
        """As `Confirmable.lock`."""
        lock_request(tx, link)

    def find(self, connection: Connection, link: Link) -> OpsRequest | None:
        """As `Confirmable.find`."""
        return request_of(connection, link)

    def count(
        self, uow: UnitOfWork, subject: OpsRequest, person: str, confirmed: Confirmed
    ) -> OpsRequest | NotCounted:
        """As `Confirmable.count`."""
        decision = decision_now(uow, subject)
        judged = _judged(uow, subject, decision, person, Choice.APPROVE, confirmed.method)
        if not judged.counts:
            return NotCounted(decisions.of_click(judged, PLAIN))
        if is_anothers_account(uow.tx.connection, subject.id, person, confirmed):
            return NotCounted(step_up.same_account())
        by = Voter(person, Choice.APPROVE, "", confirmed)
        cast(uow.tx, subject, by, decision, judged)
        return requests.load(uow.tx.connection, subject.id) or subject


@taken_once(OUTCOME)
def deny(uow: UnitOfWork, command: Deny) -> Outcome:
    """Deny; whoever may not is told so alone, and it stands in the audit log."""
    click = command.click
    request = clicked(uow.tx.connection, click, for_update=True)
    if request is None:
        return tell_none(uow, click)
    decision = decision_now(uow, request)
    judged = _judged(uow, request, decision, click.person, Choice.DENY)
    if not judged.counts:
        return _refuse_vote(uow, click, request, decision, judged, Choice.DENY)
    cast(uow.tx, request, Voter(click.person, Choice.DENY, command.reason), decision, judged)
    return DONE


@taken_once(OUTCOME)
def ask_to_deny(uow: UnitOfWork, click: Click) -> Outcome:
    """Whether a click on *Deny* may go on to the form that asks why; nothing is decided yet."""
    request = clicked(uow.tx.connection, click)
    if request is None:
        return tell_none(uow, click)
    decision = decision_now(uow, request)
    judged = _judged(uow, request, decision, click.person, Choice.DENY)
    if not judged.counts:
        return _refuse_vote(uow, click, request, decision, judged, Choice.DENY)
    return DONE


@taken_once(OUTCOME)
def take_vote_back(uow: UnitOfWork, click: Click) -> Outcome:
    """Take back one's own approval, while the request waits for others."""
    request = clicked(uow.tx.connection, click, for_update=True)
    if request is None:
        return tell_none(uow, click)
    decision = decision_now(uow, request)
    stands = any(vote.person == click.person for vote in request.approvals)
    if request.state is not State.PENDING or not stands:
        text = answers.no_vote_to_take_back(request, stands=stands)
        return refuse_click(uow, click, request, text, {"choice": "take_back"})
    transitions.remove_vote(uow.tx, request.id, click.person)
    others = tuple(vote for vote in request.votes if vote.person != click.person)
    left = tally(decision, as_reviewed(replace(request, votes=others)))
    facts = {
        "policy_digest": decision.policy_digest,
        "needed": decision.approvals,
        "missing": left.missing,
        "tally": counted.facts(decision, left),
    }
    events.record(uow.tx, request.id, Event.VOTE_WITHDRAWN, click.person, facts)
    return DONE


@taken_once(OUTCOME)
def close_review(uow: UnitOfWork, click: Click) -> Outcome:
    """A second person has looked at the emergency access."""
    request = clicked(uow.tx.connection, click, for_update=True)
    if request is None:
        return tell_none(uow, click)
    decision = decision_now(uow, request)
    facts = {"choice": "close_review"}
    if request.review != "open":
        return refuse_click(uow, click, request, answers.review_closed_already, facts)
    if click.person not in _reviewers(request, decision):
        return refuse_click(uow, click, request, answers.not_for_you(request, decision), facts)
    transitions.update(uow.tx, request.id, review="closed")
    events.record(uow.tx, request.id, Event.REVIEW_CLOSED, click.person)
    return DONE


def _reviewers(request: OpsRequest, decision: Decision) -> Container[str]:
    """Never the requester, and always somebody: where the rule lists nobody else, everybody."""
    listed = may_attend(request, decision) - {request.requester}
    unknown = bool(decision.groups_needed)
    return listed if listed or unknown else _AnybodyBut(request.requester)


@dataclass(frozen=True)
class _AnybodyBut(Container[str]):
    person: str

    def __contains__(self, person: object) -> bool:
        return person != self.person


def _judged(
    uow: UnitOfWork,
    request: OpsRequest,
    decision: Decision,
    person: str,
    choice: Choice,
    confirmed_by: StepUp | None = None,
) -> ReviewDecision:
    now = datetime.fromtimestamp(uow.tx.now, UTC)
    return review(decision, as_reviewed(request), person, choice, now, confirmed_by)


def _refuse_vote(
    uow: UnitOfWork,
    click: Click,
    request: OpsRequest,
    decision: Decision,
    judged: ReviewDecision,
    choice: Choice,
) -> Outcome:
    facts = {"choice": choice, "policy": judged.reason}
    text = decisions.of_click(judged, SLACK)
    return refuse_click(uow, click, request, text, facts)
