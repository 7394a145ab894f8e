"""Reading ops requests, their image actions and votes; `bot.store.transitions` changes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.latest import BeingTaken
from bot.domain.states import OPEN, State
from bot.domain.step_up import StepUp
from bot.domain.steps import StepSpec, TargetKind
from bot.store.rows import OpsRequest, Step, Vote, request_of, step_of
from bot.store.tables import ops_request, ops_step, vote
from bot.store.transaction import Transaction

_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_REQUEST = sa.select(ops_request).where(ops_request.c.id == _WHICH)
_HELD_REQUEST = _REQUEST.with_for_update(key_share=True)  # cards that refer to it may be written
_STEPS = (
    sa.select(ops_step)
    .where(ops_step.c.ops_request.in_(sa.bindparam("which", expanding=True)))
    .order_by(ops_step.c.ops_request, ops_step.c.position)
)
_VOTES = (
    sa.select(vote)
    .where(vote.c.ops_request.in_(sa.bindparam("which", expanding=True)))
    .order_by(vote.c.at)
)
_OWNER_AND_KEY = (
    ops_step.c.ops_request,
    ops_step.c.operation,
    ops_step.c.target_kind,
    ops_step.c.target_id,
    ops_step.c.params_key,
)
"""The request that a step belongs to, then what tells the step from others (`StepSpec.key`)."""
_UNFINISHED = (
    sa.select(*_OWNER_AND_KEY)
    .where(ops_step.c.target_id.in_(sa.bindparam("targets", expanding=True)), ~ops_step.c.finished)
    .order_by(ops_step.c.ops_request)
)
_STEP = sa.select(ops_step).where(ops_step.c.id == _WHICH)
_REQUEST_OF_STEP = (
    sa.select(ops_request)
    .join(ops_step, ops_step.c.ops_request == ops_request.c.id)
    .where(ops_step.c.id == _WHICH)
)
_APPROVED_IN = (
    sa.select(ops_step.c.id)
    .join(ops_request, ops_request.c.id == ops_step.c.ops_request)
    .where(ops_request.c.channel == sa.bindparam("channel"), ops_step.c.state == State.APPROVED)
)
_STATE = sa.select(ops_request.c.state).where(ops_request.c.id == _WHICH)
_HELD_STATE = _STATE.with_for_update(key_share=True)


def load(connection: Connection, request_id: int, *, for_update: bool = False) -> OpsRequest | None:
    """One ops request by its id; `for_update` holds its row until the transaction ends."""
    query = _HELD_REQUEST if for_update else _REQUEST
    found = _assemble(connection, connection.execute(query, {"which": request_id}))
    return found[0] if found else None


def of_step(connection: Connection, step_id: int) -> OpsRequest | None:
    """The ops request that one image action belongs to, by the image action's row id."""
    found = _assemble(connection, connection.execute(_REQUEST_OF_STEP, {"which": step_id}))
    return found[0] if found else None


def lock_request(tx: Transaction, request_id: int) -> State | None:
    """Hold an ops request's row, before anything of it that is locked later in the order.

    Returns:
        the state that it stays in until this transaction moves it; None: it is deleted by now.
    """
    state = tx.execute(_HELD_STATE, {"which": request_id}).scalar_one_or_none()
    return State(state) if state is not None else None


def state_of(connection: Connection, request_id: int) -> str:
    """The state of an ops request, as this transaction has made it; empty: it is deleted by now."""
    return str(connection.execute(_STATE, {"which": request_id}).scalar_one_or_none() or "")


def approved_in(connection: Connection, channel: str) -> list[int]:
    """The row ids of the image actions that are approved and not sent, of requests of a channel."""
    found = connection.execute(_APPROVED_IN, {"channel": channel})
    return list(found.scalars())


def load_step(connection: Connection, step_id: int) -> Step | None:
    """One image action by its row id."""
    row = connection.execute(_STEP, {"which": step_id}).one_or_none()
    return step_of(row) if row else None


def of_action(connection: Connection, action_id: int) -> OpsRequest | None:
    """The ops request that owns DigitalOcean's action `action_id`."""
    owner = connection.execute(
        sa.select(ops_step.c.ops_request).where(ops_step.c.action_id == action_id)
    ).scalar_one_or_none()
    return load(connection, owner) if owner is not None else None


def unfinished_twin(connection: Connection, steps: Iterable[StepSpec]) -> OpsRequest | None:
    """The unfinished ops request that already asks for one of `steps`.

    Its row is held until the transaction ends.
    """
    wanted = {step.key: step.target.id for step in steps}
    under_way = connection.execute(_UNFINISHED, {"targets": sorted(set(wanted.values()))})
    owner = next((row[0] for row in under_way if tuple(row[1:]) in wanted), None)
    twin = load(connection, owner, for_update=True) if owner is not None else None
    return twin if twin and twin.state in OPEN else None  # it may have ended while we waited


def being_taken(connection: Connection, operation: str) -> list[BeingTaken]:
    """The snapshots of Droplets that are about to be taken, or are being taken, by `operation`."""
    states = (State.APPROVED, State.SUBMITTING, State.IN_PROGRESS)
    rows = connection.execute(
        sa.select(ops_step.c.target_id, ops_step.c.params).where(
            ops_step.c.target_kind == TargetKind.DROPLET,
            ops_step.c.operation == operation,
            ops_step.c.state.in_(states),
        )
    )
    return [BeingTaken(int(droplet), str(params["name"])) for droplet, params in rows]


def pending(connection: Connection) -> list[int]:
    """The requests that wait for approval, oldest first."""
    waiting = sa.select(ops_request.c.id).where(ops_request.c.state == State.PENDING)
    return list(connection.execute(waiting.order_by(ops_request.c.id)).scalars())


def denied_before(
    connection: Connection, steps: Iterable[StepSpec], since: float, limit: int
) -> list[OpsRequest]:
    """The requests for one of `steps` that were denied since then (epoch seconds), newest first."""
    keys = {step.key for step in steps}
    asked_for = (
        sa.select(*_OWNER_AND_KEY)
        .join(ops_request, ops_request.c.id == ops_step.c.ops_request)
        .where(
            ops_step.c.target_id.in_(sorted({key[2] for key in keys})),
            ops_request.c.state == State.DENIED,
            ops_request.c.created_at >= since,
        )
    )
    found = {row[0] for row in connection.execute(asked_for) if tuple(row[1:]) in keys}
    if not found:
        return []
    newest_ids = sorted(found, reverse=True)[:limit]
    query = sa.select(ops_request).where(ops_request.c.id.in_(newest_ids))
    return _assemble(connection, connection.execute(query.order_by(ops_request.c.id.desc())))


def newest(
    connection: Connection,
    *,
    requester: str = "",
    open_only: bool = False,
    limit: int = 10,
) -> list[OpsRequest]:
    """The newest ops requests, newest first."""
    query = sa.select(ops_request).order_by(ops_request.c.id.desc()).limit(limit)
    if requester:
        query = query.where(ops_request.c.requester == requester)
    if open_only:
        query = query.where(ops_request.c.state.in_(OPEN))
    return _assemble(connection, connection.execute(query))


def newest_of_number(connection: Connection, number: int, limit: int) -> list[OpsRequest]:
    """The newest ops requests about an image or a Droplet of this number, also one that an earlier
    step of theirs made; newest first."""
    about = sa.or_(
        sa.and_(
            ops_step.c.target_id == str(number),
            ops_step.c.target_kind.in_((TargetKind.IMAGE, TargetKind.DROPLET)),
        ),
        ops_step.c.resolved_id == number,
    )
    which = sa.select(ops_step.c.ops_request).where(about)
    query = sa.select(ops_request).where(ops_request.c.id.in_(which))
    query = query.order_by(ops_request.c.id.desc()).limit(limit)
    return _assemble(connection, connection.execute(query))


def owned_actions(
    connection: Connection, action_ids: Sequence[int], besides: int
) -> frozenset[int]:
    """Those of DigitalOcean's actions that another step than `besides` (a row's id) owns."""
    return frozenset(owners(connection, action_ids, besides))


def owners(connection: Connection, action_ids: Sequence[int], besides: int) -> dict[int, int]:
    """The same, each with its ops request: as the tables have it."""
    rows = connection.execute(
        sa.select(ops_step.c.action_id, ops_step.c.ops_request).where(
            ops_step.c.action_id.in_(action_ids), ops_step.c.id != besides
        )
    )
    return {row.action_id: row.ops_request for row in rows}


def earlier_requests(
    connection: Connection, requester: str, now: float, rules: Collection[str], besides: int
) -> list[tuple[str, float]]:
    """The (rule, time) of what a person asked for in the last 30 days under these rules."""
    if not rules:
        return []
    rows = connection.execute(
        sa.select(ops_request.c.rule, ops_request.c.created_at)
        .where(
            ops_request.c.requester == requester,
            ops_request.c.created_at > now - 30 * 86_400,
            ops_request.c.id != besides,
            ops_request.c.rule.in_(rules),
            ops_request.c.state != State.REFUSED,
        )
        .order_by(ops_request.c.created_at.desc())
        .limit(1000)
    )
    return [(row.rule, row.created_at) for row in rows]


def _assemble(connection: Connection, rows: sa.CursorResult[Any]) -> list[OpsRequest]:
    found = rows.all()
    if not found:
        return []
    ids = [row.id for row in found]
    steps: dict[int, list[Step]] = {request_id: [] for request_id in ids}
    votes: dict[int, list[Vote]] = {request_id: [] for request_id in ids}
    for row in connection.execute(_STEPS, {"which": ids}):
        steps[row.ops_request].append(step_of(row))
    for row in connection.execute(_VOTES, {"which": ids}):
        confirmed = StepUp(row.step_up) if row.step_up else None
        cast = Vote(row.person, row.choice, row.reason, row.at, confirmed)
        votes[row.ops_request].append(cast)
    return [request_of(row, tuple(steps[row.id]), tuple(votes[row.id])) for row in found]
