"""An action at DigitalOcean becomes an image action's own: by what was seen, or a person's word."""

from __future__ import annotations

from bot.domain.events import Event
from bot.domain.resources import ImageAction
from bot.domain.states import State
from bot.store import events
from bot.store.requests import owned_actions
from bot.store.rows import Step
from bot.store.transaction import Transaction
from bot.store.transitions import move_step


def adopt_action(tx: Transaction, step: Step, action: ImageAction, actor: str) -> bool:
    """Follow `action` as this step's; False: somebody was faster, or it has an owner already."""
    if owned_actions(tx.connection, [action.id], besides=step.id):
        return False
    adopted = move_step(
        tx,
        step,
        State.IN_PROGRESS,
        fence="",
        action_id=action.id,
        started_at=tx.now,
        candidates=None,
        missing_since=None,
        cause=None,
        retry_at=None,
    )
    if adopted:
        facts = {"position": step.position, "action_id": action.id}
        events.record(tx, step.ops_request, Event.ADOPTED, actor, facts)
    return adopted
