"""App Home: a row a person among the cards, once they have opened it.

What changes for a person only raises the version that their Home should show; the job
`deliver` draws it anew, at most once a second a person.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.jobs import Job
from bot.store.tables import outbox_message
from bot.store.transaction import Transaction

PLACE = "home"

_OF_THESE = (
    sa.select(outbox_message.c.id, outbox_message.c.queue)
    .where(
        outbox_message.c.ops_request.is_(None),  # a Home is about none; so an index finds them
        outbox_message.c.place == PLACE,
        outbox_message.c.queue.in_(sa.bindparam("queues", expanding=True)),
        outbox_message.c.failure == "",
    )
    .order_by(outbox_message.c.id)
    .with_for_update()
)


def opened(tx: Transaction, person: str) -> None:
    """A person looks at their Home: it is drawn now, and kept up to date from now on."""
    tx.advisory_lock(_queue(person))
    mine = sa.and_(outbox_message.c.queue == _queue(person), outbox_message.c.place == PLACE)
    again = (
        sa.update(outbox_message)
        .where(mine)
        .values(desired_version=outbox_message.c.desired_version + 1, failure="")
    )
    if not tx.execute(again).rowcount:
        tx.execute(
            sa.insert(outbox_message).values(
                place=PLACE, queue=_queue(person), channel=person, note={}
            )
        )
    tx.enqueue(Job.DELIVER, _queue(person))


def is_any(connection: Connection) -> bool:
    """Whether anybody has opened their Home."""
    query = sa.select(outbox_message.c.id).where(outbox_message.c.place == PLACE).limit(1)
    return connection.execute(query).first() is not None


def refresh(tx: Transaction, people: Iterable[str]) -> None:
    """Something changed for these people: those who have opened their Home see it there."""
    queues = [_queue(person) for person in people]
    for row in tx.execute(_OF_THESE, {"queues": queues}).all():
        tx.execute(
            sa.update(outbox_message)
            .where(outbox_message.c.id == row.id)
            .values(desired_version=outbox_message.c.desired_version + 1)
        )
        tx.enqueue(Job.DELIVER, row.queue)


def drawn(tx: Transaction, home: int, policy: str) -> None:
    """A Home shows the policy with this digest now; `home` is its card's id."""
    tx.execute(
        sa.update(outbox_message).where(outbox_message.c.id == home).values(note={"policy": policy})
    )


def show_policy(tx: Transaction, policy: str) -> None:
    """Another policy may be in force: every Home that shows one with another digest is stale."""
    rows = tx.execute(
        sa.select(outbox_message.c.id, outbox_message.c.queue, outbox_message.c.note)
        .where(outbox_message.c.place == PLACE, outbox_message.c.failure == "")
        .order_by(outbox_message.c.id)
    ).all()
    for row in rows:
        if (row.note or {}).get("policy") not in (None, policy):
            tx.execute(
                sa.update(outbox_message)
                .where(outbox_message.c.id == row.id)
                .values(desired_version=outbox_message.c.desired_version + 1)
            )
            tx.enqueue(Job.DELIVER, row.queue)


def _queue(person: str) -> str:
    return f"home:{person}"
