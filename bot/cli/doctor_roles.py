"""`doctor`, duties apart: what this process's role can do with the audit log on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from bot.cli.findings import Finding, ok, warning, wrong
from bot.config import LocalSettings
from bot.errors import SettingsError
from bot.store import roles
from bot.store.database import is_sqlite, open_database
from bot.store.role_reach import beyond, exceeding

_AGAIN = "As the owner of the tables: `python -m bot migrate --roles WEB WORKER`."


def duties(settings: LocalSettings, duty: roles.Duty | None) -> Iterator[Finding]:
    """Nothing where roles are not used, unless a role was asked about.

    Args:
        duty: the process that these settings are for; None: one that does all.
    """
    if is_sqlite(settings.database_url):
        return
    try:
        engine = open_database(settings.database_url)
    except SettingsError:
        return  # told by the look at the database
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("audit"):
                return  # told by the look at the schema
            if duty or roles.are_used(connection):
                yield from _of(connection, duty)
    except sa.exc.OperationalError:
        return  # told by the look at the database
    finally:
        engine.dispose()


def _of(connection: sa.Connection, duty: roles.Duty | None) -> Iterator[Finding]:
    role = roles.current(connection)
    if more := beyond(connection, role):
        said = f"{role} can {more}: whoever takes this process over can too"
        yield warning("roles", said, f"Run it as a role of its own. {_AGAIN}")
    else:
        yield ok("roles", f"{role} can add to the audit log, and change nothing in it")
    if duty and (lacking := roles.lacking(connection, role, duty)):
        said = f"{role} cannot do all that {duty} needs with {', '.join(lacking)}"
        yield wrong("roles", said, _AGAIN)
    allowed = roles.privileges(duty) if duty and not more else {}
    if duty and (much := exceeding(connection, role, allowed)):
        said = f"{role} can do more than {duty} needs with {', '.join(much)}"
        yield warning("roles", said, f"Take it out of the roles that it belongs to. {_AGAIN}")
