"""Recording what happened: the audit row, the reply, and the cards drawn again, together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bot.domain.direct_messages import DirectMessages
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
_ENDS_ALL = _ENDS_ONE | _CLOSES | {Event.DENIED, Event.EXPIRED, Event.CLOSED, Event.ENDED}
"""Events with which a request may end, of which all who wait for it are told directly."""
_MORE_FOLLOWS = {
    *(Event.APPROVED, Event.RUNS_AT_ONCE, Event.STANDING_APPROVAL, Event.BREAK_GLASS_USED)
}
"""Events after which the POST is a moment away."""
_DECIDED = _MORE_FOLLOWS | {
    Event.WITHDRAWN,
    Event.POST_AGAIN,
    Event.ADOPTED,
    Event.REVIEW_CLOSED,
    Event.STUCK,
}
"""Events after which those who were asked have nothing, or something, to decide. In between, their
copies do not follow: Slack takes about an edit a second."""
TOGETHER_SECONDS = 0.1
"""How long these wait to be shown together with what DigitalOcean answers."""

_NONE = DirectMessages.NONE

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
    request = log_only(tx, request_id, event, actor, facts)
    if event is Event.INTENT:
        return  # it is shown with what the POST brings, a moment later
    at = tx.now + TOGETHER_SECONDS if event in _MORE_FOLLOWS else None
    is_over = request.state in FINISHED
    asks_people = request.state in (State.PENDING, State.NEEDS_ATTENTION)
    people = is_over or asks_people or event in _DECIDED
    has_card = outbox.refresh(tx, request_id, at, people=people)
    has_summary = request.steps > 1 and event in _ENDS_ONE
    ends = is_over and not has_summary and event in _ENDS_ALL
    direct = _told_directly(tx, event, actor, request) if ends else ()
    note = {"event": event, "actor": actor, "at": tx.now, "direct": direct, **(facts or {})}
    if has_card and told and _is_told(event, has_summary=has_summary, is_over=is_over):
        outbox.tell(tx, request_id, request.channel, note, at)
    for person in direct:
        outbox.add_direct(tx, request_id, person, f"end:{person}", note)
    if has_summary and is_over:
        record(tx, request_id, Event.ENDED, facts={"state": request.state})
    decides = (request.decision or {}).get("people", ())
    homes.refresh(tx, {request.requester, *request.followers, *decides})


def log_only(
    tx: Transaction,
    request_id: int,
    event: Event,
    actor: str,
    facts: Mapping[str, Any] | None = None,
) -> sa.Row[Any]:
    """The same for the audit log alone: nothing is drawn, and nobody told. The request's facts."""
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
    return request


def _is_told(event: Event, *, has_summary: bool, is_over: bool) -> bool:
    """Whether the thread hears of it. Of several image actions that go well only the summary
    tells; one that fails is told at once while others go on."""
    if has_summary and event is Event.COMPLETED:
        return False
    if has_summary and event is Event.ERRORED:
        return not is_over
    return event in TOLD


def _told_directly(tx: Transaction, event: Event, actor: str, request: sa.Row[Any]) -> list[str]:
    """Who hears of the end in a direct message; the thread mentions the others who wait for it.

    Whoever joined from elsewhere does not see the thread; what was not done, they are offered to
    ask for themselves. A request that is refused has answered its requester already.
    """
    knows = {actor} if event in _CLOSES else set()
    if event in (Event.REFUSED, Event.NOTHING_TO_DO):
        knows.add(request.requester)
    if request.due_at is not None and request.state == State.COMPLETED:
        knows.add(request.requester)  # a good night is silent
    waiting = [p for p in dict.fromkeys((request.requester, *request.followers)) if p not in knows]
    choices = preferences.chosen(tx.connection, waiting)
    directly = {p for p, choice in choices.items() if choice.tells_of_ends}
    followers = [p for p in waiting if p != request.requester]
    if followers:
        was_sent = event in _ENDS_ONE or event is Event.ENDED
        away = _joined_elsewhere(tx, request) if was_sent else followers
        directly |= {p for p in away if choices.get(p, _NONE) is not _NONE}
    return [person for person in waiting if person in directly]


def _joined_elsewhere(tx: Transaction, request: sa.Row[Any]) -> set[str]:
    return {
        row.actor
        for row in audit.entries(tx.connection, ops_request=request.id)
        if row.event == Event.JOINED and json.loads(row.facts).get("from") != request.channel
    }
