"""Use cases are plain functions: what they work with, and one frozen command."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import bot.requests

ROOT = Path(__file__).parents[2]
MODULES = [
    importlib.import_module(f"bot.requests.{module.name}")
    for module in pkgutil.iter_modules(bot.requests.__path__)
]


def _taken_once() -> Iterator[Callable[..., Any]]:
    """The use cases that a payload is taken by, as they are before they are decorated."""
    for module in MODULES:
        for found in vars(module).values():
            wrapped = getattr(found, "__wrapped__", None)
            is_own = wrapped and wrapped.__module__ == module.__name__
            if is_own and "uow" in inspect.signature(wrapped).parameters:
                yield wrapped


USE_CASES = list(_taken_once())


def test_they_are_found() -> None:
    assert {"approve", "cancel", "adopt", "open_request", "set_notify"} <= {
        use_case.__name__ for use_case in USE_CASES
    }


@pytest.mark.parametrize("use_case", USE_CASES, ids=lambda found: found.__name__)
def test_each_takes_one_frozen_command(use_case: Callable[..., Any]) -> None:
    _, command = inspect.signature(use_case).parameters
    type_ = get_type_hints(use_case)[command]
    assert dataclasses.is_dataclass(type_)
    assert type_.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert hasattr(type_, "delivery") or "delivery" in get_type_hints(type_)


def test_no_class_of_theirs_is_a_tower() -> None:
    """Only commands have a base: the data that they share."""
    for path in (ROOT / "bot" / "requests").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).split("[")[0] for base in node.bases}
                shared = {"ByClick", "BySender", "Container", "Generic", "Protocol", "StrEnum"}
                assert bases <= shared, (path.name, node.name, bases)
