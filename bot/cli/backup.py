"""`backup` and `restore`: one file that holds everything, its audit log verified each time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.config import read_local_settings
from bot.jobs.restored import ask_again
from bot.requests.proof import refuse_contradictions
from bot.store import backup as copying
from bot.store.transaction import Transaction


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the parser."""
    backup = commands.add_parser("backup", help="copy the database into a file; the bot may run")
    backup.add_argument("file", type=Path, help="a file that does not exist yet")
    backup.set_defaults(act=back_up)
    restore = commands.add_parser("restore", help="fill an empty database from a backup")
    restore.add_argument("file", type=Path, help="what `backup` wrote")
    restore.set_defaults(act=put_back)


def back_up(options: argparse.Namespace) -> int:
    """0; 1 when the copy's audit log is not whole (the file is written all the same)."""
    problems = copying.back_up(read_local_settings().database_url, options.file)
    for problem in problems:
        sys.stdout.write(f"WRONG: {problem}\n")
    whole = "is not whole" if problems else "is whole"
    sys.stdout.write(f"{options.file} is written; its audit log {whole}.\n")
    return 1 if problems else 0


def put_back(options: argparse.Namespace) -> int:
    """0: everything is there again, and the audit log is whole."""

    def then(tx: Transaction) -> None:
        refuse_contradictions(tx.connection)
        ask_again(tx)

    requests, rows = copying.restore(options.file, read_local_settings().database_url, then)
    sys.stdout.write(
        f"Restored: {requests} requests; the audit log is whole: {rows} rows."
        " Approvals of what was not sent yet are void, and people are asked again; what may have"
        " been sent since is looked for before anything is sent.\n"
    )
    return 0
