"""The gate: approving, taking that back, denying, cancelling, closing an emergency's review."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.domain.step_up import Confirmed
from bot.policy.decide import Decision
from bot.policy.fields import is_group
from bot.policy.review import Choice, ReviewDecision, ReviewReason, review, tally
from bot.requests import counted
from bot.requests.clicks import audit_refusal
from bot.requests.commands import Click
from bot.requests.query import may_read, reader_of
from bot.requests.recheck import as_reviewed
from bot.requests.recovery import may_attend
from bot.requests.taking import Taking
from bot.requests.telling import tell
from bot.store import events, read_cache, second_factors, transitions
from bot.store.rows import Gate, OpsRequest, gate_columns
from bot.store.transaction import Transaction
from bot.views import answers, partial_cancel, policy_text, step_up
from bot.views.message import Message


class Reviewing(Taking):
    """What people decide about a request that waits."""

    def review(self, click: Click, choice: Choice, reason: str = "") -> Message | None:
        """Approve or deny; whoever may not is told so alone, and it stands in the audit log.

        Returns:
            a link to confirm it, where the rule asks for that, for whoever clicked alone. It is
            kept nowhere: said once, or they click again.

        Raises:
            bot.errors.StoreUnavailable: the click was not taken.
        """
        links: list[str] = []
        self._once(click.delivery, lambda tx: self._review(tx, click, choice, reason, links))
        return Message(step_up.confirm_here(links[-1], click.request_id)) if links else None

    def _review(
        self, tx: Transaction, click: Click, choice: Choice, reason: str, links: list[str]
    ) -> str:
        request = self._clicked(tx.connection, click, for_update=True)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        now = datetime.fromtimestamp(tx.now, UTC)
        decision = self._decision_now(tx, request)
        would_confirm = decision.step_up if choice is Choice.APPROVE else None
        judged = review(decision, as_reviewed(request), click.person, choice, now, would_confirm)
        if not judged.counts:
            facts = {"choice": choice, "policy": judged.reason}
            return self._refuse_click(
                tx, click, request, policy_text.harmless(judged.sentence, decision), facts
            )
        if would_confirm:
            return self._ask_to_confirm(tx, click, request, links)
        self._vote(tx, request, Voter(click.person, choice, reason), decision, judged)
        return ""

    def _ask_to_confirm(
        self, tx: Transaction, click: Click, request: OpsRequest, links: list[str]
    ) -> str:
        """No vote yet: whoever clicked gets a link, on which they show their second factor."""
        factors, person = self._second_factors, click.person
        if factors is None or second_factors.factor_of(tx.connection, person) is None:
            text = step_up.not_set_up() if factors is None else step_up.not_enrolled()
            facts = {"choice": Choice.APPROVE, "policy": ReviewReason.NOT_CONFIRMED}
            return self._refuse_click(tx, click, request, text, facts)
        links[:] = [factors.link_to_approve(tx, request, person)]
        events.log_only(tx, request.id, Event.STEP_UP_ASKED, person)
        return ""

    def _vote(
        self,
        tx: Transaction,
        request: OpsRequest,
        by: Voter,
        decision: Decision,
        judged: ReviewDecision,
    ) -> None:
        """Write a vote that counts, with all that its right follows from."""
        confirmed = by.confirmed
        method = confirmed.method if confirmed else None
        transitions.add_vote(tx, request.id, by.person, by.choice, by.reason, method)
        right: dict[str, object] = {
            "policy_digest": decision.policy_digest,
            "needed": decision.approvals,
            "qualified": _how(tx, by.person, decision),
            "tally": counted.facts(decision, judged.tally),
        }
        if judged.tally.missing:  # the policy may have changed: what the card asks for follows it
            gate = gate_columns(_as_of_now(request.gate, decision))
            transitions.update(tx, request.id, decision=gate)
        if confirmed:
            right["step_up"] = confirmed.facts()
        self._count(tx, request, by.person, judged, by.reason, right)

    def _count(
        self,
        tx: Transaction,
        request: OpsRequest,
        person: str,
        judged: ReviewDecision,
        reason: str,
        right: Mapping[str, object],
    ) -> None:
        if judged.denies:
            outcome = f"Denied: {reason}" if reason else "Denied."
            transitions.move(tx, request, State.DENIED, outcome=outcome)
            events.record(tx, request.id, Event.DENIED, person, {"reason": reason, **right})
        elif judged.approves:
            transitions.move(tx, request, State.APPROVED)
            approved_by = list(judged.tally.approved_by)
            facts = {"approved_by": approved_by, **right}
            events.record(tx, request.id, Event.APPROVED, person, facts)
        else:
            facts = {"missing": judged.tally.missing, **right}
            events.record(tx, request.id, Event.VOTED, person, facts)

    def take_vote_back(self, click: Click) -> None:
        """Take back one's own approval, while the request waits for others.

        Raises:
            bot.errors.StoreUnavailable: the click was not taken.
        """
        self._once(click.delivery, lambda tx: self._take_vote_back(tx, click))

    def _take_vote_back(self, tx: Transaction, click: Click) -> str:
        request = self._clicked(tx.connection, click, for_update=True)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        decision = self._decision_now(tx, request)
        stands = any(vote.person == click.person for vote in request.approvals)
        if request.state is not State.PENDING or not stands:
            text = answers.no_vote_to_take_back(request, stands=stands)
            return self._refuse_click(tx, click, request, text, {"choice": "take_back"})
        transitions.remove_vote(tx, request.id, click.person)
        others = tuple(vote for vote in request.votes if vote.person != click.person)
        left = tally(decision, as_reviewed(replace(request, votes=others)))
        facts = {
            "policy_digest": decision.policy_digest,
            "needed": decision.approvals,
            "missing": left.missing,
            "tally": counted.facts(decision, left),
        }
        events.record(tx, request.id, Event.VOTE_WITHDRAWN, click.person, facts)
        return ""

    def may_deny(self, click: Click) -> bool:
        """Whether a click on Deny may go on to ask for the reason; if not, the clicker is told."""
        return self._once(click.delivery, lambda tx: self._may_deny(tx, click)) == ""

    def _may_deny(self, tx: Transaction, click: Click) -> str:
        request = self._clicked(tx.connection, click)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        now = datetime.fromtimestamp(tx.now, UTC)
        decision = self._decision_now(tx, request)
        judged = review(decision, as_reviewed(request), click.person, Choice.DENY, now)
        if judged.counts:
            return ""
        facts = {"choice": Choice.DENY, "policy": judged.reason}
        text = policy_text.harmless(judged.sentence, decision)
        return self._refuse_click(tx, click, request, text, facts)

    def cancel(self, click: Click, *, by_button: bool) -> str:
        """Take back what was not sent; the answer, for the ack.

        Its requester may; and once it is approved, whoever may approve it: until then they deny.
        What is being submitted, or was, goes on.

        Raises:
            bot.errors.StoreUnavailable: nothing was changed.
        """
        return self._once(click.delivery, lambda tx: self._cancel(tx, click, by_button))

    def _cancel(self, tx: Transaction, click: Click, by_button: bool) -> str:
        request = self._clicked(tx.connection, click, for_update=True)
        if request is None:
            text = answers.no_such_request(click.request_id)
        elif not self._may_cancel(tx, request, click.person):
            reader = reader_of(tx.connection, click.asker)
            shown = may_read(reader, request)
            text = answers.only_requester_cancels(request, readable=shown)
        elif taken_back := _take_back(tx, request, click.person):
            return taken_back
        else:
            text = answers.too_late_to_cancel(request)
        if request is not None:
            audit_refusal(tx, request, click.person, {"choice": "cancel", "why": text})
        return tell(tx, click.asker, text) if by_button else text

    def _may_cancel(self, tx: Transaction, request: OpsRequest, person: str) -> bool:
        if person == request.requester:
            return True
        approved = request.state not in (State.CHECKING, State.PENDING, *FINISHED)
        return approved and person in may_attend(request, self._decision_now(tx, request))

    def close_review(self, click: Click) -> None:
        """A second person has looked at the emergency access."""
        self._once(click.delivery, lambda tx: self._close_review(tx, click))

    def _close_review(self, tx: Transaction, click: Click) -> str:
        request = self._clicked(tx.connection, click, for_update=True)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        decision = self._decision_now(tx, request)
        facts = {"choice": "close_review"}
        if request.review != "open":
            return self._refuse_click(tx, click, request, answers.review_closed_already, facts)
        if click.person not in self._reviewers(request, decision):
            text = answers.not_for_you(request, decision)
            return self._refuse_click(tx, click, request, text, facts)
        transitions.update(tx, request.id, review="closed")
        events.record(tx, request.id, Event.REVIEW_CLOSED, click.person)
        return ""

    def _reviewers(self, request: OpsRequest, decision: Decision) -> Container[str]:
        """Never the requester, and always somebody: where the rule lists nobody else, everybody."""
        listed = may_attend(request, decision) - {request.requester}
        unknown = bool(decision.groups_needed)
        return listed if listed or unknown else _AnybodyBut(request.requester)


@dataclass(frozen=True)
class Voter:
    """Whoever votes, how, and by what they confirmed it."""

    person: str
    choice: Choice
    reason: str = ""
    confirmed: Confirmed | None = None


@dataclass(frozen=True)
class _AnybodyBut(Container[str]):
    person: str

    def __contains__(self, person: object) -> bool:
        return person != self.person


def _how(tx: Transaction, person: str, decision: Decision) -> dict[str, object]:
    """By which entry of the rule somebody may vote: by name, or as one of a group's members."""
    directory = read_cache.StoredDirectory(tx.connection, tx.now)
    later = set(decision.escalates_to).difference(*(group.entries for group in decision.groups))
    # By what the rule asks first, then by name: whom it escalates to comes last.
    for entry in sorted(decision.approver_entries, key=lambda e: (e in later, is_group(e))):
        escalated = {"escalated": True} if entry in later else {}
        members = directory.members(entry) if is_group(entry) else None
        if entry == person:
            return {"by": entry, **escalated}
        if members and person in members:
            return {"by": entry, "members": sorted(members), **escalated}
    return {"by": ""}


def _as_of_now(gate: Gate, decision: Decision) -> Gate:
    """What is asked for by the policy that counted a vote; who could approve before stays known."""
    return replace(
        gate,
        approvals=decision.approvals,
        approvers=decision.approver_entries,
        people=tuple(sorted({*gate.people, *decision.approvers})),
        groups=decision.groups if len(decision.groups) > 1 else (),
    )


def _take_back(tx: Transaction, request: OpsRequest, person: str) -> str:
    """Cancel a request, or call off what was not sent of it; empty: there is nothing to."""
    unsent = [step for step in request.steps if step.unsent]
    waits = request.state in (State.CHECKING, State.PENDING)
    if request.state in FINISHED or not (waits or unsent):
        return ""
    rest = [s for s in request.steps if s not in unsent and s.state is not State.CANCELLED]
    if waits or not rest:
        outcome = f"Cancelled. {answers.sent_so_far(request)}"
        transitions.move(tx, request, State.CANCELLED, outcome=outcome)
        events.record(tx, request.id, Event.CANCELLED, person)
        return answers.cancelled(request)
    for step in unsent:
        transitions.withdraw_step(tx, step)
    facts = partial_cancel.facts(unsent, rest)
    events.record(tx, request.id, Event.WITHDRAWN, person, facts)
    return answers.withdrawn(request, facts)
