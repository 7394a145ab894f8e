"""Which commands that wait for a look at DigitalOcean a person typed, by the audit log.

A look-up waits in a table that whoever can write to the database can change: what it asks for, in
whose name, and whether it was answered before. What comes of it has to follow from these rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.canonical import canonical
from bot.domain.events import Event
from bot.domain.occasions import occasion_of
from bot.domain.search import from_json, may_ask
from bot.store import audit, lookups
from bot.store.audit import Entry
from bot.store.lookups import LookUp
from bot.store.tables import LOOK_UP_ROWS
from bot.store.tables import audit as audit_table
from bot.store.transaction import Transaction

_NEWEST_FIRST = (
    sa.select(audit_table).where(sa.text(LOOK_UP_ROWS)).order_by(audit_table.c.position.desc())
)


def note_asked(tx: Transaction, asked: LookUp) -> None:
    """Have the log hold what a person typed, where it may end in a request."""
    if _is_a_persons(asked):
        facts = {"look_up": asked.id, "wanted": dict(asked.wanted)}
        person, channel = asked.asker.person, asked.asker.channel
        audit.append(tx, Event.LOOK_UP_ASKED, person, channel=channel, facts=facts)


def finish(tx: Transaction, done: LookUp, *, keep: bool) -> bool:
    """As `bot.store.lookups.finish`, and the log holds it: it is answered once."""
    finished = lookups.finish(tx, done, keep=keep)
    if finished and _is_a_persons(done):
        audit.append(tx, Event.LOOK_UP_TAKEN, audit.BOT, facts={"look_up": done.id})
    return finished


def is_to_be_answered(
    connection: Connection, asked: LookUp, end: tuple[int, str], now: float
) -> bool:
    """Whether a person typed this and was not answered yet, and the log is whole since then.

    Args:
        end: a row that the log had, by its position and hash; see `bot.store.transaction.LogEnd`.
    """
    typed = _typed(connection, asked, now)
    if typed is None or not audit.holds(connection, end):
        return False
    taken = any(row.event == Event.LOOK_UP_TAKEN for row in _about(connection, asked, now))
    return not taken and audit.is_whole_since(connection, typed.position)


def is_typed(connection: Connection, asked: LookUp, now: float) -> bool:
    """Whether a person typed this, answered or not."""
    typed = _typed(connection, asked, now)
    return typed is not None and audit.are_linked(connection, [typed])


def asks(asked: LookUp) -> bool:
    """Whether a request may come of it; else it only shows something."""
    return may_ask(from_json(asked.wanted))


def _is_a_persons(asked: LookUp) -> bool:
    return occasion_of(asked.wanted) is None and asks(asked)


def _typed(connection: Connection, asked: LookUp, now: float) -> Entry | None:
    """The row with which it was asked, if it was this that was asked."""
    rows = (row for row in _about(connection, asked, now) if row.event == Event.LOOK_UP_ASKED)
    row = next(rows, None)
    if row is None or row.hash != row.expected_hash():
        return None
    by = (row.actor, row.channel) == (asked.asker.person, asked.asker.channel)
    same = canonical(json.loads(row.facts)["wanted"]) == canonical(asked.wanted)
    return row if by and same else None


def _about(connection: Connection, asked: LookUp, now: float) -> Iterator[Entry]:
    """The rows about one look-up, newest first, no older than its buttons work."""
    with connection.execute(_NEWEST_FIRST.execution_options(yield_per=100)) as rows:
        for each in rows:
            row = Entry(**each._mapping)
            if row.at < now - lookups.KEPT_SECONDS:
                return
            if json.loads(row.facts)["look_up"] == asked.id:
                yield row
