"""`migrate`: bring the database's schema to this version's, or move everything into it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from bot.config import read_local_settings
from bot.errors import SettingsError
from bot.store import database_transfer, moved, roles
from bot.store.database import is_sqlite, open_database
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
    parser.add_argument(
        "--roles",
        nargs=2,
        metavar=("WEB", "WORKER"),
        help="PostgreSQL: then grant these two roles what each process needs, and no more",
    )
    parser.add_argument(
        "--print",
        action="store_true",
        dest="only_print",
        help="with --roles: print the SQL for them, and change nothing",
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """Migrate; harmless when repeated. With `--from`: 0 when all has arrived."""
    names = dict(zip(roles.Duty, options.roles or (), strict=False))
    if options.only_print:
        return _print(names)
    url = read_local_settings().database_url
    if names and is_sqlite(url):
        raise SettingsError(
            "--roles needs PostgreSQL: a SQLite file belongs to one process.",
            "Set DATABASE_URL=postgresql://…, by the role that owns the tables.",
        )
    if options.source:
        arrived = database_transfer.move(options.source, url)
        moved.mark(options.source)
        sys.stdout.write(_told(arrived))
        return 0
    database = open_database(url)
    version = migrate(database)
    sys.stdout.write(f"The schema is at version {version}.\n")
    if names:
        with database.begin() as connection:
            roles.apply(connection, names)
        web, worker = names.values()
        sys.stdout.write(
            f"{web} can do what `run --role web` needs, {worker} what a worker does.\n"
        )
    return 0


def _print(names: Mapping[roles.Duty, str]) -> int:
    if not names:
        raise SettingsError("--print goes with --roles.", "Give the two roles by name.")
    sys.stdout.writelines(f"{statement};\n" for statement in roles.statements(names))
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
