"""The command line: `image-bot …` where it is installed, `python -m bot …` the same."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from bot import __version__
from bot.cli import program
from bot.errors import BotError

_COMMANDS = (
    "run",
    "init",
    "demo",
    "doctor",
    "migrate",
    "policy",
    "schedules",
    "audit",
    "reconcile",
    "backup",
    "requests",
    "second-factor",
)
"""Each is a file in `bot/cli`."""
_DATABASE = "Check DATABASE_URL, that the server runs, and this user's rights there."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 2 when something has to be set right first."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser(arguments[:1]).parse_args(arguments)
    from sqlalchemy import exc  # the command has loaded it, by the faster way of `_load`

    try:
        status: int = options.act(options)
    except BotError as error:
        sys.stderr.write(program.in_its_name(f"{error}\n"))
        return 2
    except (exc.OperationalError, exc.InterfaceError) as error:
        said = str(error.orig or error).strip().splitlines()[0]
        sys.stderr.write(f"The database cannot be used: {said}. {_DATABASE}\n")
        return 2
    return status


def parser(first: Sequence[str] = ()) -> argparse.ArgumentParser:
    """What can be typed; where `first` names one command, that one alone."""
    built = argparse.ArgumentParser(
        prog=program.name(),
        description="Approval-gated work on DigitalOcean images, from Slack.",
    )
    built.add_argument("--version", action="version", version=f"image-bot {__version__}")
    commands = built.add_subparsers(required=True, metavar="command")
    for command in _load(first):
        command.add(commands)
    return built


def _load(first: Sequence[str]) -> list[ModuleType]:
    """The command that was typed; all of them where it is none, to be listed.

    A bot that runs has no need of the others' memory. What is imported stays for good, so
    Python's garbage collection of it is put off: it would be a quarter of the start.
    """
    gc.disable()
    try:
        names = [name for name in _COMMANDS if name in first] or _COMMANDS
        return [import_module(f"bot.cli.{name.replace('-', '_')}") for name in names]
    finally:
        gc.freeze()
        gc.enable()


if __name__ == "__main__":
    sys.exit(main())
