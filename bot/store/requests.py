"""Ops requests, their image actions and votes: reading them, and moving them.

Every move is a compare-and-swap: it takes hold only of a row that is still in the state
the caller saw.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.evidence import Evidence
from bot.image_actions import ActionType
from bot.lifecycle import (
    FINISHED,
    IMAGE_ACTION_MOVES,
    MOVES,
    NEXT_STAGE,
    OPEN,
    State,
    check_move,
    overall,
)
from bot.search import Asker
from bot.store.tables import image_action, ops_request, vote
from bot.store.transaction import Transaction


@dataclass(frozen=True)
class Step:
    """One image action of an ops request. Times are epoch seconds."""

    id: int
    ops_request: int
    position: int
    after: int | None
    state: State
    image_id: int
    type: str
    region: str
    """Empty for a convert."""
    finished: bool
    size_gigabytes: float | None
    source_region: str
    fence: str
    intent_at: float | None
    ambiguous: bool
    look_first: bool
    candidates: tuple[Mapping[str, Any], ...]
    action_id: int | None
    started_at: float | None
    completed_at: float | None
    missing_since: float | None
    stuck_told: bool
    retry_at: float | None
    attempts: int
    detail: str


@dataclass(frozen=True)
class Vote:
    """One person's decision: `choice` is `approve` or `deny`."""

    person: str
    choice: str
    reason: str
    at: float


@dataclass(frozen=True)
class Gate:
    """What the policy asked for when the request was made, for showing it."""

    approvals: int = 0
    approvers: tuple[str, ...] = ()
    """Users and user groups as the rule writes them."""
    people: tuple[str, ...] = ()
    """Who could approve when it was asked, groups opened up."""
    notify: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True)
class OpsRequest:
    """One thing a person asked for, with its image actions and votes."""

    id: int
    state: State
    requester: str
    channel: str
    reason: str
    break_glass: str
    followers: tuple[str, ...]
    response_url: str
    created_at: float
    expires_at: float | None
    remind_at: float | None
    finished_at: float | None
    retry_at: float | None
    attempts: int
    rule: str
    gate: Gate
    evidence: Evidence | None
    evidence_digest: str
    outcome: str
    review: str
    permalink: str
    retried_as: int | None
    steps: tuple[Step, ...]
    votes: tuple[Vote, ...]

    @property
    def image_id(self) -> int:
        """The image that all its image actions are about."""
        return self.steps[0].image_id

    @property
    def asker(self) -> Asker:
        """The requester, as one to be answered."""
        return Asker(self.requester, self.channel, "", self.response_url)

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """The votes in favour."""
        return tuple(v for v in self.votes if v.choice == "approve")


@dataclass(frozen=True)
class NewRequest:
    """What is written when a person asks for something."""

    requester: str
    channel: str
    image_id: int
    steps: tuple[tuple[str, str], ...]
    """Each image action as (type, region); a convert has an empty region.

    What stands after a convert waits until it is completed.
    """
    reason: str = ""
    break_glass: str = ""
    response_url: str = ""
    expires_at: float | None = None


def insert(tx: Transaction, new: NewRequest) -> int:
    """Write a new ops request in `checking`, ask for its check, and return its id.

    Raises:
        sqlalchemy.exc.IntegrityError: the same image action is unfinished in another request.
    """
    result = tx.execute(
        sa.insert(ops_request).values(
            state=State.CHECKING,
            requester=new.requester,
            channel=new.channel,
            reason=new.reason,
            break_glass=new.break_glass,
            followers=[],
            response_url=new.response_url,
            created_at=tx.now,
            expires_at=new.expires_at,
        )
    )
    key = result.inserted_primary_key
    request_id = int(key[0]) if key else 0
    # In one order whatever the request's: two that ask for the same must not wait for each other.
    for position, (step_type, region) in sorted(enumerate(new.steps), key=lambda step: step[1]):
        tx.execute(
            sa.insert(image_action).values(
                ops_request=request_id,
                position=position,
                state=State.PENDING,
                image_id=new.image_id,
                type=step_type,
                region=region,
                after=0 if position and new.steps[0][0] == ActionType.CONVERT else None,
            )
        )
    tx.later(NEXT_STAGE[State.CHECKING], request_id)
    return request_id


def load(connection: Connection, request_id: int, *, for_update: bool = False) -> OpsRequest | None:
    """One ops request by its id; `for_update` holds its row until the transaction ends."""
    query = sa.select(ops_request).where(ops_request.c.id == request_id)
    if for_update:
        query = query.with_for_update(key_share=True)  # cards that refer to it may be written
    found = _assemble(connection, connection.execute(query))
    return found[0] if found else None


def hold(tx: Transaction, request_id: int | None) -> None:
    """Hold an ops request's row, before anything of it that is locked later in the order."""
    row = sa.select(ops_request.c.id).where(ops_request.c.id == request_id)
    tx.execute(row.with_for_update(key_share=True))


def load_step(connection: Connection, step_id: int) -> Step | None:
    """One image action by its row id."""
    row = connection.execute(
        sa.select(image_action).where(image_action.c.id == step_id)
    ).one_or_none()
    return _step(row) if row else None


def of_action(connection: Connection, action_id: int) -> OpsRequest | None:
    """The ops request that owns DigitalOcean's action `action_id`."""
    owner = connection.execute(
        sa.select(image_action.c.ops_request).where(image_action.c.action_id == action_id)
    ).scalar_one_or_none()
    return load(connection, owner) if owner is not None else None


def unfinished_twin(
    connection: Connection, image_id: int, steps: Iterable[tuple[str, str]]
) -> OpsRequest | None:
    """The unfinished ops request that already asks for one of `steps` on this image.

    Its row is held until the transaction ends.
    """
    wanted = [
        sa.and_(image_action.c.type == step_type, image_action.c.region == region)
        for step_type, region in steps
    ]
    owner = connection.execute(
        sa.select(image_action.c.ops_request)
        .where(image_action.c.image_id == image_id, ~image_action.c.finished, sa.or_(*wanted))
        .order_by(image_action.c.ops_request)
        .limit(1)
    ).scalar_one_or_none()
    twin = load(connection, owner, for_update=True) if owner is not None else None
    return twin if twin and twin.state in OPEN else None  # it may have ended while we waited


def newest(
    connection: Connection, *, requester: str = "", open_only: bool = False, limit: int = 10
) -> list[OpsRequest]:
    """The newest ops requests, newest first."""
    query = sa.select(ops_request).order_by(ops_request.c.id.desc()).limit(limit)
    if requester:
        query = query.where(ops_request.c.requester == requester)
    if open_only:
        query = query.where(ops_request.c.state.in_(OPEN))
    return _assemble(connection, connection.execute(query))


def in_flight(connection: Connection) -> list[Step]:
    """Every image action that DigitalOcean is working on, oldest first."""
    rows = connection.execute(
        sa.select(image_action)
        .where(image_action.c.state == State.IN_PROGRESS)
        .order_by(image_action.c.id)
    )
    return [_step(row) for row in rows]


def owned_actions(connection: Connection, action_ids: Sequence[int]) -> frozenset[int]:
    """Those of DigitalOcean's actions that some request owns already."""
    rows = connection.execute(
        sa.select(image_action.c.action_id).where(image_action.c.action_id.in_(action_ids))
    )
    return frozenset(rows.scalars())


def earlier_requests(
    connection: Connection, requester: str, now: float, besides: int
) -> list[tuple[str, float]]:
    """The (rule, time) of what a person asked for in the last 30 days, for quotas."""
    rows = connection.execute(
        sa.select(ops_request.c.rule, ops_request.c.created_at)
        .where(
            ops_request.c.requester == requester,
            ops_request.c.created_at > now - 30 * 86_400,
            ops_request.c.id != besides,
            ops_request.c.rule != "",
            ops_request.c.state != State.REFUSED,
        )
        .order_by(ops_request.c.created_at.desc())
        .limit(1000)
    )
    return [(row.rule, row.created_at) for row in rows]


def move(tx: Transaction, request: OpsRequest, to: State, **columns: Any) -> bool:
    """Move an ops request from the state the caller saw; False: somebody was faster.

    Its image actions go along: released on approval, cancelled when the gate closes.
    """
    check_move(MOVES, request.state, to)
    values: dict[str, Any] = {"state": to} | columns
    if to in FINISHED:
        values |= {"finished_at": tx.now, "retry_at": None, "response_url": ""}
    moved = tx.changed(
        sa.update(ops_request)
        .where(ops_request.c.id == request.id, ops_request.c.state == request.state)
        .values(values)
    )
    if moved:
        _carry_along(tx, request.id, request.state, to)
    return moved


def _carry_along(tx: Transaction, request_id: int, old: State, to: State) -> None:
    gate_open = old in (State.CHECKING, State.PENDING)
    if gate_open and to is State.APPROVED:
        _release(tx, request_id)
    elif to in FINISHED:
        ended = State.COMPLETED if to is State.COMPLETED else State.CANCELLED
        tx.execute(
            sa.update(image_action)
            .where(image_action.c.ops_request == request_id, ~image_action.c.finished)
            .values(state=ended, finished=True)
        )


def _release(tx: Transaction, request_id: int) -> None:
    """Let those image actions run whose predecessor, if any, is completed."""
    before = image_action.alias()
    ready = sa.or_(
        image_action.c.after.is_(None),
        sa.exists().where(
            before.c.ops_request == image_action.c.ops_request,
            before.c.position == image_action.c.after,
            before.c.state == State.COMPLETED,
        ),
    )
    waiting = sa.and_(
        image_action.c.ops_request == request_id, image_action.c.state == State.PENDING, ready
    )
    ids = tx.execute(sa.select(image_action.c.id).where(waiting)).scalars().all()
    for step_id in ids:
        tx.execute(
            sa.update(image_action).where(image_action.c.id == step_id).values(state=State.APPROVED)
        )
        tx.later(NEXT_STAGE[State.APPROVED], step_id)


def move_step(tx: Transaction, step: Step, to: State, **columns: Any) -> bool:
    """Move one image action from the state and fence the caller saw; its request follows.

    What the new state waits for is asked for; False: somebody was faster, nothing changed.
    """
    check_move(IMAGE_ACTION_MOVES, step.state, to)
    hold(tx, step.ops_request)
    moved = tx.changed(
        sa.update(image_action)
        .where(
            image_action.c.id == step.id,
            image_action.c.state == step.state,
            image_action.c.fence == step.fence,
        )
        .values({"state": to, "finished": to in FINISHED} | columns)
    )
    if moved:
        if to is State.COMPLETED:
            _release(tx, step.ops_request)
        elif to in FINISHED:
            _drop_dependents(tx, step)
        if to is not State.SUBMITTING and to in NEXT_STAGE:
            key = "all" if to is State.IN_PROGRESS else step.id
            tx.later(NEXT_STAGE[to], key, columns.get("retry_at"))
        _follow_steps(tx, step.ops_request)
    return moved


def close_step(tx: Transaction, step: Step, to: State, detail: str) -> None:
    """End an image action that will never run, while its request is being checked."""
    check_move(IMAGE_ACTION_MOVES, step.state, to)
    tx.execute(
        sa.update(image_action)
        .where(image_action.c.id == step.id, image_action.c.state == State.PENDING)
        .values(state=to, finished=True, detail=detail)
    )


def _drop_dependents(tx: Transaction, step: Step) -> None:
    tx.execute(
        sa.update(image_action)
        .where(
            image_action.c.ops_request == step.ops_request,
            image_action.c.after == step.position,
            image_action.c.state == State.PENDING,
        )
        .values(state=State.CANCELLED, finished=True)
    )


def _follow_steps(tx: Transaction, request_id: int) -> None:
    request = load(tx.connection, request_id, for_update=True)
    assert request is not None, "an image action belongs to an ops request"  # noqa: S101 - foreign key
    state = overall([s.state for s in request.steps])
    if state is not request.state:
        move(tx, request, state)


def update_step(tx: Transaction, step: Step, **columns: Any) -> bool:
    """Write columns of one image action without moving it, if it is still as the caller saw it."""
    return tx.changed(
        sa.update(image_action)
        .where(
            image_action.c.id == step.id,
            image_action.c.state == step.state,
            image_action.c.fence == step.fence,
        )
        .values(columns)
    )


def update(tx: Transaction, request_id: int, **columns: Any) -> None:
    """Write columns of one ops request that have nothing to do with its state."""
    tx.execute(sa.update(ops_request).where(ops_request.c.id == request_id).values(columns))


def add_vote(tx: Transaction, request_id: int, person: str, choice: str, reason: str) -> None:
    """Write one person's vote.

    Raises:
        sqlalchemy.exc.IntegrityError: this person has voted already.
    """
    tx.execute(
        sa.insert(vote).values(
            ops_request=request_id, person=person, choice=choice, reason=reason, at=tx.now
        )
    )


def _assemble(connection: Connection, rows: sa.CursorResult[Any]) -> list[OpsRequest]:
    found = rows.all()
    ids = [row.id for row in found]
    steps: dict[int, list[Step]] = {request_id: [] for request_id in ids}
    votes: dict[int, list[Vote]] = {request_id: [] for request_id in ids}
    for row in connection.execute(
        sa.select(image_action)
        .where(image_action.c.ops_request.in_(ids))
        .order_by(image_action.c.ops_request, image_action.c.position)
    ):
        steps[row.ops_request].append(_step(row))
    for row in connection.execute(
        sa.select(vote).where(vote.c.ops_request.in_(ids)).order_by(vote.c.at)
    ):
        votes[row.ops_request].append(Vote(row.person, row.choice, row.reason, row.at))
    return [_request(row, tuple(steps[row.id]), tuple(votes[row.id])) for row in found]


def _request(row: sa.Row[Any], steps: tuple[Step, ...], votes: tuple[Vote, ...]) -> OpsRequest:
    values = dict(row._mapping)
    gate = values.pop("decision") or {}
    evidence = values.pop("evidence")
    return OpsRequest(
        **values
        | {
            "state": State(row.state),
            "followers": tuple(row.followers),
            "gate": _gate(gate),
            "evidence": Evidence.model_validate(evidence) if evidence else None,
        },
        steps=steps,
        votes=votes,
    )


def _gate(stored: Mapping[str, Any]) -> Gate:
    columns: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return Gate(**columns)


def _step(row: sa.Row[Any]) -> Step:
    values = dict(row._mapping)
    return Step(**values | {"state": State(row.state), "candidates": tuple(row.candidates or ())})


def gate_columns(gate: Gate) -> dict[str, Any]:
    """A gate as the `decision` column holds it."""
    return dataclasses.asdict(gate)
