"""Closing a request from the command line, for when Slack cannot be used."""

from __future__ import annotations

from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.errors import BotError
from bot.store import audit, events, transitions
from bot.store.requests import load
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction

_LONGEST_REASON = 500
_SENT = (State.IN_PROGRESS, State.NEEDS_ATTENTION)
"""States of a step that DigitalOcean has, or may have."""


def close(tx: Transaction, request_id: int, account: str, reason: str) -> OpsRequest:
    """End an ops request: what was not sent never is, what is in flight is followed no more.

    DigitalOcean is not asked for anything, so it may still be at work on what was sent.

    Args:
        account: the operating system's name for whoever types, as the audit log keeps it.

    Returns:
        the request as it is now.

    Raises:
        BotError: there is no such request, it has ended, or a call of it is being sent now.
    """
    request = _closable(tx, request_id)
    sent = [step for step in request.steps if step.state in _SENT]
    cause = Cause(CauseKind.CLOSED_BY_OPERATOR, {"reason": reason[:_LONGEST_REASON]})
    if sent:
        transitions.update(tx, request.id, cause=cause.as_json())
        _end_steps(tx, request)
    else:
        transitions.move(tx, request, State.CANCELLED, cause=cause.as_json())
    facts = {
        "account": account,
        "reason": reason,
        "action_ids": [step.action_id for step in sent if step.action_id is not None],
    }
    events.record(tx, request.id, Event.CLOSED, audit.OPERATOR, facts)
    closed = load(tx.connection, request_id)
    if closed is None or closed.state not in FINISHED:
        raise BotError(f"Request {request_id} changed meanwhile.", "Try again.")
    return closed


def _closable(tx: Transaction, request_id: int) -> OpsRequest:
    request = load(tx.connection, request_id, for_update=True)
    if request is None:
        raise BotError(f"There is no request {request_id}.", "`requests list` shows what is open.")
    if request.state in FINISHED:
        raise BotError(f"Request {request_id} has ended: {request.state}.", "Nothing was changed.")
    if any(step.state is State.SUBMITTING for step in request.steps):
        raise BotError(
            f"Request {request_id} is being sent to DigitalOcean now.",
            "Try again in a minute: by then it is known whether it arrived.",
        )
    return request


def _end_steps(tx: Transaction, request: OpsRequest) -> None:
    for step in request.steps:
        if step.state in _SENT:
            gone_on = step.state is State.IN_PROGRESS
            transitions.move_step(tx, step, State.ERRORED, completed_at=tx.now, unfollowed=gone_on)
        elif step.unsent:
            transitions.withdraw_step(tx, step)
