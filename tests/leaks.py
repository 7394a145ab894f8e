"""No token is ever printed, logged, kept or sent: here is where each of these is searched.

Called by `tests/conftest.py` for every test (what it printed, logged and left in its folder, and
what its stand-ins were sent), and where a world or a database ends.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from bot.observability.logs import _JsonLines
from bot.store.database import open_database
from rehearsal import Sandbox
from rehearsal.log import REDACTED

_LARGEST = 100_000_000
_GIVEN = {".env", "token", "secret"}
"""Files in which tests hand a secret to the bot."""


class Leak(AssertionError):
    """A token stands where none may."""


@functools.cache
def secrets() -> tuple[str, ...]:
    """The tokens and the signing secret that the tests' sandbox gives out."""
    settings = Sandbox(seed=1).settings(socket=True)
    return tuple(v for name, v in settings.items() if name.endswith(("TOKEN", "SECRET")))


def search(text: str, where: object) -> None:
    """Raise `Leak` if a token stands in `text`."""
    if any(secret in text for secret in secrets()):
        raise Leak(f"a token stands in {where}")


def search_files(folder: Path) -> None:
    """The same for each file under a folder: databases, logs, backups, exports."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in _GIVEN and path.stat().st_size < _LARGEST:
            search(path.read_bytes().decode("latin-1"), path)


def search_database(url: str) -> None:
    """The same for each row of each table, the queue's among them."""
    engine = open_database(url)
    try:
        with engine.connect() as connection:
            for table in sa.inspect(connection).get_table_names():
                rows = connection.execute(sa.text(f'SELECT * FROM "{table}"'))  # noqa: S608 - ours
                search("\n".join(str(tuple(row)) for row in rows), f"the table {table}")
    except (sa.exc.OperationalError, sa.exc.InterfaceError):
        pass  # the test has taken its server down
    finally:
        engine.dispose()


def search_sandbox(sandbox: Sandbox) -> None:
    """The same for all that the stand-ins were sent or show; their log replaces what it finds."""
    told = [entry for entry in sandbox.log.entries() if REDACTED in f"{entry}{entry.detail}"]
    if told:
        raise Leak(f"a token stands in what the stand-ins saw: {told[:3]}")
    seen = sandbox.slack.workspace
    shown = [seen._messages, seen.ephemerals, seen.modals, seen.homes, seen.deleted]
    search(repr(shown), "what Slack shows")


class Searcher(logging.Handler):
    """Every line that the bot logs, as production formats it, before anything is redacted."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(_JsonLines(lambda text: text))  # type: ignore[arg-type]  # no Redactor
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            search(self.format(record), f"a log line of {record.name} ({record.lineno})")
        except Leak as leak:
            self.found.append(str(leak))

    def listen(self, loggers: Iterable[str] = ("bot", "handlers")) -> None:
        """From now on, at the level at which the bot runs."""
        for name in loggers:
            logging.getLogger(name).addHandler(self)
            logging.getLogger(name).setLevel(logging.INFO)

    def take(self) -> list[str]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found
