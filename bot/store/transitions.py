"""Writing ops requests: new ones, moves, votes.

Every move is a compare-and-swap: it takes hold only of a row that is still in the state
the caller saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from bot.domain.causes import Cause
from bot.domain.states import (
    FINISHED,
    IMAGE_ACTION_MOVES,
    MOVES,
    NEXT_JOB,
    State,
    check_move,
    overall,
)
from bot.domain.step_up import StepUp
from bot.domain.steps import Target
from bot.store.requests import lock_request
from bot.store.rows import NewRequest, OpsRequest, Step, step_columns
from bot.store.tables import ops_request, ops_step, vote
from bot.store.transaction import Transaction

_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_SEEN: sa.BindParameter[Any] = sa.bindparam("seen")
_REQUEST = sa.update(ops_request).where(ops_request.c.id == _WHICH)
_IN_STATE = _REQUEST.where(ops_request.c.state == _SEEN)
_STEP = sa.update(ops_step).where(ops_step.c.id == _WHICH)
_STEP_AS_SEEN = _STEP.where(
    ops_step.c.state == _SEEN, ops_step.c.fence == sa.bindparam("seen_fence")
)
_STEPS_OF = sa.select(
    ops_step.c.id,
    ops_step.c.position,
    ops_step.c.after,
    ops_step.c.state,
    ops_step.c.withdrawn,
).where(ops_step.c.ops_request == _WHICH)
_ADD_REQUEST, _ADD_STEP, _VOTE = sa.insert(ops_request), sa.insert(ops_step), sa.insert(vote)
FIRST_REMINDER_SECONDS = 3600.0
"""Whoever has to decide on a lost answer is reminded so long after they were first asked."""
_FOLLOWED_WITHIN = 0.25
"""Seconds: those that begin together are taken up together, long before the first look."""


def insert(tx: Transaction, new: NewRequest) -> int:
    """Write a new ops request in `checking`, ask for its check, and return its id.

    Raises:
        sqlalchemy.exc.IntegrityError: the same image action is unfinished in another request.
    """
    result = tx.execute(
        _ADD_REQUEST,
        {
            "state": State.CHECKING,
            "requester": new.requester,
            "channel": new.channel,
            "reason": new.reason,
            "break_glass": new.break_glass,
            "followers": [],
            "response_url": new.response_url,
            "created_at": tx.now,
            "expires_at": new.expires_at,
            "schedule": new.schedule,
            "due_at": new.due_at,
        },
    )
    key = result.inserted_primary_key
    request_id = int(key[0]) if key else 0
    # In one order whatever the request's: two that ask for the same must not wait for each other.
    for position, spec in sorted(enumerate(new.steps), key=lambda each: each[1].key):
        tx.execute(
            _ADD_STEP,
            {
                "ops_request": request_id,
                "position": position,
                "state": State.PENDING,
                "after": new.after[position] if new.after else None,
                **step_columns(spec),
            },
        )
    tx.enqueue(NEXT_JOB[State.CHECKING], request_id)
    return request_id


def move(tx: Transaction, request: OpsRequest, to: State, **columns: Any) -> bool:
    """Move an ops request from the state the caller saw; False: somebody was faster.

    Its image actions go along: released on approval, cancelled when the gate closes.
    """
    return _move(tx, request.id, request.state, to, columns)


def _move(
    tx: Transaction, request_id: int, old: State, to: State, columns: Mapping[str, Any]
) -> bool:
    check_move(MOVES, old, to)
    values: dict[str, Any] = {"state": to} | dict(columns)
    if to in FINISHED:
        values |= {"finished_at": tx.now, "retry_at": None, "response_url": ""}
    elif to is State.NEEDS_ATTENTION:
        values["remind_at"] = tx.now + FIRST_REMINDER_SECONDS
    moved = tx.changed(_IN_STATE, {"which": request_id, "seen": old, **values})
    if moved:
        _carry_along(tx, request_id, old, to)
    return moved


def _carry_along(tx: Transaction, request_id: int, old: State, to: State) -> None:
    gate_open = old in (State.CHECKING, State.PENDING)
    if gate_open and to is State.APPROVED:
        _release(tx, request_id)
    elif to in FINISHED:
        ended = State.COMPLETED if to is State.COMPLETED else State.CANCELLED
        tx.execute(
            sa.update(ops_step)
            .where(ops_step.c.ops_request == request_id, ~ops_step.c.finished)
            .values(state=ended, finished=True)
        )


def _release(tx: Transaction, request_id: int) -> None:
    """Let those image actions run whose predecessor, if any, is completed."""
    steps = tx.execute(_STEPS_OF, {"which": request_id}).all()
    completed = {step.position for step in steps if step.state == State.COMPLETED}
    for step in steps:
        if step.state == State.PENDING and (step.after is None or step.after in completed):
            tx.execute(_STEP, {"which": step.id, "state": State.APPROVED})
            tx.enqueue(NEXT_JOB[State.APPROVED], step.id)


def move_step(tx: Transaction, step: Step, to: State, **columns: Any) -> bool:
    """Move one image action from the state and fence the caller saw; its request follows.

    What the new state waits for is asked for; False: somebody was faster, nothing changed.
    """
    check_move(IMAGE_ACTION_MOVES, step.state, to)
    request_state = lock_request(tx, step.ops_request)
    if request_state is None:
        return False
    moved = update_step(tx, step, **{"state": to, "finished": to in FINISHED} | columns)
    if moved:
        if to is State.COMPLETED:
            _release(tx, step.ops_request)
        elif to in FINISHED:
            _drop_dependents(tx, step, withdrawn=bool(columns.get("withdrawn")))
        if to is not State.SUBMITTING and to in NEXT_JOB:
            if to is State.IN_PROGRESS:
                tx.enqueue(NEXT_JOB[to], "all", tx.now + _FOLLOWED_WITHIN)
            else:
                tx.enqueue(NEXT_JOB[to], step.id, columns.get("retry_at"))
        _follow_steps(tx, step.ops_request, request_state)
    return moved


def close_step(tx: Transaction, step: Step, to: State, cause: Cause) -> None:
    """End an image action that will never run, while its request is being checked."""
    check_move(IMAGE_ACTION_MOVES, step.state, to)
    tx.execute(
        sa.update(ops_step)
        .where(ops_step.c.id == step.id, ops_step.c.state == State.PENDING)
        .values(state=to, finished=True, cause=cause.as_json())
    )


def withdraw_step(tx: Transaction, step: Step) -> bool:
    """Take back one image action that was not sent; False: it is being submitted by now."""
    return step.unsent and move_step(tx, step, State.CANCELLED, withdrawn=True, retry_at=None)


def _drop_dependents(tx: Transaction, step: Step, *, withdrawn: bool) -> None:
    """Cancel what waits for a step that will not be completed, and what waits for that."""
    dropped = {step.position}
    while dropped:
        waiting = (
            ops_step.c.ops_request == step.ops_request,
            ops_step.c.after.in_(dropped),
            ops_step.c.state == State.PENDING,
        )
        dropped = set(tx.execute(sa.select(ops_step.c.position).where(*waiting)).scalars())
        gone = {"state": State.CANCELLED, "finished": True, "withdrawn": withdrawn}
        tx.execute(sa.update(ops_step).where(*waiting).values(**gone))


def resolve(tx: Transaction, steps: Iterable[Step], made: Target, image_id: int) -> None:
    """Write down which image was made, for those of a request's steps that wait for it."""
    waiting = [step.id for step in steps if step.waits_for(made)]
    here = ops_step.c.id.in_(waiting)
    tx.execute(sa.update(ops_step).where(here).values(resolved_id=image_id))


def _follow_steps(tx: Transaction, request_id: int, old: State) -> None:
    steps = tx.execute(_STEPS_OF, {"which": request_id})
    # What was called off counts neither way; what could not be done is not a success.
    state = overall([State(step.state) for step in steps if not step.withdrawn])
    if state is not old:
        _move(tx, request_id, old, state, {})


def update_step(tx: Transaction, step: Step, **columns: Any) -> bool:
    """Write columns of one image action without moving it, if it is still as the caller saw it."""
    seen = {"which": step.id, "seen": step.state, "seen_fence": step.fence}
    return tx.changed(_STEP_AS_SEEN, {**seen, **columns})


def update(tx: Transaction, request_id: int, **columns: Any) -> None:
    """Write columns of one ops request that have nothing to do with its state."""
    tx.execute(_REQUEST, {"which": request_id, **columns})


def add_vote(
    tx: Transaction,
    request_id: int,
    person: str,
    choice: str,
    reason: str,
    step_up: StepUp | None = None,
) -> None:
    """Write one person's vote, in place of an earlier one; the audit log has both.

    Args:
        step_up: by what it was confirmed.
    """
    remove_vote(tx, request_id, person)
    cast = {"ops_request": request_id, "person": person, "choice": choice, "reason": reason}
    tx.execute(_VOTE, {**cast, "step_up": step_up or "", "at": tx.now})


def remove_vote(tx: Transaction, request_id: int, person: str) -> None:
    """Take away one person's vote; the audit log keeps it."""
    mine = (vote.c.ops_request == request_id) & (vote.c.person == person)
    tx.execute(sa.delete(vote).where(mine))


def note_looks(tx: Transaction, looked: Mapping[int, float]) -> None:
    """Keep when steps in flight were last read (epoch seconds), by the step's id."""
    for step_id, at in looked.items():
        here = (ops_step.c.id == step_id, ops_step.c.state == State.IN_PROGRESS)
        tx.execute(sa.update(ops_step).where(*here).values(looked_at=at))
