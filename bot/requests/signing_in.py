"""Approvals that are confirmed by signing in anew at the identity provider.

The provider is asked between two transactions, never within one.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from dataclasses import dataclass, field

from bot.domain.sign_in import Identity, SignIn, SignInAnswer
from bot.domain.step_up import Confirmed, Refusal, StepUp
from bot.oidc.discovery import ProviderTrouble
from bot.oidc.id_token import Unproven
from bot.requests.step_up import Outcome, confirmed_on, locked, note_refused_link, to_confirm
from bot.requests.unit_of_work import Dependencies
from bot.store import second_factors
from bot.store.database import ACK_SECONDS
from bot.store.second_factors import Link

log = logging.getLogger(__name__)

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Begun:
    """A sign-in that was begun.

    Attributes:
        address: where the browser goes.
        secret: what it keeps meanwhile, and nobody else has.
    """

    address: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class SignedIn:
    """A browser comes back from the identity provider. An answer is taken once.

    Attributes:
        secret: what that browser kept.
    """

    answer: SignInAnswer
    secret: str = field(repr=False)


def begin(deps: Dependencies, token: str) -> Begun | Outcome:
    """Have a link wait for its sign-in; one that was begun on it before is void.

    Raises:
        bot.errors.StoreUnavailable: nothing was begun.
    """
    found = to_confirm(deps, token)
    client = deps.step_ups.oidc
    if found.refusal or found.method is not StepUp.OIDC or client is None:
        return Outcome(found.refusal or Refusal.WRONG_METHOD)
    begun = SignIn(secrets.token_urlsafe(_SECRET_BYTES))
    try:
        address = client.address(begun)
    except ProviderTrouble as error:
        log.warning("%s", error)
        return Outcome(Refusal.CANNOT_ASK, found.subject)
    with deps.unit_of_work(ACK_SECONDS) as uow:
        link = second_factors.link_of(uow.tx.connection, token)
        if link is None or not second_factors.begin_sign_in(uow.tx, link, begun.state):
            return Outcome(Refusal.USED)
    return Begun(address, begun.secret)


def finish(deps: Dependencies, command: SignedIn) -> Outcome:
    """Count the approval whose sign-in is answered, if the right person signed in.

    Raises:
        bot.errors.StoreUnavailable: nothing was counted.
    """
    answer, begun = command.answer, SignIn(command.secret)
    is_same = hmac.compare_digest(begun.state.encode(), answer.state.encode())
    link = _take_answer(deps, answer.state) if is_same else None
    client = deps.step_ups.oidc
    if link is None or client is None:
        return Outcome(Refusal.UNKNOWN)
    now = deps.store.clock()
    found: Identity | Unproven
    if refused := link.sign_in_refused_at(now):
        found = Unproven(refused)
    else:
        found = _of_the_clicker(client.identify(answer, begun, link.made_at, now), link)
    if isinstance(found, Unproven):
        return _not_signed_in(deps, link, found)
    return _signed_in(deps, link, found)


def _take_answer(deps: Dependencies, state: str) -> Link | None:
    with deps.store.read() as connection:  # whoever guesses keeps no writer waiting
        link = second_factors.link_of_sign_in(connection, state)
    if link is None:
        return None
    with deps.unit_of_work(ACK_SECONDS) as uow:
        return link if second_factors.take_answer(uow.tx, link) else None


def _of_the_clicker(found: Identity | Unproven, link: Link) -> Identity | Unproven:
    if isinstance(found, Unproven) or found.person == link.person:
        return found
    detail = f"subject={found.subject} person={found.person or '-'}"
    return Unproven(Refusal.ANOTHER_PERSON, detail)


def _not_signed_in(deps: Dependencies, link: Link, found: Unproven) -> Outcome:
    """The link stays good for as long as it is: whoever mistyped a password begins again."""
    with deps.unit_of_work(ACK_SECONDS) as uow:
        note_refused_link(uow, link, found.why, detail=found.detail)
    return Outcome(found.why)


def _signed_in(deps: Dependencies, link: Link, who: Identity) -> Outcome:
    with deps.unit_of_work(ACK_SECONDS) as uow:
        found = locked(uow, link)
        if found is None or found[0].ended_as:
            return Outcome((found[0].ended_as if found else None) or Refusal.UNKNOWN)
        at = uow.tx.now
        confirmed = Confirmed(StepUp.OIDC, who.subject, at, link.name, who.told)
        outcome = confirmed_on(uow, *found, confirmed)
        if outcome.refusal:
            note_refused_link(uow, link, outcome.refusal, subject=who.subject)
    return outcome
