"""The words of `restore`, and of `give`."""

from __future__ import annotations

import re

import pytest

from bot.domain.restoring import Restoring
from bot.errors import CommandError
from handlers.commands.grammar import Ask, parse
from handlers.commands.scheduled import check_scheduled

TEAM = "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web-1 from 62140001", Restoring("web-1", backup_id=62140001)),
        ("droplet web-1 from its backup 62140001", Restoring("web-1", backup_id=62140001)),
        ("#3164444 from latest", Restoring("3164444", by_number=True, latest=True)),
        ("web-1 62140001", Restoring("web-1", backup_id=62140001)),
        ("web-1 to 62140001", Restoring("web-1", backup_id=62140001)),
        ("web-1 latest", Restoring("web-1", latest=True)),
        ("web-1 from the latest backup", Restoring("web-1", latest=True)),
        ("web-1 from newest of its backups", Restoring("web-1", latest=True)),
        ('web-1 from "latest"', Restoring("web-1", backup_name="latest")),
        ('"from here" from weekly', Restoring("from here", backup_name="weekly")),
        (
            "web-1 from 62140001 because the upgrade broke it",
            Restoring("web-1", backup_id=62140001, reason="the upgrade broke it"),
        ),
        ("web-1 from 7 --dry-run", Restoring("web-1", backup_id=7, dry_run=True)),
        ('web-1 from 7 --break-glass "down"', Restoring("web-1", backup_id=7, break_glass="down")),
    ],
)
def test_a_restore_is_understood(text: str, expected: Restoring) -> None:
    assert parse(f"restore {text}", allow_names=True) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "web-1",
        "from 62140001",
        "web-1 from",
        "web-1 from a b",
        "web-1 web-2 from 7",
        "tag x from 7",
    ],
)
def test_what_is_missing_or_too_much_is_said_with_an_example(text: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse(f"restore {text}", allow_names=True)
    assert "/image restore web-1 from 62140001" in refused.value.help


def test_no_schedule_restores() -> None:
    with pytest.raises(CommandError, match="a person asks for it"):
        check_scheduled("restore web-1 from latest")


@pytest.mark.parametrize("to", [TEAM, TEAM.upper(), "5df3e3004a17e242b7c20ca6c9fc25b701a47ece"])
@pytest.mark.parametrize("joint", ["to ", ""])
def test_a_team_is_its_uuid(to: str, joint: str) -> None:
    command = parse(f"give 62137902 {joint}{to}", allow_names=True)
    assert command == Ask("give", (62137902,), ({"recipient": to},))


@pytest.mark.parametrize(
    "typed", ["a.b+c@example.com", "<mailto:a.b+c@example.com|a.b+c@example.com>"]
)
def test_an_address_is_read_as_slack_sends_it(typed: str) -> None:
    command = parse(f"give 62137902 to {typed} because x", allow_names=True)
    assert command == Ask("give", (62137902,), ({"recipient": "a.b+c@example.com"},), "x")


@pytest.mark.parametrize(
    "to", ["ops", "ops@localhost", "@ops", "ops@example.com,x@example.com", TEAM[:-1], f"{TEAM}\n"]
)
def test_what_is_no_recipient_is_refused(to: str) -> None:
    with pytest.raises(CommandError):
        parse(f'give 62137902 to "{to}x"' if to.endswith("\n") else f'give 62137902 to "{to}"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("restore web-1 from web-1 weekly", "needs quotes"),
        ("restore tag:web from latest", "One is restored at a time"),
        ("restore web-1 web-2 from latest", "One is restored at a time"),
        ("give 62137903", "`62137903` is the image, but a team's uuid or an e-mail"),
        ("give to ops@example.com", "Which image, and a team's uuid"),
        ("give 62137903 to a@example.com and b@example.com", "One command takes one of them"),
        ("give 62137903 to a@example.com for the customer", "because the customer`?"),
    ],
)
def test_what_is_missing_or_too_much_is_named(text: str, words: str) -> None:
    with pytest.raises(CommandError, match=re.escape(words)):
        parse(text, allow_names=True)
