"""Approvals that are confirmed with a second factor: the vote, once it was shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.step_up import Confirmed, Purpose, Refusal, StepUp
from bot.policy.review import Choice, review
from bot.requests.clicks import decision_now
from bot.requests.recheck import as_reviewed
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.requests.voting import Voter, cast
from bot.store import audit, requests, second_factors
from bot.store.database import ACK_SECONDS
from bot.store.rows import OpsRequest
from bot.store.second_factors import Link


@dataclass(frozen=True)
class Outcome:
    """What became of a link on which a second factor was shown.

    Attributes:
        refusal: why nothing did; None: the vote counts.
        request: as it is now; None: there is none that the link is for.
        said: with `Refusal.NOT_COUNTED`, what the policy says.
        method: by what the link is to be confirmed.
    """

    refusal: Refusal | None = None
    request: OpsRequest | None = None
    said: str = ""
    method: StepUp = StepUp.TOTP

    @property
    def is_final(self) -> bool:
        """Whether trying again on the same page cannot help."""
        return self.refusal not in (None, Refusal.WRONG_CODE)


@dataclass(frozen=True)
class Confirm:
    """A code on the page of a link. The link is good once, so a repeat does nothing more."""

    token: str = field(repr=False)
    code: str = field(repr=False)


def to_confirm(deps: Dependencies, token: str) -> Outcome:
    """What a link would confirm; nothing is changed."""
    with deps.store.read() as connection:
        link = _link_to_approve(connection, token)
        if link is None:
            return Outcome(Refusal.UNKNOWN)
        request = _request_of(connection, link)
    if refused := link.refused_at(deps.store.clock()):
        return Outcome(refused)
    if not _is_for(link, request):
        return Outcome(Refusal.UNKNOWN)
    return Outcome(None, request, method=link.method)


def confirm(deps: Dependencies, command: Confirm) -> Outcome:
    """Count the approval that a link is for, if this is the code of the person it was made for.

    The policy is asked anew, at this moment.

    Raises:
        bot.errors.StoreUnavailable: nothing was taken, and the code may be used once more.
    """
    with deps.store.read() as connection:  # whoever guesses tokens keeps no writer waiting
        link = _link_to_approve(connection, command.token)
    if link is None:
        return Outcome(Refusal.UNKNOWN)
    with deps.unit_of_work(ACK_SECONDS) as uow:
        found = locked(uow, link)
        if found is None:
            return Outcome(Refusal.UNKNOWN)
        outcome = _confirm(uow, *found, command.code)
        if outcome.refusal:
            note_refused_link(uow, link, outcome.refusal)
    return outcome


def locked(uow: UnitOfWork, link: Link) -> tuple[Link, OpsRequest] | None:
    """A link as it is now, and what it is for; nobody else touches either until the end."""
    request = _request_of(uow.tx.connection, link, for_update=True)
    second_factors.lock(uow.tx, link.person)
    now = second_factors.same_link(uow.tx.connection, link)
    if now is None or request is None or not _is_for(now, request):
        return None
    return now, request


def _link_to_approve(connection: Connection, token: str) -> Link | None:
    link = second_factors.link_of(connection, token)
    if link is None or link.purpose is not Purpose.APPROVE or link.ops_request is None:
        return None
    return link


def _request_of(
    connection: Connection, link: Link, *, for_update: bool = False
) -> OpsRequest | None:
    if link.ops_request is None:
        return None
    return requests.load(connection, link.ops_request, for_update=for_update)


def _confirm(uow: UnitOfWork, link: Link, request: OpsRequest, code: str) -> Outcome:
    factors = uow.deps.step_ups.totp
    if factors is None:
        return Outcome(Refusal.UNKNOWN)
    confirmed = factors.check(uow.tx, link, code)
    if isinstance(confirmed, Refusal):
        return Outcome(confirmed, request)
    return confirmed_on(uow, link, request, confirmed)


def confirmed_on(uow: UnitOfWork, link: Link, request: OpsRequest, confirmed: Confirmed) -> Outcome:
    """Count what a link is for, as the policy in force now has it; the link is used up."""
    tx, person = uow.tx, link.person
    second_factors.end_link(tx, link, Refusal.USED)
    decision = decision_now(uow, request)
    now = datetime.fromtimestamp(tx.now, UTC)
    reviewed = as_reviewed(request)
    judged = review(decision, reviewed, person, Choice.APPROVE, now, confirmed.method)
    if not judged.counts:
        return Outcome(Refusal.NOT_COUNTED, request, judged.sentence)
    cast(tx, request, Voter(person, Choice.APPROVE, "", confirmed), decision, judged)
    return Outcome(None, requests.load(tx.connection, request.id))


def note_refused_link(uow: UnitOfWork, link: Link, why: Refusal, **facts: str) -> None:
    """That nothing came of a link to show a second factor stands in the audit log."""
    if not uow.deps.refused.wait(link.person):  # of a flood the log holds enough
        told = {"why": why, "link": link.name, "purpose": link.purpose, **facts}
        request = link.ops_request
        audit.append(uow.tx, Event.STEP_UP_REFUSED, link.person, ops_request=request, facts=told)


def _is_for(link: Link, request: OpsRequest | None) -> bool:
    """Whether it is the request that was clicked on, and not another one under its number."""
    return request is not None and link.evidence_digest == request.evidence_digest
