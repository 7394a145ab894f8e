"""The contract over all operations, and that it fails for one that lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from operation_contract import PURE, check_life, named_policy
from pydantic import ValidationError
from world import world

from bot.domain.steps import StepSpec
from bot.operations.base import Api, Finished, Operation, Resend, Started, Wording
from bot.operations.delete import Delete
from bot.operations.registry import OPERATIONS
from bot.operations.rename import Rename
from bot.operations.transfer import Transfer


@pytest.mark.parametrize("check", PURE, ids=lambda check: check.__name__)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_operation_holds_to_it(operation: Operation, check: Callable[[Operation], None]) -> None:
    check(operation)


class SaysHarmless(Transfer):
    resend = Resend.SAFE


class LetThroughByOldFiles(Delete):
    named_only = False


class DrawnAsAnother(Rename):
    def wording(self, step: StepSpec) -> Wording:
        return Wording("transfer", "Copy", "copied")


class WithoutConsequences(Delete):
    def consequences(self, *_: Any) -> tuple[()]:
        return ()


class WithAnExampleOfAnother(Rename):
    help = Transfer.help


class KeepsMoreThanItTakes(Rename):
    def validate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {**params, "description": "and more"}


class LoggedOtherwise(Rename):
    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {"name": "what the log is to say"}

    def start(self, api: Api, step: StepSpec) -> Started | Finished:
        api.images.update(step.target.number, {"name": step.params["name"]})
        return Finished()


@pytest.mark.parametrize(
    "liar",
    [
        SaysHarmless,
        LetThroughByOldFiles,
        DrawnAsAnother,
        WithoutConsequences,
        WithAnExampleOfAnother,
        KeepsMoreThanItTakes,
    ],
)
def test_it_fails_for_one_that_lies(liar: type[Operation], monkeypatch: pytest.MonkeyPatch) -> None:
    lying = liar()
    _instead(monkeypatch, lying)
    with pytest.raises((AssertionError, ValidationError)):
        _check_all(lying)


def test_it_fails_for_one_that_logs_what_it_does_not_send(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = LoggedOtherwise()
    _instead(monkeypatch, liar)
    with (
        world(tmp_path, named_policy(liar)) as at_work,
        pytest.raises(AssertionError, match="what the log is to say"),
    ):
        check_life(at_work, liar)


def _check_all(operation: Operation) -> None:
    for check in PURE:
        check(operation)


def _instead(monkeypatch: pytest.MonkeyPatch, operation: Operation) -> None:
    """Put it where the honest one of that name is: the registry is what the bot works from."""
    monkeypatch.setitem(OPERATIONS, operation.name, operation)
