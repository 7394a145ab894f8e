"""An action at DigitalOcean becomes an image action's own: by what was seen, or a person's word."""

from __future__ import annotations

from bot.events import Event
from bot.image_actions import ImageAction
from bot.lifecycle import State
from bot.store import journal
from bot.store.moves import move_step
from bot.store.requests import owned_actions
from bot.store.rows import Step
from bot.store.transaction import Transaction


def adopt_action(tx: Transaction, step: Step, action: ImageAction, actor: str) -> bool:
    """Follow `action` as this step's; False: somebody was faster, or it has an owner already."""
    if owned_actions(tx.connection, [action.id]):
        return False
    adopted = move_step(
        tx,
        step,
        State.IN_PROGRESS,
        fence="",
        action_id=action.id,
        started_at=tx.now,
        candidates=None,
        detail="",
        retry_at=None,
    )
    if adopted:
        facts = {"position": step.position, "action_id": action.id}
        journal.record(tx, step.ops_request, Event.ADOPTED, actor, facts)
    return adopted
