"""`audit report`: the audit log of a time as one HTML file, from the database or an export."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from slack_sdk import WebClient
from sqlalchemy.engine import Connection

from bot.anchors import heads
from bot.anchors.heads import Head
from bot.anchors.signing import Keys
from bot.anchors.slack_channel import read_channel
from bot.config import read_auditor_settings, read_local_settings
from bot.errors import BotError
from bot.requests.audit_trail import HeadsKept, ReadLog, Report, report
from bot.slack.web_api import CALL_SECONDS, Slack
from bot.store import audit, audit_export, schema
from bot.store.audit import Entry
from bot.store.database import existing_database
from bot.store.transaction import Store
from bot.views.report.page import page as drawn

_CHANNEL = re.compile(r"[CG][A-Z0-9]+")
_BEGINNING, _END = 0.0, 253402300799.0


def add(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `audit`."""
    parser = what.add_parser("report", help="write one HTML file for auditors")
    parser.add_argument(
        "file", type=Path, nargs="?", help="an export; without it, the database's own log"
    )
    parser.add_argument(
        "--from",
        dest="since",
        type=_from,
        default=_BEGINNING,
        help="a day or a time, as 2026-11-01",
    )
    parser.add_argument(
        "--to", dest="until", type=_to, default=_END, help="a day, which counts whole, or a time"
    )
    parser.add_argument("--out", type=Path, help="a file that does not exist yet; else to stdout")
    add_anchor(parser)
    parser.set_defaults(act=run)


def add_anchor(parser: argparse.ArgumentParser) -> None:
    """Add where heads were kept, and the keys by which they are believed."""
    parser.add_argument(
        "--anchor",
        action="append",
        default=[],
        help="heads kept elsewhere, which have to agree: a file (IMAGE_BOT_ANCHOR, or what a"
        " collector wrote) or the id of a channel; once for each place",
    )
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        help="the public key that signed those heads; once for each key that ever did",
    )


@dataclass(frozen=True)
class Kept:
    """What was kept elsewhere: heads, what is wrong with them by themselves, and the keys that
    were given and signed none of them."""

    heads: list[Head]
    problems: list[str]
    unused: list[str] = field(default_factory=list)

    @property
    def newest(self) -> Head:
        """The one of the newest row."""
        return max(self.heads, key=lambda head: (head.position, head.at))


def kept_elsewhere(options: argparse.Namespace) -> Kept:
    """Read all that `--anchor` names.

    Raises:
        BotError: one of them cannot be read, or holds no heads.
    """
    if options.key and not options.anchor:
        raise BotError("--key is of use with --anchor alone.", "Name the heads that it signed.")
    kept = Kept([], [])
    for place in options.anchor:
        found, problems = _read(place)
        kept.heads.extend(found)
        kept.problems.extend([*problems, *heads.went_back(found)])
    if options.key:
        keys = Keys(options.key)
        kept.problems.extend(heads.unproved(kept.heads, keys))
        kept.unused.extend(keys.unused(head.key for head in kept.heads))
    return kept


def _read(place: str) -> tuple[list[Head], list[str]]:
    if not _CHANNEL.fullmatch(place) or Path(place).exists():
        return heads.read(Path(place)), []
    settings = read_auditor_settings()
    token = settings.slack_bot_token.get_secret_value()
    client = WebClient(token, base_url=settings.slack_api_url, timeout=CALL_SECONDS)
    return read_channel(Slack(client), place)


def run(options: argparse.Namespace) -> int:
    """0; 1 when the chain was tampered with: the page says so at its top."""
    if options.until < options.since:
        raise BotError("--to lies before --from.", "Give the earlier day first.")
    made = _of_database(options) if options.file is None else _of_export(options)
    source = "the database" if options.file is None else f"the export {options.file.name}"
    page = drawn(made, source, time.time())
    if options.out is None:
        sys.stdout.write(page)
    else:
        _write(options.out, page)
        whole = "is not whole" if made.problems else "is whole"
        sys.stdout.write(
            f"{options.out}: {len(made.trails)} requests, {len(made.exceptions)} exceptions."
            f" The audit log {whole}: {made.rows} rows, head {made.head}.\n"
        )
    return 1 if made.problems else 0


def _of_database(options: argparse.Namespace) -> Report:
    database = existing_database(read_local_settings().database_url)
    schema.check(database)
    with Store(database, lambda *_: None, time.time).read() as connection:  # of one moment
        return _made(options, _reader(connection))


def _reader(connection: Connection) -> ReadLog:
    return lambda: audit.entries(connection)


def _of_export(options: argparse.Namespace) -> Report:
    unreadable: list[str] = []

    def read() -> Iterable[Entry]:
        unreadable.clear()
        with audit_export.opened(options.file) as lines:
            yield from audit_export.readable(lines, unreadable)

    made = _made(options, read)
    made.problems[:0] = unreadable
    return made


def _made(options: argparse.Namespace, read: ReadLog) -> Report:
    kept = kept_elsewhere(options)
    differing: list[str] = []

    def compared() -> Iterable[Entry]:
        differing.clear()
        return heads.compare(read(), kept.heads, differing)

    made = report(compared, options.since, options.until)
    made.problems += differing + kept.problems
    if kept.heads:
        newest = kept.newest
        made.heads = HeadsKept(len(kept.heads), newest.position, newest.time)
    first = made.trails[0].rows[0].at if made.trails else time.time()
    made.since = made.since if options.since != _BEGINNING else first
    made.until = made.until if options.until != _END else time.time()
    return made


def _write(path: Path, page: str) -> None:
    """The page holds what the log holds: for its owner alone."""
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        raise BotError(
            f"{path} was not written: {error.strerror}.", "Name another file."
        ) from error


def _from(said: str) -> float:
    return _moment(said, timedelta())


def _to(said: str) -> float:
    return _moment(said, timedelta(days=1, microseconds=-1))


def _moment(said: str, of_a_day: timedelta) -> float:
    """Epoch seconds of a time, or of a day with so much of it; without a zone it is UTC."""
    try:
        day = datetime.combine(date.fromisoformat(said), datetime.min.time(), UTC)
        return (day + of_a_day).timestamp()
    except ValueError:
        pass
    try:
        read = datetime.fromisoformat(said)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{said!r} is neither a day nor a time: 2026-11-24 or 2026-11-24T08:00Z"
        ) from None
