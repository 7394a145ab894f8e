"""`audit`: verify the chain, in the database or in an export; export it, or report on it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.anchors import heads
from bot.cli import audit_report
from bot.config import read_local_settings
from bot.requests.proof import all_contradictions
from bot.store import audit, audit_export, schema
from bot.store.audit import Entry
from bot.store.database import existing_database
from bot.store.transaction import Store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("audit", help="verify, export or report on the audit log")
    what = parser.add_subparsers(dest="what", required=True)
    verify = what.add_parser("verify", help="exit 1 if the audit log was changed")
    verify.add_argument(
        "file", type=Path, nargs="?", help="an export; without it, the database's own log"
    )
    audit_report.add_anchor(verify)
    verify.set_defaults(act=run_verify)
    export = what.add_parser("export", help="write the audit log as JSON Lines")
    export.set_defaults(act=run_export)
    audit_report.add(what)


def run_export(_options: argparse.Namespace) -> int:
    """0: every row is written."""
    database = existing_database(read_local_settings().database_url)
    schema.check(database)
    with database.connect() as connection:
        for entry in audit.entries(connection):
            sys.stdout.write(audit_export.as_json_line(entry) + "\n")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """0; 1 when the chain was tampered with."""
    kept = audit_report.kept_elsewhere(options)
    differing: list[str] = []

    def then(chain: Iterable[Entry]) -> Iterator[Entry]:
        return heads.compare(chain, kept.heads, differing)

    checked = _database(then) if options.file is None else _export(options.file, then)
    checked.problems += differing + kept.problems
    for problem in checked.problems:
        sys.stdout.write(f"WRONG: {problem}\n")
    what = "The audit log" if options.file is None else str(options.file)
    whole = "is not whole" if checked.problems else "is whole"
    sys.stdout.write(f"{what} {whole}: {checked.rows} rows, head {checked.head}.\n")
    if kept.heads:
        newest = kept.newest
        sys.stdout.write(
            f"{len(kept.heads)} heads were kept elsewhere, the newest of row {newest.position} at"
            f" {newest.time}: nothing proves the rows after it.\n"
        )
        for key in kept.unused:
            sys.stdout.write(f"The key {key} signed none of them.\n")
    return 1 if checked.problems else 0


def _database(then: audit_export.Then) -> audit_export.Checked:
    database = existing_database(read_local_settings().database_url)
    schema.check(database)
    with Store(database, lambda *_: None, time.time).read() as connection:  # of one moment
        problems = audit.verify(iter(then(audit.entries(connection))))
        problems += [
            f"request {number}: the tables and the log differ in {', '.join(found)}"
            for number, found in all_contradictions(connection)
        ]
        return audit_export.Checked(problems, *audit.head(connection))


def _export(file: Path, then: audit_export.Then) -> audit_export.Checked:
    with audit_export.opened(file) as lines:
        return audit_export.check(lines, then)
