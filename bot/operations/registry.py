"""All operations, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.steps import StepSpec, image_target
from bot.operations.base import Operation
from bot.operations.convert import Convert
from bot.operations.delete import Delete
from bot.operations.rename import Rename
from bot.operations.transfer import Transfer

OPERATIONS: dict[str, Operation] = {
    operation.name: operation for operation in (Transfer(), Convert(), Rename(), Delete())
}


def operation_of(step: StepSpec) -> Operation:
    """The operation that a step asks for.

    Raises:
        KeyError: there is no such operation in this version.
    """
    return OPERATIONS[step.operation]


def steps_for(
    operation: str, image_ids: Iterable[int], params: Sequence[Mapping[str, Any]]
) -> tuple[StepSpec, ...]:
    """A step for each image and each set of parameters, in their order.

    Raises:
        KeyError: there is no such operation.
        pydantic.ValidationError: the parameters are not what the operation takes.
    """
    made = OPERATIONS[operation]
    return tuple(
        StepSpec(operation, image_target(image_id), made.validate(each))
        for image_id in image_ids
        for each in params
    )


def in_turn(steps: Sequence[StepSpec]) -> bool:
    """Whether what stands after the first of several steps waits until that is completed."""
    return len(steps) > 1 and operation_of(steps[0]).others_wait
