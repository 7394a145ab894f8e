"""What people do to have a second factor: a link, a secret that is shown once, its first code."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.events import Event
from bot.domain.step_up import Purpose, Refusal, StepUp
from bot.requests.second_factors import NewSecret, SecondFactors
from bot.requests.taking import Taking
from bot.store import audit, outbox
from bot.store import second_factors as store
from bot.store.database import ACK_SECONDS
from bot.store.second_factors import Link
from bot.store.transaction import Transaction
from bot.views import step_up as views
from bot.views.message import Message


@dataclass(frozen=True)
class Enrolment:
    """Whom a link is for."""

    person: str
    has_one: bool


class Enrolling(Taking):
    """What people do to have a second factor."""

    def link_to_enrol(self, person: str, delivery: str) -> Message:
        """An answer with a link to enrol, for their eyes only; it is kept nowhere.

        Raises:
            bot.errors.StoreUnavailable: nothing was made.
        """
        made: list[str] = []

        def act(tx: Transaction) -> str:
            if self._second_factors:
                made[:] = [self._second_factors.link_to_enrol(tx, person)]
            return ""

        self._once(delivery, act)
        if self._second_factors is None:
            return Message(views.not_set_up())
        return Message(views.enrol_here(made[0]) if made else views.link_sent_before())

    def enrolment(self, token: str) -> Enrolment | Refusal:
        """Whom a link to enrol is for, and whether they have a factor already."""
        with self._store.read() as connection:
            link = store.link_of(connection, token)
            if link is None or link.purpose is not Purpose.ENROL:
                return Refusal.UNKNOWN
            has_one = store.factor_of(connection, link.person) is not None
        return link.refused_at(self._store.clock()) or Enrolment(link.person, has_one)

    def show_secret(self, token: str, old_code: str) -> NewSecret | Refusal:
        """A new secret, once; whoever has a factor shows that first."""
        found = self.enrolment(token)
        if isinstance(found, Refusal):
            return found
        with self._store.write(wait=ACK_SECONDS) as tx:
            return self._show_secret(tx, token, found.person, old_code)

    def _show_secret(
        self, tx: Transaction, token: str, person: str, old_code: str
    ) -> NewSecret | Refusal:
        link, factors = self._locked(tx, token, person)
        if link is None or factors is None:
            return Refusal.UNKNOWN
        if refused := link.refused_at(tx.now):
            return refused
        if link.sealed:
            return Refusal.ALREADY_SHOWN
        if store.factor_of(tx.connection, person) is not None:
            shown = factors.check(tx, link, old_code)
            if isinstance(shown, Refusal):
                self._note_no_step_up(tx, link, shown)
                return shown
        return factors.new_secret(tx, link)

    def enrol(self, token: str, code: str) -> Refusal | None:
        """Take the secret that was shown, by its first code; None: it is enrolled."""
        found = self.enrolment(token)
        if isinstance(found, Refusal):
            return found
        with self._store.write(wait=ACK_SECONDS) as tx:
            return self._enrol(tx, token, found.person, code)

    def _enrol(self, tx: Transaction, token: str, person: str, code: str) -> Refusal | None:
        link, factors = self._locked(tx, token, person)
        if link is None or factors is None:
            return Refusal.UNKNOWN
        replaces = store.factor_of(tx.connection, person) is not None
        refused = factors.enrol(tx, link, code)
        if refused:
            self._note_no_step_up(tx, link, refused)
            return refused
        facts = {"method": StepUp.TOTP, "link": link.name, "replaces": replaces}
        audit.append(tx, Event.SECOND_FACTOR_ENROLLED, person, facts=facts)
        outbox.add_message(tx, person, views.enrolled())
        return None

    def _locked(
        self, tx: Transaction, token: str, person: str
    ) -> tuple[Link | None, SecondFactors | None]:
        store.lock(tx, person)
        return store.link_of(tx.connection, token), self._second_factors
