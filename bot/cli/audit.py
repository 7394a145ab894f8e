"""`audit`: verify the chain, or export it as JSON Lines."""

from __future__ import annotations

import argparse
import sys

from bot.config import read_local_settings
from bot.store import audit, schema
from bot.store.database import existing_database


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("audit", help="verify or export the audit log")
    parser.add_argument("what", choices=("verify", "export"))
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """0; 1 when the chain was tampered with."""
    database = existing_database(read_local_settings().database_url)
    schema.check(database)
    with database.connect() as connection:
        if options.what == "export":
            for entry in audit.entries(connection):
                sys.stdout.write(audit.as_json_line(entry) + "\n")
            return 0
        problems = audit.verify(audit.entries(connection))
        position, last = audit.head(connection)
    for problem in problems:
        sys.stdout.write(f"WRONG: {problem}\n")
    whole = "is not whole" if problems else "is whole"
    sys.stdout.write(f"The audit log {whole}: {position} rows, head {last}.\n")
    return 1 if problems else 0
