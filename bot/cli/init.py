"""`init`: writes the three files that a bot needs, from five answers or as many flags."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.cli import program
from bot.cli.init_files import SQLITE, Installation, files
from bot.cli.new_files import write_all
from bot.config import command_name
from bot.errors import BotError, SettingsError
from bot.policy.fields import Channel, Person
from bot.slack.command_name import DEFAULT as DEFAULT_COMMAND
from bot.slack.manifest import public_address
from bot.store.database import check_url

_T = TypeVar("_T")
_PLAIN = re.compile(r"[\w.~:/?@!&()*+,;=%\[\]-]*", re.ASCII)
"""What stands in a `.env` for itself, whoever reads it: no space, quote, `#`, `$` or `\\`."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "init",
        help="write policy.toml, manifest.yml and .env",
        description="Writes policy.toml, manifest.yml and .env here: all of them or none. On a"
        " terminal it asks for what no flag gives.",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--socket", action="store_true", help="Socket Mode, as where nothing is given")
    way.add_argument("--http", metavar="URL", help="the public address that Slack calls")
    parser.add_argument("--channel", metavar="ID", help="a channel that is told (C0…), or none")
    parser.add_argument("--approvers", metavar="IDS", help="who approves: U0BOB,S0LEADS")
    database = parser.add_mutually_exclusive_group()
    database.add_argument("--database", metavar="URL", help=f"default {SQLITE}")
    database.add_argument(
        "--database-file", metavar="FILE", type=Path, help="a file that holds its URL and password"
    )
    parser.add_argument(
        "--digitalocean-token-file", metavar="FILE", type=Path, help="a file that holds the token"
    )
    parser.add_argument("--command", default=DEFAULT_COMMAND, help="the slash command's name")
    parser.add_argument(
        "--force", action="store_true", help="replace files, .env with its tokens too"
    )
    parser.add_argument("--no-input", action="store_true", help="ask nothing, on a terminal too")
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """0: the files are there.

    Raises:
        BotError: an answer cannot be used, or a file is there already; nothing was written.
    """
    try:
        answers = _answers(options, _Questions(asks=sys.stdin.isatty() and not options.no_input))
    except (EOFError, KeyboardInterrupt):
        raise BotError("\nNothing was written.") from None
    wanted = files(answers, Path())
    written = write_all(wanted, force=options.force)
    for file in wanted:
        sys.stdout.write(f"{file.path} {'written' if file.path in written else 'is as it was'}\n")
    sys.stdout.write(program.in_its_name(_next(answers)))
    return 0


class _Questions:
    """Takes what a flag gave, or asks; asks again for what cannot be used.

    Args:
        asks: whether there is somebody to be asked.
    """

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks

    def __call__(
        self,
        flag: str,
        given: str | None,
        question: str,
        read: Callable[[str], _T],
        *,
        default: str = "",
        hidden: bool = False,
    ) -> _T:
        """The answer, as `read` makes it of what was typed.

        Raises:
            SettingsError: what the flag gave cannot be used.
        """
        if given is not None or not self._asks:
            try:
                return read(default if given is None else given)
            except ValueError as error:
                raise SettingsError(f"{flag}: {error}.", "Nothing was written.") from None
        while True:
            typed = (getpass.getpass if hidden else input)(f"{question}\n> ").strip()
            try:
                return read(typed or default)
            except ValueError as error:
                sys.stdout.write(f"{error}.\n")


def _answers(options: argparse.Namespace, ask: _Questions) -> Installation:
    mode = "socket" if options.socket else options.http
    return Installation(
        command=ask("--command", options.command, "", command_name),
        address=ask(
            "--http",
            mode,
            "1. How does Slack reach the bot? Enter: by Socket Mode, nothing has to be reachable."
            "\n   Or the public address that it calls: https://bot.example.com",
            _address,
        ),
        channel=ask(
            "--channel",
            options.channel,
            "2. Which channel is told of requests? Its id (C0…) is at the foot of its details."
            " Enter: none.",
            _channel,
        ),
        approvers=ask(
            "--approvers",
            options.approvers,
            "3. Who may approve? Ids of people (U0…) and user groups (S0…), with commas between;"
            "\n   a person's is behind ⋯ in the profile.",
            _approvers,
        ),
        digitalocean_token=ask(
            "--digitalocean-token-file",
            _held("--digitalocean-token-file", options.digitalocean_token_file),
            "4. The DigitalOcean token? It is not shown. Enter: later.",
            _plain,
            hidden=True,
        ),
        database=ask(
            "--database",
            _without_password(options.database) or _held("--database-file", options.database_file),
            "5. The database? It is not shown, for it may hold a password."
            f"\n   Enter: {SQLITE}. Or postgresql://…",
            _database,
            default=SQLITE,
            hidden=True,
        ),
    )


def _address(typed: str) -> str | None:
    return None if typed in ("", "socket") else public_address(typed)


def _channel(typed: str) -> str:
    return _checked(Channel, typed) if typed else ""


def _approvers(typed: str) -> tuple[str, ...]:
    given = dict.fromkeys(entry for entry in re.split(r"[\s,]+", typed) if entry)
    if not given:
        raise ValueError("expected one or more ids such as U0BOB,S0LEADS: somebody has to approve")
    return tuple(_checked(Person, entry) for entry in given)


def _checked(kind: Any, entry: str) -> str:
    """An id, as the policy takes it.

    Raises:
        ValueError: it does not.
    """
    try:
        checked: str = TypeAdapter(kind).validate_python(entry)
    except ValidationError as error:
        raise ValueError(f"{entry}: {error.errors()[0]['ctx']['error']}") from None
    return checked


def _database(typed: str) -> str:
    try:
        check_url(typed)
    except SettingsError as error:
        raise ValueError(str(error).rstrip(".")) from None
    return _plain(typed)


def _plain(typed: str) -> str:
    if not _PLAIN.fullmatch(typed):
        raise ValueError("a space, a quote, # or $ cannot be written here: in an address, use %…")
    return typed


def _without_password(url: str | None) -> str | None:
    """Arguments can be seen by everybody on a machine."""
    if url and re.search(r"//[^/]*:[^/]*@", url):
        said = "--database: a password does not belong into an argument, where others can read it."
        raise SettingsError(said, "Give --database-file.")
    return url


def _held(flag: str, file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = f"{flag}: {file} cannot be read ({type(error).__name__})."
        raise SettingsError(said, "Nothing was written.") from None


def _next(answers: Installation) -> str:
    secret = "SLACK_APP_TOKEN" if answers.address is None else "SLACK_SIGNING_SECRET"
    tokens = ["SLACK_BOT_TOKEN", secret]
    tokens += [] if answers.digitalocean_token else ["DIGITALOCEAN_TOKEN"]
    return (
        "\nNext:\n"
        "1. https://api.slack.com/apps → Create New App → From a manifest: paste manifest.yml, and"
        f"\n   install the app. Put {', '.join(tokens[:-1])} and {tokens[-1]} into .env.\n"
        "2. `python -m bot doctor` says what is missing; then `python -m bot run`.\n"
    )
