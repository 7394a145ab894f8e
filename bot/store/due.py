"""What waits for a job: the sweep's question. A lost wake-up costs seconds, never a request."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.jobs import Job
from bot.domain.states import State
from bot.store.tables import channel_queue, look_up, ops_request, ops_step, outbox_message


def due(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    """Every (job, key) that has something to do at `now` (epoch seconds)."""
    yield from _checks(connection, now)
    yield from _expiries(connection, now)
    yield from _submissions(connection, now)
    yield from _follow(connection)
    yield from _look_ups(connection, now)
    yield from _channel_queues(connection, now)


def _checks(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(ops_request.c.id).where(
            ops_request.c.state == State.CHECKING,
            sa.func.coalesce(ops_request.c.retry_at, 0) <= now,
        )
    )
    yield from ((Job.CHECK, str(request_id)) for request_id in rows.scalars())


def _expiries(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(ops_request.c.id).where(
            sa.or_(
                sa.and_(
                    ops_request.c.state.in_((State.CHECKING, State.PENDING)),
                    sa.or_(ops_request.c.expires_at <= now, ops_request.c.remind_at <= now),
                ),
                sa.and_(
                    ops_request.c.state == State.NEEDS_ATTENTION, ops_request.c.remind_at <= now
                ),
            )
        )
    )
    yield from ((Job.EXPIRE, str(request_id)) for request_id in rows.scalars())


def _submissions(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(ops_step.c.id).where(
            ops_step.c.state.in_((State.APPROVED, State.SUBMITTING)),
            sa.func.coalesce(ops_step.c.retry_at, 0) <= now,
        )
    )
    yield from ((Job.SUBMIT, str(step_id)) for step_id in rows.scalars())


def _look_ups(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(look_up.c.id).where(
            ~look_up.c.answered, sa.func.coalesce(look_up.c.retry_at, 0) <= now
        )
    )
    yield from ((Job.LOOKUP, str(look_up_id)) for look_up_id in rows.scalars())


def _follow(connection: Connection) -> Iterator[tuple[str, str]]:
    in_flight = sa.select(ops_step.c.id).where(ops_step.c.state == State.IN_PROGRESS)
    if connection.execute(in_flight.limit(1)).first():
        yield Job.POLL, "all"


def _channel_queues(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(outbox_message.c.queue)
        .distinct()
        .outerjoin(channel_queue, channel_queue.c.name == outbox_message.c.queue)
        .where(
            outbox_message.c.delivered_version < outbox_message.c.desired_version,
            outbox_message.c.failure == "",
            sa.func.coalesce(channel_queue.c.free_at, 0) <= now,
        )
    )
    yield from ((Job.DELIVER, name) for name in rows.scalars())
