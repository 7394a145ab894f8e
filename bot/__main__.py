"""The command line: `python -m bot …`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence

from bot.errors import BotError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.act(options)
    except BotError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the terminal is where this belongs
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="image-bot")
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser("run", help="run the bot")
    run.add_argument("--role", choices=("all", "web", "worker"), default="all")
    run.set_defaults(act=_run)
    return parser


def _run(options: argparse.Namespace) -> int:
    from bot.app import Bot
    from bot.config import read_settings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    bot = Bot(read_settings())
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    bot.start()
    stopping.wait()
    return 0 if bot.stop() else 1


if __name__ == "__main__":
    sys.exit(main())
