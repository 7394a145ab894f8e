"""Processed deliveries: a payload is taken once, and a repeated one gets the same answer."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import processed_delivery
from bot.store.transaction import Transaction

_ANSWER = sa.select(processed_delivery.c.answer).where(
    processed_delivery.c.delivery == sa.bindparam("which")
)
_TAKE = sa.insert(processed_delivery)


def answer_to(connection: Connection, delivery: str) -> str | None:
    """The answer that was given to this delivery, or None when it is new."""
    return connection.execute(_ANSWER, {"which": delivery}).scalar_one_or_none()


def take(tx: Transaction, delivery: str, answer: str) -> None:
    """Take a delivery, with the answer it gets, in the transaction that does its work.

    Raises:
        sqlalchemy.exc.IntegrityError: another replica took it at the same moment.
    """
    tx.execute(_TAKE, {"delivery": delivery, "answer": answer, "at": tx.now})


def forget(tx: Transaction, before: float) -> None:
    """Drop deliveries older than `before` (epoch seconds): Slack repeats for minutes, not days."""
    tx.execute(sa.delete(processed_delivery).where(processed_delivery.c.at < before))
