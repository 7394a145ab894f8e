"""What people do to have a second factor: a link, a secret that is shown once, its first code."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.events import Event
from bot.domain.step_up import Purpose, Refusal, StepUp
from bot.requests.commands import Sender
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import Refused, SaidOnce
from bot.requests.second_factors import NewSecret, SecondFactors
from bot.requests.step_up import note_refused_link
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import audit, outbox
from bot.store import second_factors as store
from bot.store.database import ACK_SECONDS
from bot.store.second_factors import Link
from bot.views import step_up as views


@dataclass(frozen=True)
class Enrolment:
    """Whom a link is for."""

    person: str
    has_one: bool


@dataclass(frozen=True)
class ShowSecret:
    """Ask for a new secret on the page of a link; with the code of the factor there is, if any."""

    token: str = field(repr=False)
    old_code: str = field(repr=False)


@dataclass(frozen=True)
class Enrol:
    """Take the secret that was shown, by its first code."""

    token: str = field(repr=False)
    code: str = field(repr=False)


@taken_once(OUTCOME)
def link_to_enrol(uow: UnitOfWork, by: Sender) -> Refused | SaidOnce:
    """A link to enrol, for their eyes only; it is kept nowhere."""
    if uow.deps.step_ups.totp is None:
        return Refused(views.not_set_up(StepUp.TOTP))
    link = uow.deps.step_ups.link_to_enrol(uow.tx, by.person)
    return SaidOnce(views.enrol_here(link), again=views.link_sent_before())


def enrolment(deps: Dependencies, token: str) -> Enrolment | Refusal:
    """Whom a link to enrol is for, and whether they have a factor already."""
    with deps.store.read() as connection:
        link = store.link_of(connection, token)
        if link is None or link.purpose is not Purpose.ENROL:
            return Refusal.UNKNOWN
        has_one = store.factor_of(connection, link.person) is not None
    return link.refused_at(deps.store.clock()) or Enrolment(link.person, has_one)


def show_secret(deps: Dependencies, command: ShowSecret) -> NewSecret | Refusal:
    """A new secret, once; whoever has a factor shows that first."""
    found = enrolment(deps, command.token)
    if isinstance(found, Refusal):
        return found
    with deps.unit_of_work(ACK_SECONDS) as uow:
        return _show_secret(uow, command, found.person)


def _show_secret(uow: UnitOfWork, command: ShowSecret, person: str) -> NewSecret | Refusal:
    link, factors = _locked(uow, command.token, person)
    if link is None or factors is None:
        return Refusal.UNKNOWN
    if refused := link.refused_at(uow.tx.now):
        return refused
    if link.sealed:
        return Refusal.ALREADY_SHOWN
    if store.factor_of(uow.tx.connection, person) is not None:
        shown = factors.check(uow.tx, link, command.old_code)
        if isinstance(shown, Refusal):
            note_refused_link(uow, link, shown)
            return shown
    return factors.new_secret(uow.tx, link)


def enrol(deps: Dependencies, command: Enrol) -> Refusal | None:
    """Take the secret that was shown, by its first code; None: it is enrolled."""
    found = enrolment(deps, command.token)
    if isinstance(found, Refusal):
        return found
    with deps.unit_of_work(ACK_SECONDS) as uow:
        return _enrol(uow, command, found.person)


def _enrol(uow: UnitOfWork, command: Enrol, person: str) -> Refusal | None:
    link, factors = _locked(uow, command.token, person)
    if link is None or factors is None:
        return Refusal.UNKNOWN
    replaces = store.factor_of(uow.tx.connection, person) is not None
    refused = factors.enrol(uow.tx, link, command.code)
    if refused:
        note_refused_link(uow, link, refused)
        return refused
    facts = {"method": StepUp.TOTP, "link": link.name, "replaces": replaces}
    audit.append(uow.tx, Event.SECOND_FACTOR_ENROLLED, person, facts=facts)
    outbox.add_message(uow.tx, person, views.enrolled())
    return None


def _locked(uow: UnitOfWork, token: str, person: str) -> tuple[Link | None, SecondFactors | None]:
    store.lock(uow.tx, person)
    return store.link_of(uow.tx.connection, token), uow.deps.step_ups.totp
