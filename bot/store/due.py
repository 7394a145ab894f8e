"""What waits for a stage: the sweep's question. A lost wake-up costs seconds, never a request."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.states import State
from bot.store.tables import card, lane, look_up, ops_request, ops_step


def due(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    """Every (stage, key) that has something to do at `now` (epoch seconds)."""
    yield from _checks(connection, now)
    yield from _expiries(connection, now)
    yield from _submissions(connection, now)
    yield from _follow(connection)
    yield from _look_ups(connection, now)
    yield from _lanes(connection, now)


def _checks(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(ops_request.c.id).where(
            ops_request.c.state == State.CHECKING,
            sa.func.coalesce(ops_request.c.retry_at, 0) <= now,
        )
    )
    yield from (("check", str(request_id)) for request_id in rows.scalars())


def _expiries(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(ops_request.c.id).where(
            ops_request.c.state.in_((State.CHECKING, State.PENDING)),
            sa.or_(ops_request.c.expires_at <= now, ops_request.c.remind_at <= now),
        )
    )
    yield from (("expire", str(request_id)) for request_id in rows.scalars())


def _submissions(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(ops_step.c.id).where(
            ops_step.c.state.in_((State.APPROVED, State.SUBMITTING)),
            sa.func.coalesce(ops_step.c.retry_at, 0) <= now,
        )
    )
    yield from (("submit", str(step_id)) for step_id in rows.scalars())


def _look_ups(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(look_up.c.id).where(
            ~look_up.c.answered, sa.func.coalesce(look_up.c.retry_at, 0) <= now
        )
    )
    yield from (("search", str(look_up_id)) for look_up_id in rows.scalars())


def _follow(connection: Connection) -> Iterator[tuple[str, str]]:
    in_flight = sa.select(ops_step.c.id).where(ops_step.c.state == State.IN_PROGRESS)
    if connection.execute(in_flight.limit(1)).first():
        yield "follow", "all"


def _lanes(connection: Connection, now: float) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        sa.select(card.c.lane)
        .distinct()
        .outerjoin(lane, lane.c.name == card.c.lane)
        .where(
            card.c.shown < card.c.wanted,
            card.c.failure == "",
            sa.func.coalesce(lane.c.free_at, 0) <= now,
        )
    )
    yield from (("deliver", name) for name in rows.scalars())
