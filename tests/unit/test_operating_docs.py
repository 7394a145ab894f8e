"""What the operators' and security docs say, held against the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.config import Settings
from bot.secret_files import setting_name
from bot.views.action_buttons import BUTTONS
from handlers.commands.grammar import parse
from handlers.commands.help import SUBCOMMANDS

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


SECURITY, OPERATE, COMMANDS, DEPLOY = (
    read("docs/security.md"),
    read("docs/operate.md"),
    read("docs/commands.md"),
    read("docs/deploy.md"),
)
ATTACKS = [
    "A stolen Slack account",
    "A forged payload",
    "A replay",
    "People from outside, and bots",
    "A confused deputy, by the name of an image",
    "An edit of the policy",
    "A compromised approver",
    "A reader of the database",
    "A writer of the database",
    "Time travel",
    "A second POST of the same",
    "Unknown taken for no, or for yes",
    "A flood",
    "A click on an old object, and a joined request",
    "Shopping for an approver, and reading what was asked in private",
    "A reader of the log",
    "A thread that others wait for",
    "Files that others read or write",
    "An approval that covers more than was approved",
    "A compromised web process",
]


def _tests() -> set[str]:
    """Those that are collected: functions at the top of a file that is named as one of tests."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= set(
            re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
        )
    return found


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", SECURITY))
    assert len(named) > 150
    assert named <= _tests(), named - _tests()


def test_what_is_no_test_is_not_taken_for_one() -> None:
    assert "test_the_threat_model_names_this" not in _tests()
    assert "test_what_is_no_test_is_not_taken_for_one" in _tests()

    def test_the_threat_model_names_this() -> None:
        """It is not collected."""


def test_every_section_names_tests_and_says_what_does_not_stop_it() -> None:
    """But for the last, which holds what is no attack."""
    sections = re.split(r"^## ", SECURITY, flags=re.MULTILINE)[1:-1]
    assert {section.splitlines()[0] for section in sections} >= set(ATTACKS)
    for section in sections:
        heading = section.splitlines()[0]
        assert len(set(re.findall(r"`(test_\w+)`", section))) >= 2, heading
        assert "**Does not" in section, heading


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_says_what_stops_it_and_what_does_not(attack: str) -> None:
    (section,) = re.findall(rf"## {re.escape(attack)}\n(.*?)(?=\n## )", SECURITY, re.DOTALL)
    assert re.search(r"\*\*(Stops it|Finds)\.\*\*", section)
    assert "**Does not.**" in section
    assert "`test_" in section


def test_settings_that_the_docs_name_exist() -> None:
    known = {setting_name(name, field) for name, field in Settings.model_fields.items()}
    for text in (SECURITY, OPERATE, COMMANDS, DEPLOY):
        for name in re.findall(r"`((?:IMAGE_BOT|SLACK|DIGITALOCEAN|OTEL|DATABASE)_[A-Z_]+)", text):
            assert name.removesuffix("_FILE") in {*known, "IMAGE_BOT_TESTS"}, name


@pytest.mark.parametrize(
    "name",
    ["docs/operate.md", "docs/policy.md", "docs/security.md", "docs/deploy.md", "SECURITY.md"],
)
def test_commands_that_are_shown_can_be_given(name: str) -> None:
    shown = re.findall(r"python -m bot ([^`\n]+)", read(name))
    assert shown
    for command in shown:
        parser().parse_args(shlex.split(command, comments=True))


def test_every_subcommand_is_explained_with_its_own_usage() -> None:
    headings = re.findall(r"^## `/image (.*)`$", COMMANDS, re.MULTILINE)
    assert sorted(headings) == sorted(subcommand.usage for subcommand in SUBCOMMANDS)


def test_every_example_is_understood() -> None:
    for block in re.findall(r"```\n(.*?)```", COMMANDS, re.DOTALL):
        for line in block.strip().splitlines():
            assert line.startswith("/image ")
            parse(line.removeprefix("/image "))


def test_every_button_is_explained() -> None:
    for label in BUTTONS.values():
        assert re.search(rf"^\|.*\b{re.escape(label)}\b.*\|", COMMANDS, re.MULTILINE), label


def test_links_of_the_security_policy_resolve() -> None:
    for target in re.findall(r"\]\(([^)#]+)", read("SECURITY.md")):
        assert (ROOT / target).exists(), target
