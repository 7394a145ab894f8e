"""All operations, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.steps import StepSpec, Target, TargetKind
from bot.operations.base import Operation
from bot.operations.convert import Convert
from bot.operations.delete import Delete
from bot.operations.give import Give
from bot.operations.rename import Rename
from bot.operations.restore import Restore
from bot.operations.snapshot import Snapshot
from bot.operations.snapshot_volume import SnapshotVolume
from bot.operations.standing import STANDING, StandingApproval
from bot.operations.transfer import Transfer

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        *(Transfer(), Convert(), Rename(), Delete(), Snapshot()),
        *(Give(), Restore(), SnapshotVolume()),
    )
}
"""Those that people can ask for."""
_UNTYPED: dict[str, Operation] = {STANDING: StandingApproval()}
"""Those that nobody types."""


def operation_of(step: StepSpec) -> Operation:
    """The operation that a step asks for.

    Raises:
        KeyError: there is no such operation in this version.
    """
    return OPERATIONS.get(step.operation) or _UNTYPED[step.operation]


def latest_type(operation: str) -> str:
    """The type of image that `latest …` means for an operation; empty: to look at it alone."""
    return OPERATIONS[operation].latest_type if operation else Operation.latest_type


def steps_for(
    operation: str, ids: Iterable[int | str], params: Sequence[Mapping[str, Any]]
) -> tuple[StepSpec, ...]:
    """A step for each target, by its id there, and each set of parameters, in their order.

    Raises:
        KeyError: there is no such operation.
        pydantic.ValidationError: the parameters are not what the operation takes.
    """
    made = OPERATIONS[operation]
    return tuple(
        StepSpec(operation, Target(made.target, str(target_id)), made.validate(each))
        for target_id in ids
        for each in params
    )


def judged(steps: Iterable[StepSpec]) -> tuple[StepSpec, ...]:
    """The steps as the policy judges them."""
    return tuple(each for step in steps for each in operation_of(step).inner(step) or (step,))


def read_scope(steps: Iterable[StepSpec]) -> str:
    """What DigitalOcean's token needs to look up what the steps are done to."""
    kinds = {step.target.kind for step in judged(steps)}
    if TargetKind.VOLUME in kinds:
        return "block_storage:read"
    return "droplet:read" if TargetKind.DROPLET in kinds else "image:read"


def predecessors(steps: Sequence[StepSpec], *, in_turn: bool = False) -> tuple[int | None, ...]:
    """For each step the position of the one that has to be completed first; None: it need not wait.

    Where an image is made or something runs last, all runs one after the other, since DigitalOcean
    takes one action of an image at a time, and what runs last waits for all that does not.

    Args:
        in_turn: they run one after the other in any case: the rest of such a plan, tried again.
    """
    ordered = (operation_of(step).makes_image or operation_of(step).runs_last for step in steps)
    if in_turn or any(ordered):
        first = [place for place, step in enumerate(steps) if not operation_of(step).runs_last]
        before = dict(zip(first[1:], first, strict=False))
        end = first[-1] if first else None
        return tuple(before.get(p) if p in first else end for p in range(len(steps)))
    head = steps[0]
    waits = operation_of(head).others_wait
    return tuple(
        0 if place and waits and step.target == head.target else None
        for place, step in enumerate(steps)
    )
