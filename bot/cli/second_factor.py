"""`second-factor`: who has enrolled one, and taking one away whose phone is lost."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.config import read_local_settings
from bot.errors import BotError
from bot.requests.second_factors import reset
from bot.store import schema
from bot.store import second_factors as store
from bot.store.database import existing_database
from bot.store.transaction import Store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("second-factor", help="list or reset people's second factors")
    what = parser.add_subparsers(dest="what")
    what.add_parser("list", help="who has enrolled one, and since when")
    taken = what.add_parser("reset", help="forget one: its owner may enrol a new one then")
    taken.add_argument("person", help="a Slack user id, such as U0BOB")
    taken.add_argument("--reason", required=True, help="why, for the audit log")
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """0: it is listed, or reset.

    Raises:
        BotError: that person has enrolled none.
    """
    database = existing_database(read_local_settings().database_url)
    schema.check(database)
    # The running bot finds what is to be told by its sweep; nobody is woken from here.
    kept = Store(database, lambda *_: None, time.time)
    lines = _reset(kept, options) if options.what == "reset" else _list(kept)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _list(kept: Store) -> Iterator[str]:
    with kept.read() as connection:
        found = store.enrolled(connection)
    if not found:
        yield "Nobody has enrolled a second factor."
    for factor in found:
        pause = f", paused until {_time(factor.paused_until)}" if factor.paused_until else ""
        yield f"{factor.person}  since {_time(factor.enrolled_at)}{pause}"


def _reset(kept: Store, options: argparse.Namespace) -> Iterator[str]:
    if not options.reason.strip():
        raise BotError("The reason is empty.", 'Say why: --reason "lost her phone".')
    with kept.write() as tx:
        done = reset(tx, options.person, getpass.getuser(), options.reason.strip())
    if not done:
        raise BotError(
            f"{options.person} has enrolled no second factor.",
            "`second-factor list` shows who has.",
        )
    yield f"Reset. {options.person} is told, and enrols a new one by `/image second-factor`."


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
