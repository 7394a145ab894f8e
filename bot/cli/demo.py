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
    parser.add_argument("--play", action="store_true", help="end after the play")
    parser.add_argument(
        "--night", action="store_true", help="play a nightly copy, with the clock sped up"
    )
    parser.add_argument("--policy", type=Path, help="rehearse your own policy file")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same run")
    parser.add_argument("--socket", action="store_true", help="use Socket Mode")
    parser.add_argument(
        "--host", default="127.0.0.1", help="where the page listens; 0.0.0.0 in a container"
    )
    parser.add_argument("--port", type=int, default=0, help="the page's port; 0 takes a free one")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.set_defaults(act=demo)


def demo(options: argparse.Namespace) -> int:
    """Play, then stay up; 0, or 1 when the play did not end as it should."""
    set_up_logs("text", logging.ERROR)
    try:
        from bot.cli.rehearse import Page, rehearse
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The rehearsal needs the package {error.name}.",
            "Install it with `pip install 'image-bot[demo]'`, or type `make demo`.",
        ) from error
    page = Page(options.host, options.port, options.open)
    try:
        return rehearse(
            play_only=options.play,
            policy=options.policy,
            seed=options.seed,
            socket=options.socket,
            page=page,
            night=options.night,
        )
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"The page cannot listen on {options.host}, port {options.port}: {error}.",
            "Choose others with --host and --port; port 0 takes a free one.",
        ) from error
