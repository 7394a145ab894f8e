"""Recording what happened: the audit row, the reply, and the cards drawn again, together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from bot.domain.events import TOLD, Event
from bot.domain.states import FINISHED, State
from bot.domain.steps import TargetKind
from bot.store import audit, homes, outbox, preferences
from bot.store.tables import ops_request, ops_step
from bot.store.transaction import Transaction

_ENDS_ONE = {
    *(Event.COMPLETED, Event.ERRORED, Event.DRIFTED, Event.REJECTED, Event.APPROVAL_EXPIRED),
    *(Event.GIVEN_UP, Event.WITHDRAWN, Event.STOPPED_FOLLOWING, Event.CONTRADICTED),
}
"""Events with which an image action ends."""
_CLOSES = {
    *(Event.CANCELLED, Event.SUPERSEDED, Event.REFUSED, Event.NOTHING_TO_DO),
}
"""Events that close a request before anything of it was sent; who caused it knows already."""
_ENDS_ALL = _ENDS_ONE | _CLOSES | {Event.DENIED, Event.EXPIRED, Event.CLOSED}
"""Events with which a request may end, of which all who wait for it are told directly."""
_MORE_FOLLOWS = {
    *(Event.APPROVED, Event.RUNS_AT_ONCE, Event.STANDING_APPROVAL, Event.BREAK_GLASS_USED)
}
"""Events after which the POST is a moment away."""
_TOGETHER_SECONDS = 0.1
"""How long these wait to be shown together with what DigitalOcean answers."""

_STEPS = ops_step.c.ops_request == ops_request.c.id
_FACTS = sa.select(
    ops_request.c.id,
    ops_request.c.state,
    ops_request.c.requester,
    ops_request.c.followers,
    ops_request.c.channel,
    ops_request.c.rule,
    ops_request.c.evidence_digest,
    ops_request.c.decision,
    ops_request.c.due_at,
    sa.select(sa.func.min(ops_step.c.target_id))
    .where(_STEPS)
    .having(
        sa.func.count(ops_step.c.target_id.distinct()) == 1,
        sa.func.min(ops_step.c.target_kind) == TargetKind.IMAGE,
        sa.func.max(ops_step.c.target_kind) == TargetKind.IMAGE,
    )
    .scalar_subquery()
    .label("only_image"),
    sa.select(sa.func.count()).where(_STEPS).scalar_subquery().label("steps"),
).where(ops_request.c.id == sa.bindparam("which"))
"""What is told of a request, as this transaction has made it."""


def record(
    tx: Transaction,
    request_id: int,
    event: Event,
    actor: str = audit.BOT,
    facts: Mapping[str, Any] | None = None,
    *,
    told: bool = True,
) -> None:
    """Write one event of an ops request, in the transaction that made it happen.

    Args:
        actor: a Slack user id, or `audit.BOT`.
        facts: JSON values that a reader of the log or the thread wants to know.
        told: whether the thread hears of it; if not, it has heard of the like before.
    """
    request = tx.execute(_FACTS, {"which": request_id}).one()
    audit.append(
        tx,
        event,
        actor,
        ops_request=request.id,
        image_id=int(request.only_image) if request.only_image else None,
        channel=request.channel,
        rule=request.rule,
        evidence_digest=request.evidence_digest,
        facts=facts,
    )
    if event is Event.INTENT:
        return  # it is shown with what the POST brings, a moment later
    at = tx.now + _TOGETHER_SECONDS if event in _MORE_FOLLOWS else None
    has_card = outbox.refresh(tx, request_id, at)
    note = {"event": event, "actor": actor, "at": tx.now, **(facts or {})}
    if event in TOLD and has_card and told:
        outbox.add_note(tx, request_id, request.channel, note, at)
    waiting = (request.requester, *request.followers)
    if request.state in FINISHED and event in _ENDS_ONE and request.steps > 1:
        record(tx, request_id, Event.ENDED, facts={"state": request.state})
    elif request.state in FINISHED and event in (_ENDS_ALL | {Event.ENDED}):
        _tell_directly(tx, request_id, _to_be_told(event, actor, request), note)
    homes.refresh(tx, {*waiting, *(request.decision or {}).get("people", ())})


def _to_be_told(event: Event, actor: str, request: sa.Row[Any]) -> tuple[str, ...]:
    """Who waits and does not know yet: a request that is refused answers its requester itself."""
    knows = {actor} if event in _CLOSES else set()
    if event in (Event.REFUSED, Event.NOTHING_TO_DO):
        knows.add(request.requester)
    if request.due_at is not None and request.state == State.COMPLETED:
        knows.add(request.requester)  # a good night is silent
    return tuple(p for p in (request.requester, *request.followers) if p not in knows)


def _tell_directly(
    tx: Transaction, request_id: int, waiting: Iterable[str], note: Mapping[str, Any]
) -> None:
    """Whoever waits for the end hears of it wherever they are, unless they want no messages."""
    for person in waiting:
        if preferences.notify(tx.connection, person) != preferences.NONE:
            outbox.add_direct(tx, request_id, person, f"end:{person}", note)
