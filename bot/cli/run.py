"""`run`: the bot itself, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import time

from bot.app import Bot, Role
from bot.config import LOOPBACK, Settings, app_host, read_settings, read_web_settings
from bot.observability.logs import set_up_logs
from bot.secret_files import secret_paths
from bot.store import ephemeral_disk

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
"""How late a stop may begin."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="run the bot")
    parser.add_argument(
        "--role",
        type=Role,
        choices=list(Role),
        default=Role.ALL,
        help="web takes what Slack sends, worker runs the jobs (both need PostgreSQL)",
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """Run until told to stop; 0, or 1 when something under way had to be cut off."""
    settings = read_web_settings() if options.role is Role.WEB else read_settings()
    set_up_logs(settings.log_format, secrets=settings.secrets())
    _warn_of_the_host(settings, options.role)
    bot = Bot(settings, role=options.role, secret_files=secret_paths(Settings))
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.append(number))
    bot.start()
    # Looked at, not waited for: a signal that the system gives to another thread wakes nobody
    # here, and an Event's lock is not made for handlers of signals.
    while not told:
        time.sleep(_LOOK_SECONDS)
    status = 0 if bot.stop() else 1
    logging.shutdown()
    # Python would wait for every pool's threads: a call that hangs would hold the exit up.
    os._exit(status)


def _warn_of_the_host(settings: Settings, role: Role) -> None:
    host = app_host()
    if said := ephemeral_disk.warning_of(settings.database_url, host):
        log.error("%s. %s", said, ephemeral_disk.HELP)
    over_http = settings.slack_signing_secret is not None and role is not Role.WORKER
    if host and over_http and settings.host in LOOPBACK:
        log.error("HOST is %s, where %s cannot reach it. Set HOST=0.0.0.0.", settings.host, host)
