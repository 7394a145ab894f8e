"""What the docs say, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.config import Settings
from bot.operations.registry import OPERATIONS
from bot.secret_files import setting_name
from handlers.commands.help import SUBCOMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_readme_lists_every_setting_and_no_other() -> None:
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert listed == {setting_name(name, field) for name, field in Settings.model_fields.items()}


def test_the_readme_tells_each_setting_as_the_code_does() -> None:
    for name, field in Settings.model_fields.items():
        row = next(
            line
            for line in README.splitlines()
            if line.startswith(f"| `{setting_name(name, field)}` |")
        )
        assert str(field.description) in row
        assert ("required" in row) == field.is_required()


def test_the_readme_lists_the_subcommands_that_exist() -> None:
    listed = set(re.findall(r"^\| `/image ([a-z-]+)", README, re.MULTILINE))
    assert listed <= {s.name.split()[0] for s in SUBCOMMANDS}
    assert {"status", "regions", "help", "cancel"} <= listed
    lacking = [
        each.name for each in OPERATIONS.values() if each.help.usage.split()[0] not in listed
    ]
    assert not lacking, f"a row for {lacking} in the README's table of what one can type"


def test_the_program_has_the_commands_that_the_readme_shows() -> None:
    shown = set(re.findall(r"python -m bot ([a-z]+(?:-[a-z]+)*)", README))
    (commands,) = (a for a in parser()._actions if a.choices and not a.option_strings)
    assert shown == set(commands.choices)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_links_resolve(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def _anchors(document: Path) -> set[str]:
    """Where one can link to in a document, as GitHub names its headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in bare}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_links_into_documents_find_their_heading(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", text):
        if not target.startswith("http"):
            there = document.parent / target if target else document
            assert anchor in _anchors(there), (target, anchor)


def test_make_targets_that_the_docs_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        named = re.findall(r"`make ([a-z]+)`", document.read_text(encoding="utf-8"))
        assert set(named) <= targets, document
