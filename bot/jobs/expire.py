"""expire: end what nobody approved in time, and remind those who may approve before that; remind
of what needs attention, ever more rarely."""

from __future__ import annotations

from bot.domain.direct_messages import DirectMessages
from bot.domain.events import Event
from bot.domain.states import State
from bot.store import audit, events, outbox, preferences
from bot.store.requests import load
from bot.store.rows import OpsRequest
from bot.store.transaction import Store, Transaction
from bot.store.transitions import FIRST_REMINDER_SECONDS, move, update

_LONGEST_PAUSE = 7 * 86_400.0


class Expire:
    """The job `expire`; its key is an ops request's id."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, key: str) -> None:
        """End the request if its time is over; remind if it is nearly so."""
        with self._store.write() as tx:
            request = load(tx.connection, int(key), for_update=True)
            if request is None:
                return
            if request.state is State.NEEDS_ATTENTION:
                _remind_those_who_decide(tx, request)
            elif request.state not in (State.CHECKING, State.PENDING):
                return
            elif request.expires_at is not None and request.expires_at <= tx.now:
                self._end(tx, request)
            elif request.remind_at is not None and request.remind_at <= tx.now:
                self._remind(tx, request)

    def _end(self, tx: Transaction, request: OpsRequest) -> None:
        if move(tx, request, State.EXPIRED, outcome="Not approved in time. Nothing was sent."):
            events.record(tx, request.id, Event.EXPIRED)
            if request.state is State.CHECKING:
                text = f"Request {request.id} expired: the image could not be looked up in time."
                outbox.add_answer(tx, request.id, request.asker, text)

    def _remind(self, tx: Transaction, request: OpsRequest) -> None:
        """At most one reminder a person a request: the place on the card table is taken once."""
        voted = {vote.person for vote in request.votes}
        note = {"event": Event.REMINDED, "actor": audit.BOT}
        choices = preferences.chosen(tx.connection, request.gate.people)
        told = [
            person
            for person in request.gate.people
            if person not in voted
            and choices[person] is not DirectMessages.NONE
            and outbox.add_direct(tx, request.id, person, f"reminder:{person}", note)
        ]
        update(tx, request.id, remind_at=None)
        if told:
            events.record(tx, request.id, Event.REMINDED, facts={"people": told})


def _remind_those_who_decide(tx: Transaction, request: OpsRequest) -> None:
    """Each pause is as long as all the time before it: after 1 h, 2 h, 4 h, at last each week."""
    if request.remind_at is None or request.remind_at > tx.now:
        return
    sent = [s.intent_at for s in request.steps if s.state is State.NEEDS_ATTENTION and s.intent_at]
    open_for = max(0.0, tx.now - min(sent, default=request.created_at))
    pause = min(max(open_for, FIRST_REMINDER_SECONDS), _LONGEST_PAUSE)
    update(tx, request.id, remind_at=tx.now + pause)
    events.record(tx, request.id, Event.ATTENTION_REMINDED, facts={"seconds": round(open_for)})
