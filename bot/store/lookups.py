"""Look-ups that people asked for: kept until they are answered, so that none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.jobs import Job
from bot.domain.search import Asker
from bot.store.tables import look_up
from bot.store.transaction import Transaction

KEPT_SECONDS = 86_400.0
"""How long the buttons of an answer work."""


@dataclass(frozen=True)
class LookUp:
    """One look-up. `answered`: kept for the buttons of its answer only."""

    id: int
    asker: Asker
    wanted: Mapping[str, Any]
    """As `bot.domain.search.to_json` writes it."""
    created_at: float
    attempts: int
    answered: bool


def add(tx: Transaction, asker: Asker, wanted: Mapping[str, Any]) -> LookUp:
    """Keep a new look-up, and ask for it."""
    result = tx.execute(
        sa.insert(look_up).values(
            person=asker.person,
            channel=asker.channel,
            thread_ts=asker.thread_ts,
            response_url=asker.response_url,
            wanted=dict(wanted),
            created_at=tx.now,
        )
    )
    key = result.inserted_primary_key
    look_up_id = int(key[0]) if key else 0
    tx.enqueue(Job.LOOKUP, look_up_id)
    return LookUp(look_up_id, asker, wanted, tx.now, 0, answered=False)


def unanswered(connection: Connection) -> list[LookUp]:
    """All that wait to be answered, oldest first."""
    open_ones = sa.select(look_up.c.id).where(~look_up.c.answered).order_by(look_up.c.id)
    found = (load(connection, number) for number in connection.execute(open_ones).scalars().all())
    return [each for each in found if each is not None]


def load(connection: Connection, look_up_id: int) -> LookUp | None:
    """One look-up; None once it is over."""
    row = connection.execute(sa.select(look_up).where(look_up.c.id == look_up_id)).one_or_none()
    if row is None:
        return None
    return LookUp(
        id=row.id,
        asker=Asker(row.person, row.channel, row.thread_ts, row.response_url),
        wanted=row.wanted,
        created_at=row.created_at,
        attempts=row.attempts,
        answered=row.answered,
    )


def finish(tx: Transaction, done: LookUp, *, keep: bool) -> bool:
    """It is answered; `keep` it for the buttons of the answer. False: somebody was faster.

    Those that nobody took up for a day go along.
    """
    tx.execute(
        sa.delete(look_up).where(look_up.c.answered, look_up.c.created_at < tx.now - KEPT_SECONDS)
    )
    this = sa.and_(look_up.c.id == done.id, ~look_up.c.answered)
    if keep:
        return tx.changed(sa.update(look_up).where(this).values(answered=True, response_url=""))
    return tx.changed(sa.delete(look_up).where(this))


def put_off(tx: Transaction, waiting: LookUp, at: float) -> None:
    """DigitalOcean cannot be asked now: not before `at` (epoch seconds)."""
    tx.execute(
        sa.update(look_up)
        .where(look_up.c.id == waiting.id)
        .values(retry_at=at, attempts=waiting.attempts + 1)
    )
    tx.enqueue(Job.LOOKUP, waiting.id, at)
