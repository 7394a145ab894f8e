"""`migrate`: bring the database's schema to this version's."""

from __future__ import annotations

import argparse

from bot.config import read_local_settings
from bot.store.database import open_database
from bot.store.schema import migrate


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("migrate", help="bring the database to this version")
    parser.set_defaults(act=run)


def run(_options: argparse.Namespace) -> int:
    """Migrate; harmless when repeated."""
    version = migrate(open_database(read_local_settings().database_url))
    print(f"The schema is at version {version}.")  # noqa: T201 - the terminal is where this belongs
    return 0
