"""Whether a step that is approved waits for its card: nothing is sent that nobody can see."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from bot.operations.registry import operation_of
from bot.store import outbox, sending
from bot.store.rows import OpsRequest


def is_awaited(connection: Connection, request: OpsRequest, now: float) -> bool:
    """Whether the card has to be in the channel before anything of the request is sent.

    Not where nobody is asked, what is done can be taken back, and the channel has lately shown a
    message of the bot's: then the card comes in its turn, and Slack takes one a second.
    """
    root = outbox.root_of(connection, request.id)
    if root is not None and root.ts:
        return False  # also where it cannot be edited any more: people have seen it
    if root is None or root.failure:
        return True
    shows = sending.has_shown_lately(connection, root.queue, now)
    return not (may_come_later(request) and shows)


def may_come_later(request: OpsRequest) -> bool:
    """Whether the card of a request may come after what it sends."""
    asks_nobody = not request.gate.approvals and not request.break_glass
    return asks_nobody and not any(operation_of(s.spec).irreversible for s in request.steps)
