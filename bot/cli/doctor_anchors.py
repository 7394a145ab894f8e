"""`doctor`: whether heads of the audit log can be kept elsewhere. None is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bot.anchors.choose import choose_signer
from bot.anchors.syslog import SyslogSink
from bot.cli.findings import Finding, ok, warning, wrong
from bot.config import Settings
from bot.errors import BotError
from bot.store.audit import GENESIS
from bot.store.database import is_sqlite, sqlite_url

_CHECK = "audit heads"


def anchors(settings: Settings) -> Iterator[Finding]:
    """Nothing where they are kept nowhere; the channel is looked at with the others."""
    try:
        signer = choose_signer(settings)
        if signer is not None:
            signer.sign(0.0, 0, GENESIS)
            yield ok(_CHECK, f"they are signed by the key {signer.key}")
        if settings.anchor_syslog:
            SyslogSink(settings.anchor_syslog)
    except BotError as error:
        yield wrong(_CHECK, error.problem, error.help)
    if settings.anchor is not None:
        yield from _file(settings.anchor, settings.database_url)


def _file(path: Path, database_url: str) -> Iterator[Finding]:
    folder = path.absolute().parent
    if not os.access(path if path.exists() else folder, os.W_OK) or path.is_dir():
        yield wrong(_CHECK, f"{path} cannot be written", "Check the path and its permissions.")
    elif is_sqlite(database_url) and folder == _folder_of(database_url):
        said = f"{path} is beside the database: who can write the one can write the other"
        yield warning(_CHECK, said, "Put it on a share that only takes appends, or add a place.")
    else:
        yield ok(_CHECK, f"{path} takes them")


def _folder_of(database_url: str) -> Path:
    return Path(str(sqlite_url(database_url).database)).absolute().parent
