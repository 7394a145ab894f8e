"""States and their legal moves: one pure table, drawn in docs/architecture.md.

The state of an ops request follows from the gate (votes, expiry, cancelling) until it is
approved, and from its image actions afterwards (`overall`). Image actions use the same
states: `pending` means not released yet, `cancelled` that it will never run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bot.domain.jobs import Job


class State(StrEnum):
    """Where an ops request, or one image action of it, stands."""

    CHECKING = "checking"
    """Taken from Slack; the image has not been looked up yet."""
    PENDING = "pending"
    APPROVED = "approved"
    SUBMITTING = "submitting"
    """The intent to POST is written; the reply is not."""
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ERRORED = "errored"
    DENIED = "denied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    """The bot said no before anybody was asked."""
    NEEDS_ATTENTION = "needs-attention"
    """The POST may have arrived and nothing shows whether it did: a person decides."""


_S = State

MOVES: Mapping[State, frozenset[State]] = {
    _S.CHECKING: frozenset(
        {_S.PENDING, _S.APPROVED, _S.REFUSED, _S.COMPLETED, _S.CANCELLED, _S.EXPIRED}
    ),
    _S.PENDING: frozenset({_S.APPROVED, _S.DENIED, _S.CANCELLED, _S.EXPIRED, _S.REFUSED}),
    _S.APPROVED: frozenset(
        {
            *(_S.SUBMITTING, _S.IN_PROGRESS, _S.COMPLETED, _S.ERRORED),
            *(_S.CANCELLED, _S.REFUSED, _S.NEEDS_ATTENTION),
            _S.PENDING,  # a restored backup: people are asked again
        }
    ),
    _S.SUBMITTING: frozenset(
        {_S.APPROVED, _S.IN_PROGRESS, _S.COMPLETED, _S.ERRORED, _S.NEEDS_ATTENTION}
    ),
    _S.IN_PROGRESS: frozenset({_S.COMPLETED, _S.ERRORED, _S.NEEDS_ATTENTION}),
    # `submitting`: another image action of the same request was being submitted meanwhile
    _S.NEEDS_ATTENTION: frozenset(
        {_S.APPROVED, _S.SUBMITTING, _S.IN_PROGRESS, _S.COMPLETED, _S.ERRORED}
    ),
    _S.COMPLETED: frozenset(),
    _S.ERRORED: frozenset(),
    _S.DENIED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REFUSED: frozenset(),
}
"""From each state, where an ops request may go. A state with no way out is finished."""

IMAGE_ACTION_MOVES: Mapping[State, frozenset[State]] = {
    _S.PENDING: frozenset({_S.APPROVED, _S.COMPLETED, _S.CANCELLED}),
    _S.APPROVED: frozenset(
        {
            *(_S.SUBMITTING, _S.IN_PROGRESS, _S.COMPLETED, _S.ERRORED),
            *(_S.CANCELLED, _S.NEEDS_ATTENTION, _S.PENDING),
        }
    ),
    _S.SUBMITTING: MOVES[_S.SUBMITTING],
    _S.IN_PROGRESS: MOVES[_S.IN_PROGRESS],
    _S.NEEDS_ATTENTION: frozenset({_S.APPROVED, _S.IN_PROGRESS, _S.COMPLETED, _S.ERRORED}),
    _S.COMPLETED: frozenset(),
    _S.ERRORED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""The same for one image action."""

FINISHED: frozenset[State] = frozenset(state for state, to in MOVES.items() if not to)
OPEN: frozenset[State] = frozenset(State) - FINISHED

NEXT_JOB: Mapping[State, Job] = {
    _S.CHECKING: Job.CHECK,
    _S.APPROVED: Job.SUBMIT,
    _S.SUBMITTING: Job.SUBMIT,
    _S.IN_PROGRESS: Job.POLL,
}
"""The job whose work a state waits for. Other states wait for a person, or for nothing."""


class IllegalMove(Exception):
    """A move that the table does not hold: a defect in the caller, never a person's fault."""


def check_move(moves: Mapping[State, frozenset[State]], old: State, new: State) -> None:
    """Raise `IllegalMove` unless `moves` allows going from `old` to `new`."""
    if new not in moves.get(old, frozenset()):
        raise IllegalMove(f"{old} → {new}")


def overall(image_actions: Sequence[State]) -> State:
    """The state of an approved ops request, from the states of its image actions.

    A question for a person comes first; then whatever is still to come; `completed` only
    when every image action is. What its requester called off is left out of it.
    """
    states = set(image_actions)
    if State.NEEDS_ATTENTION in states:
        return State.NEEDS_ATTENTION
    if states <= FINISHED:
        return State.COMPLETED if states == {State.COMPLETED} else State.ERRORED
    started = states & (FINISHED | {State.IN_PROGRESS})
    if started:
        return State.IN_PROGRESS
    return State.SUBMITTING if State.SUBMITTING in states else State.APPROVED
