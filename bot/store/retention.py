"""What is forgotten, and when. The audit log never is: it is what is left of what was.

Each call deletes a few rows in a short transaction, so that nobody waits for it.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.states import FINISHED
from bot.store import deliveries, lookups, second_factors
from bot.store.tables import (
    call_budget,
    channel_queue,
    look_up,
    ops_request,
    ops_step,
    outbox_message,
    schedule,
    schedule_run,
    vote,
)
from bot.store.transaction import Transaction

DAY = 86_400.0
INBOX_DAYS = 2
"""Slack repeats a payload for minutes, and a signature is good for five: days are ample."""
RUNS_DAYS = 400
"""Runs of schedules are few and small: a year of them answers what went wrong when."""
AT_ONCE = 200
"""Requests forgotten in one transaction."""


def forget_requests(tx: Transaction, days: float) -> int:
    """Forget some requests that ended more than `days` ago; how many. 0: none are left.

    A break-glass request that nobody has reviewed is kept, and so is an approval that stands.
    """
    c = ops_request.c
    stands = sa.exists().where(schedule.c.approved_as == c.id)
    over = sa.and_(c.state.in_(FINISHED), c.finished_at < tx.now - days * DAY)
    old = sa.and_(over, c.review != "open", ~stands)
    ids = tx.execute(sa.select(c.id).where(old).order_by(c.id).limit(AT_ONCE)).scalars().all()
    if ids:
        for table in (outbox_message, vote, ops_step):
            tx.execute(sa.delete(table).where(table.c.ops_request.in_(ids)))
        tx.execute(sa.delete(ops_request).where(c.id.in_(ids)))
    return len(ids)


def forget_leftovers(tx: Transaction) -> int:
    """Forget what is of no use any more; how many rows.

    Deliveries of some days ago, answers that were given, queues at rest, look-ups whose buttons
    are dead, call budgets of former tokens, links on which nothing is to be confirmed any more.
    """
    deliveries.forget(tx, tx.now - INBOX_DAYS * DAY)
    second_factors.forget_links(tx)
    run, newer = schedule_run.c, schedule_run.alias()
    has_newer = sa.exists().where(newer.c.schedule == run.schedule, newer.c.due_at > run.due_at)
    old = sa.and_(run.due_at < tx.now - RUNS_DAYS * DAY, has_newer)  # the newest tells what is due
    tx.execute(sa.delete(schedule_run).where(old))
    given = sa.and_(
        outbox_message.c.ops_request.is_(None),
        sa.or_(outbox_message.c.place.like("answer:%"), outbox_message.c.place.like("direct:%")),
        sa.or_(
            outbox_message.c.delivered_version >= outbox_message.c.desired_version,
            outbox_message.c.failure != "",
        ),
    )
    at_rest = sa.and_(
        channel_queue.c.post_at < tx.now - DAY,
        channel_queue.c.free_at < tx.now - DAY,
        ~sa.exists().where(
            outbox_message.c.queue == channel_queue.c.name,
            outbox_message.c.delivered_version < outbox_message.c.desired_version,
            outbox_message.c.failure == "",
        ),
    )
    dead = sa.and_(look_up.c.answered, look_up.c.created_at < tx.now - lookups.KEPT_SECONDS)
    former = sa.and_(
        call_budget.c.held_until < tx.now - 7 * DAY, call_budget.c.seen_at < tx.now - 7 * DAY
    )
    return sum(
        tx.execute(sa.delete(table).where(which)).rowcount
        for table, which in (
            (outbox_message, given),
            (channel_queue, at_rest),
            (look_up, dead),
            (call_budget, former),
        )
    )
