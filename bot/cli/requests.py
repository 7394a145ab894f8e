"""`requests`: list, show or close ops requests without Slack."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.config import read_local_settings
from bot.errors import BotError
from bot.operations.registry import operation_of
from bot.requests.closing import close
from bot.store import audit, requests, schema
from bot.store.database import existing_database
from bot.store.rows import OpsRequest, Step
from bot.store.transaction import Store
from bot.views import approvals, causes

_MOST = 50


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("requests", help="list, show or close requests without Slack")
    what = parser.add_subparsers(dest="what")
    listed = what.add_parser("list", help="what is open, newest first")
    listed.add_argument("--all", action="store_true", help="also what has ended")
    shown = what.add_parser("show", help="one request, its steps and its history")
    shown.add_argument("number", type=int)
    closed = what.add_parser("close", help="end a request: nothing more of it is sent or followed")
    closed.add_argument("number", type=int)
    closed.add_argument("--reason", required=True, help="why, for the audit log and the thread")
    parser.set_defaults(act=run, all=False)


def run(options: argparse.Namespace) -> int:
    """0: it is shown, or closed.

    Raises:
        BotError: there is no such request, or it cannot be closed.
    """
    database = existing_database(read_local_settings().database_url)
    schema.check(database)
    # The running bot finds what is to be told by its sweep; nobody is woken from here.
    store = Store(database, lambda *_: None, time.time)
    match options.what:
        case "show":
            lines = _one(store, options.number)
        case "close":
            lines = _close(store, options.number, options.reason)
        case _:
            lines = _list(store, all_of_them=options.all)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _list(store: Store, *, all_of_them: bool) -> Iterator[str]:
    with store.read() as connection:
        found = requests.newest(connection, open_only=not all_of_them, limit=_MOST)
    if not found:
        yield "No request is open." if not all_of_them else "There is no request."
    for request in found:
        asked = "; ".join(_asked(step) for step in request.steps[:3])
        more = f" and {len(request.steps) - 3} more" if len(request.steps) > 3 else ""
        yield (
            f"{request.id:>5}  {_time(request.created_at)}  {request.state:<15}"
            f"  {request.requester}  {asked}{more}"
        )
    if len(found) == _MOST:
        yield f"These are the newest {_MOST}. `requests show N` shows any one."


def _one(store: Store, number: int) -> Iterator[str]:
    with store.read() as connection:
        request = requests.load(connection, number)
        rows = list(audit.entries(connection, ops_request=number))
    if request is None:
        raise BotError(f"There is no request {number}.", "`requests list` shows what is open.")
    yield from _described(request)
    yield "history"
    for row in rows:
        yield f"  {_time(row.at)}  {row.event:<18}  {row.actor}"


def _described(request: OpsRequest) -> Iterator[str]:
    yield f"request {request.id}: {request.state}"
    yield f"  asked by {request.requester} in {request.channel}, {_time(request.created_at)}"
    if request.reason:
        yield f"  because {_one_line(request.reason)}"
    yield f"  rule {request.rule or 'none yet'}, {approvals.so_far(request)} approvals"
    for step in request.steps:
        yield f"  {_asked(step)}: {step.state}{_progress(step)}"
        if step.cause:
            yield f"    {_one_line(causes.in_words(step.cause))}"
    if ended := causes.of_end(request):
        yield f"  {_one_line(ended)}"
    if request.permalink:
        yield f"  {request.permalink}"


def _close(store: Store, number: int, reason: str) -> Iterator[str]:
    said = _one_line(reason).strip()
    if not said:
        raise BotError("The reason is empty.", 'Say why: --reason "Slack is down".')
    with store.write() as tx:
        request = close(tx, number, getpass.getuser(), said)
    yield from _described(request)
    in_flight = [step.action_id for step in request.steps if step.unfollowed]
    for action_id in in_flight:
        yield f"DigitalOcean may still be at work on action {action_id}: look there."


def _asked(step: Step) -> str:
    words = operation_of(step.spec).wording(step.spec)
    return f"{words.phrase} of {step.spec.target}"


def _progress(step: Step) -> str:
    parts = [f"action {step.action_id}"] if step.action_id else []
    parts += [f"since {_time(step.started_at)}"] if step.started_at else []
    parts += [f"last checked {_time(step.looked_at)}"] if step.looked_at else []
    return f", {', '.join(parts)}" if parts else ""


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _one_line(text: str) -> str:
    """Whatever people wrote, without what a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)
