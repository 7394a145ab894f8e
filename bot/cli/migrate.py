"""`migrate`: bring the database's schema to this version's, or move everything into it."""

from __future__ import annotations

import argparse
import sys

from bot.config import read_local_settings
from bot.store import database_transfer, moved
from bot.store.database import open_database
from bot.store.schema import migrate


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("migrate", help="bring the database to this version")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="URL",
        help="copy everything from this database (sqlite:///…) into the empty one of DATABASE_URL",
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """Migrate; harmless when repeated. With `--from`: 0 when all has arrived."""
    url = read_local_settings().database_url
    if options.source:
        arrived = database_transfer.move(options.source, url)
        moved.mark(options.source)
        sys.stdout.write(_told(arrived))
        return 0
    version = migrate(open_database(url))
    sys.stdout.write(f"The schema is at version {version}.\n")
    return 0


def _told(moved: database_transfer.Moved) -> str:
    width = max(len(name) for name in moved.rows)
    lines = [f"{name:{width}}  {number:>9,}" for name, number in moved.rows.items()]
    return "\n".join(
        [
            *lines,
            f"All of it arrived. The audit log is whole: {moved.position} rows, head {moved.head}.",
            "The old database holds what it held, and is marked: no bot starts on it again, because"
            " both would send what waits. Start no bot on it again by other means: move it away.\n",
        ]
    )
