"""The example and the docs keep up with the schema."""

from __future__ import annotations

import ast
import re
import sys

import pytest
from pydantic import BaseModel
from unit.policy.given import EXAMPLE, REPOSITORY, policy

from bot.operations.registry import OPERATIONS
from bot.policy import schema
from bot.policy.approvers import ApproverGroup, Escalation
from bot.policy.governance import Governance
from bot.policy.reasons import Reason
from bot.policy.review import ReviewReason
from bot.views.decisions import _CLICK_REFUSED

_MAY = {"file.py": ("bot.file_stamp",)}
DOCS = (REPOSITORY / "docs" / "policy.md").read_text(encoding="utf-8")
UNCOMMENTED = re.sub(r"^# (?=\[|[a-z_-]+ = )", "", EXAMPLE, flags=re.MULTILINE)
TABLES = (schema.Rule, schema.Hours, schema.Quota, ApproverGroup, Escalation, Governance)
KEYS = [
    (table, info.alias or name)
    for table in (*TABLES, schema.Freeze)
    for name, info in table.model_fields.items()
]


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_key_is_in_the_docs_and_in_the_example(table: type[BaseModel], key: str) -> None:
    assert re.search(rf"^\| `{key}` \|", DOCS, flags=re.MULTILINE)
    assert re.search(rf"\b{key} = ", EXAMPLE)


def test_every_field_says_what_is_expected() -> None:
    for table in (schema.Policy, schema.Freeze, *TABLES):
        assert all(info.description for info in table.model_fields.values())


def test_the_example_loads_as_it_stands_and_uncommented() -> None:
    assert len(policy(EXAMPLE).rule) == 3
    whole = policy(UNCOMMENTED)
    assert len(whole.rule) == 6
    assert len(whole.freeze) == 3
    assert whole.rule[1].quota is not None
    assert list(whole.regions) == ["europe", "far-east"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_in_the_docs_and_in_the_example(name: str) -> None:
    row = next(line for line in DOCS.splitlines() if line.startswith("| `image_actions` |"))
    assert f'`"{name}"`' in row
    assert f'"{name}"' in EXAMPLE


def test_examples_in_the_docs_are_valid() -> None:
    """Each example in a table of the docs, put as the value of its key, loads."""
    seen = 0
    for key, example in re.findall(
        r"^\| `(\w+)` \|[^|]*\|[^|]*\| `([^`]+)` \|", DOCS, re.MULTILINE
    ):
        of_a_time = key == "to" and not example.startswith("[")  # of hours and freezes
        if key in schema.Rule.model_fields and key != "name" and not of_a_time:
            others = "".join(
                f"{other} = {value}\n"
                for other, value in (("approvers", '["U0BOB", "S0X"]'), ("ticket", "'X'"))
                if other != key
            )
            others += 'image_actions = ["give"]\n' if key == "to" else ""
            policy(f"[[rule]]\n{others}{key} = {example}\n")
            seen += 1
    assert seen >= len(schema.Rule.model_fields) - 1


def test_every_refused_click_has_its_sentence() -> None:
    counted = {ReviewReason.APPROVED, ReviewReason.COUNTED, ReviewReason.DENIED}
    assert set(_CLICK_REFUSED) == set(ReviewReason) - counted


def test_reasons_are_fit_for_the_audit_log() -> None:
    assert all(re.fullmatch(r"[a-z-]+", reason) for reason in (*Reason, *ReviewReason))


def test_the_policy_is_pure() -> None:
    """It imports pydantic, the standard library, and the vocabulary; only one file reads files."""
    for path in (REPOSITORY / "bot" / "policy").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            name
            for node in ast.walk(tree)
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        }
        for name in imported:
            top = name.partition(".")[0]
            allowed = top in sys.stdlib_module_names or top in {"pydantic", "pydantic_core"}
            ours = name in ("bot.errors", *_MAY.get(path.name, ())) or name.startswith(
                ("bot.policy", "bot.domain", "bot.operations", "bot.toml")
            )
            assert allowed or ours, f"{path.name} imports {name}"
        if path.name != "file.py":
            assert not imported & {"os", "pathlib", "io", "logging", "time", "threading"}
