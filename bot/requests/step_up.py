"""Confirming on a link: an approval, *Send again*, a changed policy. Then it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.step_up import Confirmed, Purpose, Refusal, StepUp
from bot.requests import approval, policy_changes, resending
from bot.requests.confirmable import Confirmable, NotCounted
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import audit, second_factors
from bot.store.database import ACK_SECONDS
from bot.store.second_factors import Link
from bot.views.pages.step_up import Subject

_KINDS: Mapping[Purpose, Confirmable[Any]] = {
    Purpose.APPROVE: approval.Approving(),
    Purpose.RESEND: resending.SendingAgain(),
    Purpose.POLICY: policy_changes.ApprovingPolicy(),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a link on which a second factor was shown.

    Attributes:
        refusal: why nothing did; None: it counts.
        subject: what the link is for, as it is now; None: there is no such thing.
        said: with `Refusal.NOT_COUNTED`, why not.
        method: by what the link is to be confirmed.
    """

    refusal: Refusal | None = None
    subject: Subject | None = None
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
        link = _link_to_confirm(connection, token)
        if link is None:
            return Outcome(Refusal.UNKNOWN)
        subject = _KINDS[link.purpose].find(connection, link)
    if refused := link.refused_at(deps.store.clock()):
        return Outcome(refused)
    if subject is None:
        return Outcome(Refusal.UNKNOWN)
    return Outcome(None, subject, method=link.method)


def confirm(deps: Dependencies, command: Confirm) -> Outcome:
    """Count what a link is for, if this is the code of the person it was made for.

    The policy is asked anew, at this moment.

    Raises:
        bot.errors.StoreUnavailable: nothing was taken, and the code may be used once more.
    """
    with deps.store.read() as connection:  # whoever guesses tokens keeps no writer waiting
        link = _link_to_confirm(connection, command.token)
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


def locked(uow: UnitOfWork, link: Link) -> tuple[Link, Subject] | None:
    """A link as it is now, and what it is for; nobody else touches either until the end."""
    kind = _KINDS[link.purpose]
    kind.lock(uow.tx, link)
    second_factors.lock(uow.tx, link.person)
    now = second_factors.same_link(uow.tx.connection, link)
    subject = kind.find(uow.tx.connection, now) if now else None
    return (now, subject) if now and subject else None


def _link_to_confirm(connection: Connection, token: str) -> Link | None:
    link = second_factors.link_of(connection, token)
    return link if link and link.purpose in _KINDS else None


def _confirm(uow: UnitOfWork, link: Link, subject: Subject, code: str) -> Outcome:
    factors = uow.deps.step_ups.totp
    if factors is None:
        return Outcome(Refusal.UNKNOWN)
    confirmed = factors.check(uow.tx, link, code)
    if isinstance(confirmed, Refusal):
        return Outcome(confirmed, subject)
    return confirmed_on(uow, link, subject, confirmed)


def confirmed_on(uow: UnitOfWork, link: Link, subject: Subject, confirmed: Confirmed) -> Outcome:
    """Count what a link is for, as the policy in force now has it; the link is used up."""
    second_factors.end_link(uow.tx, link, Refusal.USED)
    counted = _KINDS[link.purpose].count(uow, subject, link.person, confirmed)
    if isinstance(counted, NotCounted):
        return Outcome(Refusal.NOT_COUNTED, subject, counted.said)
    return Outcome(None, counted)


def note_refused_link(uow: UnitOfWork, link: Link, why: Refusal, **facts: str) -> None:
    """That nothing came of a link to show a second factor stands in the audit log."""
    if not uow.deps.refused.wait(link.person):  # of a flood the log holds enough
        told = {"why": why, "link": link.name, "purpose": link.purpose, **facts}
        request = link.ops_request
        audit.append(uow.tx, Event.STEP_UP_REFUSED, link.person, ops_request=request, facts=told)
