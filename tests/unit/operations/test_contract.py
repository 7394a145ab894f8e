"""The contract over all operations, and that it fails for one that lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from operation_contract import PURE, check_life, named_policy
from pydantic import ValidationError
from world import world

from bot.digitalocean import DigitalOceanError
from bot.domain.evidence import SeenImage
from bot.domain.resources import ImageAction
from bot.domain.steps import StepSpec
from bot.errors import CommandError
from bot.operations.base import Api, Finished, Operation, Resend, Started, Wording
from bot.operations.consequence import Consequence, said
from bot.operations.convert import Convert
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


class WithAnExampleThatDoesNotParse(Rename):
    help = replace(Rename.help, examples=("rename 62137902",))


class KnownToThePolicyByAnotherWord(Rename):
    name = "re-name"


class SaysTooMuch(Rename):
    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        return (said("{before} is called otherwise. " * 50, before=seen.name),)


class LoggedOtherwise(Rename):
    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {"name": "what the log is to say"}

    def start(self, api: Api, step: StepSpec) -> Started | Finished:
        api.images.update(step.target.number, {"name": step.params["name"]})
        return Finished()


class SaysThatItPuts(Transfer):
    resend = Resend.SAFE

    def call(self, step: StepSpec) -> str:
        return f"PUT /v2/images/{step.target.id}"


class PostsTwice(Convert):
    def start(self, api: Api, step: StepSpec) -> Started | Finished:
        with suppress(DigitalOceanError):
            super().start(api, step)
            super().start(api, step)
        return Finished()


class NeverEnds(Rename):
    def start(self, api: Api, step: StepSpec) -> Started | Finished:
        super().start(api, step)
        return Started(ImageAction(id=7, status="in-progress", type="rename"))


@pytest.mark.parametrize(
    "liar",
    [
        SaysHarmless,
        LetThroughByOldFiles,
        DrawnAsAnother,
        WithoutConsequences,
        WithAnExampleOfAnother,
        KeepsMoreThanItTakes,
        WithAnExampleThatDoesNotParse,
        KnownToThePolicyByAnotherWord,
        SaysTooMuch,
    ],
)
def test_it_fails_for_one_that_lies(liar: type[Operation], monkeypatch: pytest.MonkeyPatch) -> None:
    lying = liar()
    _instead(monkeypatch, lying)
    with pytest.raises((AssertionError, ValidationError, CommandError)):
        _check_all(lying)


@pytest.mark.parametrize(
    ("liar", "found"),
    [
        (LoggedOtherwise, "what the log is to say"),
        (SaysThatItPuts, "the log has 'PUT"),
        (PostsTwice, "sent 2 times"),
        (NeverEnds, "a reply holding 'completed'"),
    ],
)
def test_it_fails_for_one_that_does_otherwise(
    liar: type[Operation], found: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lying = liar()
    _instead(monkeypatch, lying)
    with world(tmp_path, named_policy(lying)) as at_work:
        at_work.patience = 4
        with pytest.raises(AssertionError, match=found):
            check_life(at_work, lying)


def _check_all(operation: Operation) -> None:
    for check in PURE:
        check(operation)


def _instead(monkeypatch: pytest.MonkeyPatch, operation: Operation) -> None:
    """Put it where the honest one of that name is: the registry is what the bot works from."""
    monkeypatch.setitem(OPERATIONS, operation.name, operation)
