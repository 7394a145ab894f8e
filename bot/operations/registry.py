"""All operations, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.steps import StepSpec
from bot.operations.base import Operation
from bot.operations.convert import Convert
from bot.operations.transfer import Transfer

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation for operation in (Transfer(), Convert())
}


def operation_of(step: StepSpec) -> Operation:
    """The operation that a step asks for.

    Raises:
        KeyError: there is no such operation in this version.
    """
    return OPERATIONS[step.operation]


def in_turn(steps: Sequence[StepSpec]) -> bool:
    """Whether what stands after the first of several steps waits until that is completed."""
    return len(steps) > 1 and operation_of(steps[0]).others_wait
