"""Every operation from the command to its end, over the wire, as its contract says."""

from __future__ import annotations

import pytest
from operation_contract import check_life, check_lost_answer, named_policy

from bot.operations.base import Operation
from bot.operations.registry import OPERATIONS

pytestmark = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def test_its_life(start, operation: Operation) -> None:
    check_life(start(named_policy(operation)), operation)


def test_its_answer_lost(start, operation: Operation) -> None:
    check_lost_answer(start(named_policy(operation)), operation)
