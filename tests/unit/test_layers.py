"""Every arrow goes down: what may import what, read from the code."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAVES = ("bot", "bot.errors", "bot.file_stamp")
PURE = "bot.domain"
_OF_FILES = {
    name: ("bot.file_stamp", "bot.file_stamp.Stamp")
    for name in ("bot.policy.file", "bot.schedules.file")
}
"""The one file of each that reads files."""
RIM = ("bot.app", "bot.background", "bot.doors", "bot.outside", "bot.cli", "bot.__main__")


@functools.cache
def _modules() -> dict[str, set[str]]:
    """Every module with the modules of ours that it imports, wherever in it."""
    found = {}
    for folder in ("bot", "handlers", "rehearsal"):
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
    return {n for n in names if n.split(".")[0] in ("bot", "handlers", "rehearsal")}


def _reach(name: str) -> set[str]:
    return {n for n in _modules()[name] if n in _modules()}


def test_the_domain_imports_only_itself() -> None:
    for name in _modules():
        if name.startswith(PURE):
            outside = {n for n in _reach(name) if not n.startswith(PURE)}
            assert outside <= {"bot.errors", "bot"}, name


def test_what_everything_may_import_imports_nothing() -> None:
    for name in LEAVES:
        assert _reach(name) <= {"bot"}, name


def test_the_policy_knows_only_the_vocabulary() -> None:
    for name in _modules():
        if name.startswith("bot.policy"):
            outside = {n for n in _reach(name) if not n.startswith("bot.policy")}
            pure = ("bot.domain", "bot.operations", "bot.toml")
            beside = {"bot", "bot.errors", *_OF_FILES.get(name, ())}
            assert all(n in beside or n.startswith(pure) for n in outside), name


def test_what_reads_toml_knows_nothing_of_what_the_files_say() -> None:
    for name in _modules():
        if name.startswith("bot.toml"):
            outside = {n for n in _reach(name) if not n.startswith("bot.toml")}
            assert outside <= {"bot.errors", "bot"}, name


def test_schedules_know_the_policy_and_what_it_knows() -> None:
    for name in _modules():
        if name.startswith("bot.schedules"):
            outside = {n for n in _reach(name) if not n.startswith("bot.schedules")}
            below = ("bot.domain", "bot.policy", "bot.toml")
            beside = {"bot", "bot.errors", *_OF_FILES.get(name, ())}
            assert all(n in beside or n.startswith(below) for n in outside), name


def test_the_store_knows_no_network_and_no_policy() -> None:
    for name in _modules():
        if name.startswith("bot.store"):
            for other in _reach(name):
                assert not other.startswith(("bot.slack", "bot.digitalocean", "bot.policy")), name


def test_nothing_below_imports_the_rim_or_the_handlers() -> None:
    for name in _modules():
        if name.startswith(RIM) or name.startswith("handlers"):
            continue
        for other in _reach(name):
            assert not other.startswith((*RIM, "handlers")), (name, other)


def test_handlers_reach_the_use_cases_and_the_words_only() -> None:
    for name in _modules():
        if name.startswith("handlers"):
            for other in _reach(name):
                assert not other.startswith(("bot.store", "bot.digitalocean", "bot.jobs")), name


REHEARSAL = {"bot.cli.rehearse", "bot.cli.nights", "bot.cli.teller"}
"""What puts the bot between the stand-ins, plays, and tells of it."""


def test_the_stand_ins_and_the_bot_do_not_know_each_other() -> None:
    for name in _modules():
        for other in _reach(name):
            if name.startswith("rehearsal"):
                assert other.startswith("rehearsal") or other == "bot", (name, other)
            elif name not in REHEARSAL:
                assert not other.startswith("rehearsal"), (name, other)


def test_use_cases_know_no_stage_and_no_engine() -> None:
    """A job may call a use case (a name that was looked up goes on as a request); never back."""
    for name in _modules():
        if name.startswith(("bot.requests", "bot.views")):
            for other in _reach(name):
                assert not other.startswith(("bot.jobs", "bot.queue")), (name, other)
