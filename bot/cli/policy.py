"""`policy`: check a file before it is in force, or explain what it makes of a command."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.cli.policy_status import status
from bot.config import read_local_settings
from bot.domain.resources import Image
from bot.domain.steps import Target
from bot.errors import BotError, NoDatabase
from bot.operations.registry import steps_for
from bot.policy.explain import Change, explain, replay
from bot.policy.file import PolicyFile
from bot.policy.match import PolicyInput
from bot.policy.schema import Policy
from bot.requests.assessment import policy_steps
from bot.requests.past import past_of
from bot.signed_files import file_check, sign
from bot.store import read_cache
from bot.store.database import existing_database
from bot.store.requests import newest
from bot.toml.file import signature_of
from bot.views import explanations
from bot.views.policy_words import in_words, warnings
from bot.views.voice import PLAIN
from handlers.commands.grammar import Ask, parse

_REPLAYED = 1000
"""Former requests that a new policy is tried on."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("policy", help="check or explain the policy")
    what = parser.add_subparsers(required=True, metavar="what")
    check_it = what.add_parser("check", help="read a policy file and try it on past requests")
    check_it.add_argument("file", type=Path, nargs="?", help="IMAGE_BOT_POLICY where left out")
    check_it.set_defaults(act=check)
    sign_it = what.add_parser("sign", help="sign a policy or schedules file: writes FILE.sig")
    sign_it.add_argument("file", type=Path, nargs="?", help="IMAGE_BOT_POLICY where left out")
    sign_it.add_argument("--key", type=Path, required=True, help="a private Ed25519 key in PEM")
    sign_it.set_defaults(act=sign_file)
    explain_it = what.add_parser("explain", help="which rule decides a command, and why")
    explain_it.add_argument("command", nargs="+", help="transfer 62137902 nyc3")
    explain_it.add_argument("--file", type=Path, help="IMAGE_BOT_POLICY where left out")
    explain_it.add_argument("--requester", default="U0SOMEBODY", help="a Slack user id")
    explain_it.add_argument("--channel", default="C0ANYWHERE", help="a Slack channel id")
    explain_it.add_argument("--image-name", help="where rules match on it")
    explain_it.add_argument("--image-tag", action="append", default=[], help="where rules do")
    explain_it.set_defaults(act=explain_command)


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a file, what looks odd, and what it would change; 2: broken."""
    policy = _policy(options.file)
    sys.stdout.write("\n".join(in_words(policy, PLAIN)) + "\n")
    sys.stdout.write(_signature(options.file))
    for warning in warnings(policy):
        sys.stdout.write(f"Odd: {warning}\n")
    with _database() as connection:
        sys.stdout.write("".join(f"{each.sentence}\n" for each in status(connection, policy)))
    try:
        changes = _replayed(policy)
    except BotError as error:
        sys.stdout.write(f"Past requests were not tried: {error.problem}\n")
        return 0
    for change in changes:
        sys.stdout.write(f"{explanations.change(change, PLAIN)}\n")
    sys.stdout.write(f"{len(changes)} past requests would be decided otherwise.\n")
    return 0


def sign_file(options: argparse.Namespace) -> int:
    """Write the signature beside a file."""
    file = options.file if options.file is not None else _settings_policy()
    key = sign(file, options.key)
    sys.stdout.write(f"{signature_of(file)} is written, by the key {key}.\n")
    return 0


def explain_command(options: argparse.Namespace) -> int:
    """Explain one command; nothing is asked of anybody."""
    policy = _policy(options.file)
    command = parse(" ".join(options.command), region_sets=policy.regions)
    if not isinstance(command, Ask):
        raise BotError("Only operations on images are decided by the policy.")
    steps = steps_for(command.operation, command.numbers, command.params)
    images: dict[Target, Image | None] = {}
    if options.image_name is not None or options.image_tag:
        name, tags = options.image_name or "", tuple(options.image_tag)
        for step in steps:
            images[step.target] = Image(id=step.target.number, name=name, tags=tags)
    asked = PolicyInput(
        steps=policy_steps(steps, images),
        requester=options.requester,
        channel=options.channel,
        at=datetime.now(UTC),
        break_glass=command.break_glass is not None,
        reason=command.reason,
    )
    with _database() as connection:
        found = explain(policy, asked, _directory(connection))
    sys.stdout.write("\n".join(explanations.lines(found, PLAIN)) + "\n")
    return 0


def _signature(file: Path | None) -> str:
    """Whether the bot would take the file, where it asks for a signature."""
    settings = read_local_settings()
    if not settings.policy_keys:
        return ""
    path = file if file is not None else settings.policy_path
    problem = file_check(settings.policy_keys)(path, path.read_bytes())
    return f"Not taken: {problem}\n" if problem else "It is signed by a key that is trusted.\n"


def _policy(file: Path | None) -> Policy:
    return PolicyFile(file if file is not None else _settings_policy()).current


def _settings_policy() -> Path:
    return read_local_settings().policy_path


def _replayed(policy: Policy) -> list[Change]:
    with _database() as connection:
        if not sa.inspect(connection).has_table("ops_request"):
            return []
        former = newest(connection, limit=_REPLAYED)
        return list(replay(past_of(connection, former, policy), policy, _directory(connection)))


def _database() -> Connection:
    """The bot's; before its first start an empty one, which knows of no request and no group."""
    try:
        return existing_database(read_local_settings().database_url).connect()
    except NoDatabase:
        return sa.create_engine("sqlite://").connect()


class NoGroups:
    """Nothing is known of any user group."""

    def members(self, _group_id: str, /) -> frozenset[str] | None:
        return None

    def has_left(self, _user_id: str, /) -> bool:
        return False


def _directory(connection: Connection) -> read_cache.StoredDirectory | NoGroups:
    if sa.inspect(connection).has_table("user_group"):
        return read_cache.StoredDirectory(connection, time.time())
    return NoGroups()
