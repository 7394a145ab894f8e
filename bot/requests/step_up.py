"""Approvals that are confirmed with a second factor: the vote, once it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.step_up import Confirmed, Purpose, Refusal
from bot.policy.review import Choice, review
from bot.requests.approval import Reviewing, Voter
from bot.requests.recheck import as_reviewed
from bot.store import requests, second_factors
from bot.store.database import ACK_SECONDS
from bot.store.rows import OpsRequest
from bot.store.second_factors import Link
from bot.store.transaction import Transaction


@dataclass(frozen=True)
class Outcome:
    """What became of a link on which a second factor was shown.

    Attributes:
        refusal: why nothing did; None: the vote counts.
        request: as it is now; None: there is none that the link is for.
        said: with `Refusal.NOT_COUNTED`, what the policy says.
    """

    refusal: Refusal | None = None
    request: OpsRequest | None = None
    said: str = ""

    @property
    def is_final(self) -> bool:
        """Whether trying again on the same page cannot help."""
        return self.refusal not in (None, Refusal.WRONG_CODE)


class Confirming(Reviewing):
    """What people do on the page that their click on *Approve* led to."""

    def to_confirm(self, token: str) -> Outcome:
        """What a link would confirm; nothing is changed."""
        with self._store.read() as connection:
            link = second_factors.link_of(connection, token)
            if link is None or link.purpose is not Purpose.APPROVE or link.ops_request is None:
                return Outcome(Refusal.UNKNOWN)
            request = requests.load(connection, link.ops_request)
        if refused := link.refused_at(self._store.clock()):
            return Outcome(refused)
        return Outcome(None, request) if _is_for(link, request) else Outcome(Refusal.UNKNOWN)

    def confirm(self, token: str, code: str) -> Outcome:
        """Count the approval that a link is for, if this is the code of the person it was made for.

        The policy is asked anew, at this moment.

        Raises:
            bot.errors.StoreUnavailable: nothing was taken, and the code may be used once more.
        """
        with self._store.read() as connection:  # whoever guesses tokens keeps no writer waiting
            link = second_factors.link_of(connection, token)
        if link is None or link.purpose is not Purpose.APPROVE or link.ops_request is None:
            return Outcome(Refusal.UNKNOWN)
        with self._store.write(wait=ACK_SECONDS) as tx:
            request = requests.load(tx.connection, link.ops_request, for_update=True)
            second_factors.lock(tx, link.person)
            link = second_factors.link_of(tx.connection, token)
            if link is None or request is None or not _is_for(link, request):
                return Outcome(Refusal.UNKNOWN)
            outcome = self._confirm(tx, link, request, code)
            if outcome.refusal:
                self._note_no_step_up(tx, link, outcome.refusal)
        return outcome

    def _confirm(self, tx: Transaction, link: Link, request: OpsRequest, code: str) -> Outcome:
        if self._second_factors is None:
            return Outcome(Refusal.UNKNOWN)
        confirmed = self._second_factors.check(tx, link, code)
        if isinstance(confirmed, Refusal):
            return Outcome(confirmed, request)
        second_factors.end_link(tx, link, Refusal.USED)
        return self._confirmed(tx, link.person, request, confirmed)

    def _confirmed(
        self, tx: Transaction, person: str, request: OpsRequest, confirmed: Confirmed
    ) -> Outcome:
        decision = self._decision_now(tx, request)
        now = datetime.fromtimestamp(tx.now, UTC)
        reviewed = as_reviewed(request)
        judged = review(decision, reviewed, person, Choice.APPROVE, now, confirmed.method)
        if not judged.counts:
            return Outcome(Refusal.NOT_COUNTED, request, judged.sentence)
        self._vote(tx, request, Voter(person, Choice.APPROVE, "", confirmed), decision, judged)
        return Outcome(None, requests.load(tx.connection, request.id))


def _is_for(link: Link, request: OpsRequest | None) -> bool:
    """Whether it is the request that was clicked on, and not another one under its number."""
    return request is not None and link.evidence_digest == request.evidence_digest
