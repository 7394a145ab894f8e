"""Which sink has which head of the audit log, and since when one takes none."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.store import audit
from bot.store.tables import anchor_sink
from bot.store.transaction import Transaction

LONGEST_ALONE = 300.0
"""How long a sink that failed is left alone at most, whatever it asks for, in seconds."""


@dataclass(frozen=True)
class SinkState:
    """One sink; all times are epoch seconds.

    Attributes:
        position: of the last head that it took; None: it took none yet.
        kept_at: when that was.
        next_at: when it gets the next one, whatever happens.
        failing_since: since then it took none; None: it takes them.
        problem: why it takes none.
        told: whether people were told that it takes none.
        missed: the POSTs that were sent since then.
    """

    name: str
    position: int | None = None
    kept_at: float | None = None
    next_at: float = 0.0
    failing_since: float | None = None
    problem: str = ""
    told: bool = False
    missed: int = 0

    def waits(self, now: float, longest: float) -> bool:
        """Whether it is to get none yet.

        Args:
            longest: seconds that may lie between two; more is somebody's who writes in the table.
        """
        return now < self.next_at <= now + longest


def states(connection: Connection) -> dict[str, SinkState]:
    """Every sink that was ever sent to, by its name."""
    rows = connection.execute(sa.select(anchor_sink)).all()
    return {row.name: SinkState(**row._mapping) for row in rows}


def is_due(connection: Connection, names: list[str], now: float, every: float) -> bool:
    """Whether one of these sinks is to get a head now, as each does every so many seconds."""
    known, longest = states(connection), max(every, LONGEST_ALONE)
    return any(name not in known or not known[name].waits(now, longest) for name in names)


def save(tx: Transaction, state: SinkState) -> None:
    """Write how a sink stands, whether or not it was known."""
    values = dict(vars(state))
    named = anchor_sink.c.name == state.name
    if not tx.changed(sa.update(anchor_sink).where(named), values):
        tx.advisory_lock("anchor sinks")
        tx.execute(sa.delete(anchor_sink).where(named))
        tx.execute(sa.insert(anchor_sink), values)


def count_missed(tx: Transaction, name: str) -> None:
    """Write that a POST was sent without its head being kept there."""
    c = anchor_sink.c
    tx.execute(sa.update(anchor_sink).where(c.name == name).values(missed=c.missed + 1))


def note_key(tx: Transaction, key: str, public: str) -> None:
    """Write with which key heads are signed from here on, where that was another.

    Args:
        key: by what it is known.
        public: its public half, in hexadecimal.
    """
    tx.advisory_lock("anchor key")
    last = audit.last_of(tx.connection, Event.ANCHOR_KEY)
    if last is None or json.loads(last.facts)["key"] != key:
        audit.append(tx, Event.ANCHOR_KEY, audit.BOT, facts={"key": key, "public": public})
