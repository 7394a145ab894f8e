"""`demo`: the whole bot in a rehearsal on this machine; no account is needed."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from bot.errors import SettingsError
from bot.observability.logs import set_up_logs


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("demo", help="rehearse on this machine, without any account")
    parser.add_argument("--play", action="store_true", help="play one transfer and end")
    parser.add_argument("--policy", type=Path, help="rehearse your own policy file")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same run")
    parser.add_argument("--socket", action="store_true", help="use Socket Mode")
    parser.set_defaults(act=demo)


def demo(options: argparse.Namespace) -> int:
    """Play, then stay up; 0, or 1 when the play did not end as it should."""
    set_up_logs("text", logging.ERROR)
    try:
        from bot.cli.rehearse import rehearse
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The rehearsal needs the package {error.name}.",
            "Install it with `pip install 'image-bot[demo]'`, or type `make demo`.",
        ) from error
    return rehearse(
        play_only=options.play, policy=options.policy, seed=options.seed, socket=options.socket
    )
