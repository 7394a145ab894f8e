"""The example and the docs keep up with the schema, and the package stays pure."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from unit.schedules.given import EXAMPLE, REPOSITORY, loaded, schedule

from bot.schedules.schema import Schedule, Schedules
from bot.schedules.when import SHORTEST_INTERVAL
from handlers.commands.scheduled import check_scheduled

DOCS = (REPOSITORY / "docs" / "schedules.md").read_text(encoding="utf-8")
MODULES = sorted((REPOSITORY / "bot" / "schedules").glob("*.py"))


@pytest.mark.parametrize("key", Schedule.model_fields)
def test_every_key_is_in_the_docs_and_in_the_example(key: str) -> None:
    assert re.search(rf"^\| `{key}` \|", DOCS, flags=re.MULTILINE)
    assert re.search(rf"^{key} = ", EXAMPLE, flags=re.MULTILINE)


def test_every_field_says_what_is_expected() -> None:
    for table in (Schedule, Schedules):
        assert all(info.description for info in table.model_fields.values())


def test_examples_in_the_docs_are_valid() -> None:
    found = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\| `([^`]+)` \|", DOCS, re.MULTILINE)
    assert {key for key, _ in found} == set(Schedule.model_fields)
    text = "\n".join(["[[schedule]]", *(f"{key} = {example}" for key, example in found)])
    (whole,) = loaded(text)
    check_scheduled(whole.command)


def test_spellings_of_when_in_the_docs_are_valid() -> None:
    spellings = re.findall(r'^\| `"([^"`]+)"` \|', DOCS, re.MULTILINE)
    assert len(spellings) == 5
    assert all(schedule(each).cron for each in spellings)


def test_the_docs_tell_the_shortest_interval() -> None:
    assert f"once in {SHORTEST_INTERVAL.seconds // 60} minutes" in DOCS


@pytest.mark.parametrize(
    "command",
    [each.command for each in loaded(EXAMPLE)],
)
def test_commands_of_the_example_can_be_run(command: str) -> None:
    check_scheduled(command)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_schedules_are_pure(path: Path) -> None:
    """They know pydantic, cronsim and the vocabulary; only one file reads files."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        *(node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)),
        *(
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for name in node.names
        ),
    }
    outside = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert outside <= {"bot", "pydantic", "cronsim"}
    if path.name != "file.py":
        assert not imported & {"os", "pathlib", "io", "logging", "time", "threading"}
        assert "bot.toml.file" not in imported
