"""Every arrow goes down: what may import what, read from the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ["bot.image_actions", "bot.lifecycle", "bot.events", "bot.evidence", "bot.obstacles"]
RIM = ("bot.app", "bot.console", "bot.__main__", "bot.demo")


def _modules() -> dict[str, set[str]]:
    """Every module with the modules of ours that it imports, wherever in it."""
    found = {}
    for folder in ("bot", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if "migrations" not in name:
                found[name] = _imports(path)
    return found


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {n for n in names if n.split(".")[0] in ("bot", "handlers")}


MODULES = _modules()


def _reach(name: str) -> set[str]:
    return {n for n in MODULES[name] if n in MODULES}


@pytest.mark.parametrize("name", PURE)
def test_the_pure_modules_import_only_each_other(name: str) -> None:
    assert _reach(name) <= {*PURE, "bot.errors", "bot"}


def test_the_policy_knows_only_the_vocabulary() -> None:
    for name in MODULES:
        if name.startswith("bot.policy"):
            outside = {n for n in _reach(name) if not n.startswith("bot.policy")}
            assert outside <= {"bot.errors", "bot.image_actions", "bot"}, name


def test_the_store_knows_no_network_and_no_policy() -> None:
    for name in MODULES:
        if name.startswith("bot.store"):
            for other in _reach(name):
                assert not other.startswith(("bot.slack", "bot.digitalocean", "bot.policy")), name


def test_nothing_below_imports_the_rim_or_the_handlers() -> None:
    for name in MODULES:
        if name.startswith(RIM) or name.startswith("handlers"):
            continue
        for other in _reach(name):
            assert not other.startswith((*RIM, "handlers")), (name, other)


def test_handlers_reach_the_core_and_the_words_only() -> None:
    for name in MODULES:
        if name.startswith("handlers"):
            for other in _reach(name):
                assert not other.startswith(("bot.store", "bot.digitalocean", "bot.stages")), name


def test_the_stand_ins_and_the_bot_do_not_know_each_other() -> None:
    for name in MODULES:
        for other in _reach(name):
            if name.startswith("bot.sandbox"):
                assert other.startswith("bot.sandbox") or other == "bot", (name, other)
            elif name != "bot.demo":
                assert not other.startswith("bot.sandbox"), (name, other)


def test_use_cases_know_no_stage_and_no_engine() -> None:
    """Stages may call a use case (a name that was looked up goes on as a request); never back."""
    for name in MODULES:
        if name.startswith(("bot.ops_requests", "bot.messages")):
            for other in _reach(name):
                assert not other.startswith(("bot.stages", "bot.engine")), (name, other)
