"""What people chose: which direct messages they get."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import preference
from bot.store.transaction import Transaction

ALL, MINE, NONE = "all", "mine", "none"


def notify(connection: Connection, person: str) -> str:
    """`all`: also what one may approve; `mine`: one's own requests, the default; `none`."""
    found = connection.execute(
        sa.select(preference.c.notify).where(preference.c.person == person)
    ).scalar_one_or_none()
    return found or MINE


def who_want(connection: Connection, people: Iterable[str], setting: str) -> list[str]:
    """Those of `people` who chose this setting, in order."""
    rows = connection.execute(
        sa.select(preference.c.person).where(
            preference.c.person.in_(sorted(people)), preference.c.notify == setting
        )
    )
    return sorted(rows.scalars())


def set_notify(tx: Transaction, person: str, setting: str) -> None:
    """Write a person's choice."""
    tx.advisory_lock(f"preference:{person}")
    tx.execute(sa.delete(preference).where(preference.c.person == person))
    tx.execute(sa.insert(preference).values(person=person, notify=setting))
