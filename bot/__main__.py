"""The command line: `python -m bot …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import sqlalchemy as sa

from bot.console import audit, backup, demo, doctor, migrate, policy, run
from bot.errors import BotError

_DATABASE = "Check DATABASE_URL, that the server runs, and this user's rights there."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 2 when something has to be set right first."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.act(options)
    except BotError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        said = str(error.orig or error).strip().splitlines()[0]
        sys.stderr.write(f"The database cannot be used: {said}. {_DATABASE}\n")
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="image-bot")
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in (run, demo, doctor, migrate, policy, audit, backup):
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
