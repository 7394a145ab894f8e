"""expire: end what nobody approved in time; before that, ask others as well, and remind; remind of
what needs attention, ever more rarely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.direct_messages import DirectMessages
from bot.domain.events import Event
from bot.domain.states import State
from bot.policy.decide import Decision
from bot.requests.assessment import Assessor, images_seen
from bot.store import audit, events, outbox, preferences
from bot.store.requests import load
from bot.store.rows import OpsRequest, gate_columns
from bot.store.transaction import Store, Transaction
from bot.store.transitions import FIRST_REMINDER_SECONDS, move, update
from bot.views import answers

_LONGEST_PAUSE = 7 * 86_400.0

_MOST_TOLD = 50
"""People who are told that they may approve as well."""
_AGAIN_SECONDS = 5.0
"""When it is tried again to ask others, while Slack does not tell who they are."""


class Expire:
    """The job `expire`; its key is an ops request's id."""

    def __init__(self, store: Store, assessor: Assessor) -> None:
        self._store = store
        self._assessor = assessor

    def __call__(self, key: str) -> None:
        """End the request if its time is over; escalate or remind if it is time for that."""
        with self._store.read() as connection:
            seen = load(connection, int(key))
            is_escalating = seen is not None and _is_past(seen.escalate_at, self._store.clock())
        if is_escalating:
            self._assessor.read_groups()  # who they are: no call is made within the transaction
        with self._store.write() as tx:
            request = load(tx.connection, int(key), for_update=True)
            if request is None:
                return
            if request.state is State.NEEDS_ATTENTION:
                _remind_those_who_decide(tx, request)
                return
            if request.state not in (State.CHECKING, State.PENDING):
                return
            if _is_past(request.expires_at, tx.now):
                self._end(tx, request)
                return
            if _is_past(request.escalate_at, tx.now):
                self._escalate(tx, request)
            if _is_past(request.remind_at, tx.now):
                self._remind(tx, load(tx.connection, request.id) or request)

    def _end(self, tx: Transaction, request: OpsRequest) -> None:
        if move(tx, request, State.EXPIRED):
            events.record(tx, request.id, Event.EXPIRED)
            if request.state is State.CHECKING:
                outbox.add_answer(tx, request.id, request.asker, answers.not_looked_up(request))

    def _escalate(self, tx: Transaction, request: OpsRequest) -> None:
        """From now on others may approve as well. It happens once: the row is held, and the time
        for it is taken away with it."""
        as_of_now = replace(request, escalated_at=tx.now)
        images = images_seen(request)
        decision = self._assessor.decided_in(tx, as_of_now, images)
        if decision.rule == request.rule and not decision.escalates_to:
            update(tx, request.id, escalate_at=None)  # the policy has changed meanwhile
            return
        unknown = set(decision.groups_needed) & set(decision.escalates_to)
        if decision.rule != request.rule or unknown:  # nobody could approve it now
            update(tx, request.id, escalate_at=tx.now + _AGAIN_SECONDS)
            return
        before = self._assessor.decided_in(tx, request, images)
        gate = replace(
            request.gate,
            approvers=decision.approver_entries,
            people=tuple(sorted(decision.approvers)),
            groups=decision.groups if request.gate.groups else (),
        )
        columns = {"escalate_at": None, "escalated_at": tx.now, "decision": gate_columns(gate)}
        update(tx, request.id, **columns)
        self._tell_others(tx, request, decision, decision.approvers - before.approvers)

    def _tell_others(
        self, tx: Transaction, request: OpsRequest, decision: Decision, others: frozenset[str]
    ) -> None:
        waited = tx.now - request.created_at
        note = {
            "event": Event.ESCALATED,
            "actor": audit.BOT,
            "to": list(decision.escalates_to),
            "waited": waited,
        }
        told = self._told(tx, request, sorted(others)[:_MOST_TOLD], "escalated", note)
        facts = {
            "to": list(decision.escalates_to),
            "people": sorted(others),
            "told": told,
            "waited": waited,
            "policy_digest": decision.policy_digest,
        }
        events.record(tx, request.id, Event.ESCALATED, facts=facts)

    def _remind(self, tx: Transaction, request: OpsRequest) -> None:
        """At most one reminder a person a request: the place on the card table is taken once."""
        note = {"event": Event.REMINDED, "actor": audit.BOT}
        told = self._told(tx, request, request.gate.people, "reminder", note)
        update(tx, request.id, remind_at=None)
        if told:
            events.record(tx, request.id, Event.REMINDED, facts={"people": told})

    def _told(
        self,
        tx: Transaction,
        request: OpsRequest,
        people: tuple[str, ...] | list[str],
        place: str,
        note: Mapping[str, object],
    ) -> list[str]:
        """Write to those who have not voted and want messages, each once; who they are."""
        voted = {vote.person for vote in request.votes}
        choices = preferences.chosen(tx.connection, people)
        return [
            person
            for person in people
            if person not in voted
            and choices[person] is not DirectMessages.NONE
            and outbox.add_direct(tx, request.id, person, f"{place}:{person}", note)
        ]


def _is_past(at: float | None, now: float) -> bool:
    return at is not None and at <= now


def _remind_those_who_decide(tx: Transaction, request: OpsRequest) -> None:
    """Each pause is as long as all the time before it: after 1 h, 2 h, 4 h, at last each week."""
    if request.remind_at is None or request.remind_at > tx.now:
        return
    sent = [s.intent_at for s in request.steps if s.state is State.NEEDS_ATTENTION and s.intent_at]
    open_for = max(0.0, tx.now - min(sent, default=request.created_at))
    pause = min(max(open_for, FIRST_REMINDER_SECONDS), _LONGEST_PAUSE)
    update(tx, request.id, remind_at=tx.now + pause)
    events.record(tx, request.id, Event.ATTENTION_REMINDED, facts={"seconds": round(open_for)})
