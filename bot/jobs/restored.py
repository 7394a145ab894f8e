"""What was open when a restored backup was made: nothing of it is sent by itself any more.

It may have been sent, denied, cancelled or called off since, and nothing here knows. So what
people approved is asked again, and where no approval can stand between it and the POST, a
person decides as about a lost answer.
"""

from __future__ import annotations

import json

import sqlalchemy as sa

from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.occasions import occasion_of
from bot.domain.states import State
from bot.jobs.check import REMIND_AFTER
from bot.jobs.reconcile import ask_people
from bot.operations.base import Resend
from bot.operations.registry import operation_of
from bot.requests import look_up_log
from bot.store import audit, events, lookups, outbox, requests, schedules, transitions
from bot.store.rows import OpsRequest, Step
from bot.store.tables import ops_request, ops_step, vote
from bot.store.transaction import Transaction
from bot.views import answers, partial_cancel

_RESTORED = Cause(CauseKind.RESTORED)


def ask_again(tx: Transaction) -> None:
    """Write that the log was restored, and void what stands open in it."""
    schedules.begin_anew(tx)
    position, head = audit.head(tx.connection)
    audit.append(tx, Event.RESTORED, audit.BOT, facts={"rows": position, "head": head})
    for asked in lookups.unanswered(tx.connection):
        if look_up_log.finish(tx, asked, keep=False) and occasion_of(asked.wanted) is None:
            outbox.add_answer(tx, None, asked.asker, answers.not_looked_for())
    open_ones = sa.select(ops_request.c.id).where(ops_request.c.finished_at.is_(None))
    for request_id in tx.execute(open_ones.order_by(ops_request.c.id)).scalars().all():
        request = requests.load(tx.connection, request_id)
        if request is not None:
            _ask_again_about(tx, request)


def _ask_again_about(tx: Transaction, request: OpsRequest) -> None:
    if request.state is State.CHECKING:
        _call_off(tx, request)
    elif request.state is State.PENDING or (
        request.state is State.APPROVED and request.gate.approvals
    ):
        _void(tx, request)
    else:
        _ask_about_the_rest(tx, request)


def _call_off(tx: Transaction, request: OpsRequest) -> None:
    """Nobody has seen a card of it: whoever asked can do so again."""
    cause = Cause(CauseKind.CALLED_OFF_BY_RESTORE)
    if transitions.move(tx, request, State.CANCELLED, cause=cause.as_json()):
        events.record(tx, request.id, Event.CANCELLED, facts={"cause": cause.as_json()})
        outbox.add_answer(tx, request.id, request.asker, answers.lost_by_a_restore(request))


def _void(tx: Transaction, request: OpsRequest) -> None:
    """Back to the gate, without a vote, and with as much time as at first."""
    rows = audit.entries(tx.connection, ops_request=request.id)
    told = [facts for row in rows if "expires_after" in (facts := json.loads(row.facts))]
    patience = float(told[-1]["expires_after"])
    times = {"expires_at": tx.now + patience, "remind_at": tx.now + REMIND_AFTER * patience}
    if request.state is State.APPROVED:
        transitions.move(tx, request, State.PENDING)
        tx.execute(
            sa.update(ops_step)
            .where(ops_step.c.ops_request == request.id, ops_step.c.state == State.APPROVED)
            .values(state=State.PENDING, retry_at=None)
        )
    transitions.update(tx, request.id, **times)
    tx.execute(sa.delete(vote).where(vote.c.ops_request == request.id))
    void = [{"person": v.person, "choice": v.choice, "at": v.at} for v in request.votes]
    facts = {"void": void, "expires_after": patience}
    events.record(tx, request.id, Event.ASKED_AGAIN, facts=facts)


def _ask_about_the_rest(tx: Transaction, request: OpsRequest) -> None:
    """A part of it was sent already, or the rule asked nobody: there is no gate to go back to."""
    waiting = [step for step in request.steps if step.state is State.PENDING]
    for step in request.steps:
        if _goes_by_itself(step):
            ask_people(tx, step, (), _RESTORED)
    withdrawn = [
        step for step in waiting if transitions.move_step(tx, step, State.CANCELLED, withdrawn=True)
    ]
    if withdrawn:
        rest = [s for s in request.steps if s not in waiting and s.state is not State.CANCELLED]
        facts = partial_cancel.facts(withdrawn, rest)
        events.record(tx, request.id, Event.WITHDRAWN, facts=facts)


def _goes_by_itself(step: Step) -> bool:
    if step.state is State.SUBMITTING:  # a lost answer: only what is harmless twice is sent again
        return operation_of(step.spec).resend is Resend.SAFE
    return step.state is State.APPROVED
