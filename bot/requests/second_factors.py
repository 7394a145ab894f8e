"""Second factors: codes of an app that people enrol, and checking one."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from bot.domain import totp
from bot.domain.events import Event
from bot.domain.step_up import Confirmed, Refusal, StepUp
from bot.store import audit, outbox
from bot.store import second_factors as store
from bot.store.sealing import CannotOpen, Sealer
from bot.store.second_factors import Factor, Link
from bot.store.transaction import Transaction
from bot.views import step_up as views

log = logging.getLogger(__name__)

ISSUER = "image-bot"


@dataclass(frozen=True)
class NewSecret:
    """A secret that is shown once, and the address that an app opens."""

    text: str
    address: str


class SecondFactors:
    """What checks a second factor, inside the caller's transaction.

    Args:
        sealer: encrypts the secrets.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def check(self, tx: Transaction, link: Link, code: str) -> Confirmed | Refusal:
        """Whether the code is the one of the person the link was made for; then it is used up."""
        if refused := link.refused_at(tx.now):
            return refused
        if link.method is not StepUp.TOTP:
            return Refusal.WRONG_METHOD
        factor = store.factor_of(tx.connection, link.person)
        if factor is None:
            return Refusal.NOT_ENROLLED
        if factor.paused_until > tx.now:
            return Refusal.PAUSED
        secret = self._opened(factor)
        if secret is None:
            return Refusal.CANNOT_OPEN
        step = totp.matching(secret, code, tx.now, factor.used)
        if step is None or not store.taken(tx, factor, step):
            store.missed(tx, factor)
            return Refusal.WRONG_CODE
        return Confirmed(StepUp.TOTP, link.person, tx.now, link.name)

    def _opened(self, factor: Factor) -> bytes | None:
        try:
            return self._sealer.open(factor.person, factor.sealed)
        except CannotOpen as error:
            log.error("%s", error)
            return None

    def new_secret(self, tx: Transaction, link: Link) -> NewSecret | Refusal:
        """A secret for the person of the link, kept until its first code; shown once."""
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        if not store.hold_secret(tx, link, self._sealer.seal(link.person, secret)):
            return Refusal.ALREADY_SHOWN
        return NewSecret(totp.in_base32(secret), totp.address(secret, link.person, ISSUER))

    def enrol(self, tx: Transaction, link: Link, code: str) -> Refusal | None:
        """Take the secret that the link holds, if this is its code; None: it is enrolled."""
        if refused := link.refused_at(tx.now):
            return refused
        if not link.sealed:
            return Refusal.WRONG_CODE
        try:
            secret = self._sealer.open(link.person, link.sealed)
        except CannotOpen as error:
            log.error("%s", error)
            return Refusal.CANNOT_OPEN
        step = totp.matching(secret, code, tx.now, 0)
        if step is None:
            store.missed_on(tx, link)
            return Refusal.WRONG_CODE
        store.end_link(tx, link, Refusal.USED)
        store.enrol(tx, link.person, self._sealer.seal(link.person, secret), step)
        return None


def reset(tx: Transaction, person: str, account: str, reason: str) -> bool:
    """Forget what a person enrolled, by an operator; False: there was nothing.

    Args:
        account: the operating system's name for whoever types, as the audit log keeps it.
    """
    store.lock(tx, person)
    if not store.forget(tx, person):
        return False
    facts = {"person": person, "account": account, "reason": reason}
    audit.append(tx, Event.SECOND_FACTOR_RESET, audit.OPERATOR, facts=facts)
    outbox.add_message(tx, person, views.was_reset())
    return True
