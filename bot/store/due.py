"""What waits for a job: the sweep's question. A lost wake-up costs seconds, never a request."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.jobs import Job
from bot.domain.states import State
from bot.store.tables import channel_queue, look_up, ops_request, ops_step, outbox_message

_NOW: sa.BindParameter[float] = sa.bindparam("now", type_=sa.Float)
_CHECKS = sa.select(ops_request.c.id).where(
    ops_request.c.state == State.CHECKING, sa.func.coalesce(ops_request.c.retry_at, 0) <= _NOW
)
_EXPIRIES = sa.select(ops_request.c.id).where(
    sa.or_(
        sa.and_(
            ops_request.c.state.in_((State.CHECKING, State.PENDING)),
            sa.or_(
                ops_request.c.expires_at <= _NOW,
                ops_request.c.remind_at <= _NOW,
                ops_request.c.escalate_at <= _NOW,
            ),
        ),
        sa.and_(ops_request.c.state == State.NEEDS_ATTENTION, ops_request.c.remind_at <= _NOW),
    )
)
_SUBMISSIONS = sa.select(ops_step.c.id).where(
    ops_step.c.state.in_((State.APPROVED, State.SUBMITTING)),
    sa.func.coalesce(ops_step.c.retry_at, 0) <= _NOW,
)
_LOOK_UPS = sa.select(look_up.c.id).where(
    ~look_up.c.answered, sa.func.coalesce(look_up.c.retry_at, 0) <= _NOW
)
_IN_FLIGHT = sa.select(sa.literal("all")).where(
    sa.exists().where(ops_step.c.state == State.IN_PROGRESS)
)
_CHANNEL_QUEUES = (
    sa.select(outbox_message.c.queue)
    .distinct()
    .outerjoin(channel_queue, channel_queue.c.name == outbox_message.c.queue)
    .where(
        outbox_message.c.delivered_version < outbox_message.c.desired_version,
        outbox_message.c.failure == "",
        sa.func.coalesce(channel_queue.c.free_at, 0) <= _NOW,
    )
)
_KEYS = (
    (Job.CHECK, _CHECKS),
    (Job.EXPIRE, _EXPIRIES),
    (Job.SUBMIT, _SUBMISSIONS),
    (Job.POLL, _IN_FLIGHT),
    (Job.LOOKUP, _LOOK_UPS),
    (Job.DELIVER, _CHANNEL_QUEUES),
)
"""The keys that each job has something to do for."""


def due(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    """Every (job, key) that has something to do at `now` (epoch seconds)."""
    for job, keys in _KEYS:
        for key in connection.execute(keys, {"now": now}).scalars():
            yield job, str(key)
