"""Recording what happened: the audit row, the reply, and the cards drawn again, together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.events import TOLD, Event
from bot.store import audit, cards
from bot.store.requests import load
from bot.store.transaction import Transaction


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
    if event in TOLD and cards.root_of(tx.connection, request_id):
        note = {"event": event, "actor": actor, "at": tx.now, **(facts or {})}
        cards.add_note(tx, request_id, request.channel, position, note)
