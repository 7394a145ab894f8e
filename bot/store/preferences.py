"""What people chose: which direct messages they get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.direct_messages import DirectMessages
from bot.store.tables import preference
from bot.store.transaction import Transaction


def chosen(connection: Connection, people: Iterable[str]) -> Mapping[str, DirectMessages]:
    """The choice of each of `people`; `DEFAULT` of those who made none."""
    everybody = sorted(set(people))
    rows = connection.execute(
        sa.select(preference.c.person, preference.c.notify).where(
            preference.c.person.in_(everybody)
        )
    )
    made = {row.person: DirectMessages(row.notify) for row in rows}
    return {person: made.get(person, DirectMessages.DEFAULT) for person in everybody}


def of(connection: Connection, person: str) -> DirectMessages:
    """The choice of one person."""
    return chosen(connection, [person])[person]


def choose(tx: Transaction, person: str, choice: DirectMessages) -> None:
    """Write a person's choice."""
    tx.advisory_lock(f"preference:{person}")
    tx.execute(sa.delete(preference).where(preference.c.person == person))
    if choice is not DirectMessages.DEFAULT:
        tx.execute(sa.insert(preference).values(person=person, notify=choice))
