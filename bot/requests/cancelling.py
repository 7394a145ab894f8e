"""Taking back a request, or what was not sent of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.requests.clicks import audit_refusal, clicked, decision_now
from bot.requests.commands import ByClick
from bot.requests.idempotency import TEXT, taken_once
from bot.requests.query import may_read, reader_of
from bot.requests.recovery import may_attend
from bot.requests.telling import tell
from bot.requests.unit_of_work import UnitOfWork
from bot.store import events, transitions
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction
from bot.views import answers, partial_cancel


class _Refusal(StrEnum):
    """Why it is not taken back. The value stands in the audit log: never change one."""

    NOT_YOURS = "not-yours"
    TOO_LATE = "too-late"


@dataclass(frozen=True)
class Cancel(ByClick):
    """Take back what was not sent.

    Attributes:
        by_button: whoever clicked is told alone; who typed reads the ack.
    """

    by_button: bool


@taken_once(TEXT)
def cancel(uow: UnitOfWork, command: Cancel) -> str:
    """Take back what was not sent; the answer, for the ack.

    Its requester may; and once it is approved, whoever may approve it: until then they deny.
    What is being submitted, or was, goes on.
    """
    tx, click = uow.tx, command.click
    request = clicked(tx.connection, click, for_update=True)
    if request is None:
        text = answers.no_such_request(click.request_id)
    elif not _may_cancel(uow, request, click.person):
        shown = may_read(reader_of(tx.connection, click.asker), request)
        text = answers.only_requester_cancels(request, readable=shown)
        _note_refused(tx, request, click.person, _Refusal.NOT_YOURS)
    elif taken_back := _take_back(tx, request, click.person):
        return taken_back
    else:
        text = answers.too_late_to_cancel(request)
        _note_refused(tx, request, click.person, _Refusal.TOO_LATE)
    return tell(tx, click.asker, text) if command.by_button else text


def _note_refused(tx: Transaction, request: OpsRequest, person: str, why: _Refusal) -> None:
    audit_refusal(tx, request, person, {"choice": "cancel", "why": why})


def _may_cancel(uow: UnitOfWork, request: OpsRequest, person: str) -> bool:
    if person == request.requester:
        return True
    approved = request.state not in (State.CHECKING, State.PENDING, *FINISHED)
    return approved and person in may_attend(request, decision_now(uow, request))


def _take_back(tx: Transaction, request: OpsRequest, person: str) -> str:
    """Cancel a request, or call off what was not sent of it; empty: there is nothing to."""
    unsent = [step for step in request.steps if step.unsent]
    waits = request.state in (State.CHECKING, State.PENDING)
    if request.state in FINISHED or not (waits or unsent):
        return ""
    rest = [s for s in request.steps if s not in unsent and s.state is not State.CANCELLED]
    if waits or not rest:
        transitions.move(tx, request, State.CANCELLED)
        events.record(tx, request.id, Event.CANCELLED, person)
        return answers.cancelled(request)
    for step in unsent:
        transitions.withdraw_step(tx, step)
    facts = partial_cancel.facts(unsent, rest)
    events.record(tx, request.id, Event.WITHDRAWN, person, facts)
    return answers.withdrawn(request, facts)
