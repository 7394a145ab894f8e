"""Recording what happened: the audit row, the reply, and the cards drawn again, together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.events import TOLD, Event
from bot.lifecycle import FINISHED
from bot.store import audit, cards, homes, preferences
from bot.store.requests import load
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction

_ENDS_ONE = {Event.COMPLETED, Event.ERRORED, Event.DRIFTED, Event.REJECTED, Event.GIVEN_UP}
"""Events with which an image action ends."""
_ENDS_ALL = _ENDS_ONE | {Event.DENIED, Event.EXPIRED}
"""Events with which a request may end, of which its requester is told directly."""


def record(
    tx: Transaction,
    request_id: int,
    event: Event,
    actor: str = audit.BOT,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one event of an ops request, in the transaction that made it happen.

    Args:
        actor: a Slack user id, or `audit.BOT`.
        facts: JSON values that a reader of the log or the thread wants to know.
    """
    request = load(tx.connection, request_id)
    if request is None:
        raise LookupError(f"there is no ops request {request_id}")
    position = audit.append(
        tx,
        event,
        actor,
        ops_request=request.id,
        image_id=request.image_id,
        channel=request.channel,
        rule=request.rule,
        evidence_digest=request.evidence_digest,
        facts=facts,
    )
    cards.refresh(tx, request_id)
    note = {"event": event, "actor": actor, "at": tx.now, **(facts or {})}
    if event in TOLD and cards.root_of(tx.connection, request_id):
        cards.add_note(tx, request_id, request.channel, position, note)
    if request.state in FINISHED and event in _ENDS_ONE and len(request.steps) > 1:
        record(tx, request_id, Event.ENDED, facts={"state": request.state})
    elif request.state in FINISHED and event in (_ENDS_ALL | {Event.ENDED}):
        _tell_directly(tx, request, note)
    homes.refresh(tx, {request.requester, *request.followers, *request.gate.people})


def _tell_directly(tx: Transaction, request: OpsRequest, note: Mapping[str, Any]) -> None:
    """Whoever waits for the end hears of it wherever they are, unless they want no messages."""
    for person in (request.requester, *request.followers):
        if preferences.notify(tx.connection, person) != preferences.NONE:
            cards.add_direct(tx, request.id, person, f"end:{person}", note)
