"""What is in flight, and how long those before it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.estimates import Estimate, Outlook, Took, estimate
from bot.domain.resources import Image
from bot.domain.states import State
from bot.domain.steps import StepSpec, TargetKind
from bot.store import call_budget
from bot.store.rows import OpsRequest, Step
from bot.store.tables import ops_step

MOST = 50
"""The newest so many that ended count: the pace of a region changes over the months."""
REMEMBER_SECONDS = 60.0
"""How long a history that was read is good enough."""
SELDOM_SECONDS = 30.0
"""Looks further apart than this are worth a word on the card."""

_HISTORY = (
    sa.select(ops_step.c.completed_at - ops_step.c.started_at, ops_step.c.size_gigabytes)
    .where(
        ops_step.c.operation == sa.bindparam("operation"),
        ops_step.c.source_region == sa.bindparam("source"),
        sa.or_(
            sa.bindparam("params_key", type_=sa.String) == "",
            ops_step.c.params_key == sa.bindparam("params_key"),
        ),
        ops_step.c.completed_at.is_not(None),
        ops_step.c.started_at.is_not(None),
        ops_step.c.state == State.COMPLETED,
    )
    .order_by(ops_step.c.completed_at.desc())
    .limit(MOST)
)

_IN_FLIGHT = (
    sa.select(
        ops_step.c.id,
        ops_step.c.ops_request,
        ops_step.c.resolved_id,
        ops_step.c.target_id,
        ops_step.c.action_id,
        ops_step.c.operation,
        ops_step.c.source_region,
        ops_step.c.params_key,
        ops_step.c.size_gigabytes,
        sa.func.coalesce(ops_step.c.started_at, sa.bindparam("now", type_=sa.Float)).label("since"),
        ops_step.c.missing_since,
        ops_step.c.stuck_told,
        (ops_step.c.target_kind == TargetKind.DROPLET).label("of_droplet"),
    )
    .where(ops_step.c.state == State.IN_PROGRESS, ops_step.c.action_id.is_not(None))
    .order_by(ops_step.c.id)
)

Way = tuple[str, str, str]
"""An operation, the region its image is in, and its parameters in one spelling; empty: whatever
they are."""


@dataclass(frozen=True, slots=True)
class InFlightStep:
    """One image action in flight: what following needs of its row, and no more."""

    id: int
    ops_request: int
    target_id: str
    action_id: int
    way: Way
    gigabytes: float | None
    started_at: float
    missing_since: float | None
    stuck_told: bool
    of_droplet: bool


def in_flight_steps(connection: Connection, now: float) -> list[InFlightStep]:
    """Every image action that DigitalOcean is working on, oldest first; epoch seconds."""
    rows: sa.CursorResult[Any] = connection.execute(_IN_FLIGHT, {"now": now})
    return [
        InFlightStep(
            row.id,
            row.ops_request,
            str(row.resolved_id or row.target_id),
            row.action_id,
            (row.operation, row.source_region, "" if row.of_droplet else row.params_key),
            row.size_gigabytes,
            row.since,
            row.missing_since,
            row.stuck_told,
            row.of_droplet,
        )
        for row in rows
    ]


def history(connection: Connection, way: Way) -> list[Took]:
    """The newest `MOST` that went this way and were completed."""
    operation, source, params_key = way
    which = {"operation": operation, "source": source, "params_key": params_key}
    rows = connection.execute(_HISTORY, which)
    return [Took(max(0.0, seconds), gigabytes) for seconds, gigabytes in rows]


class DurationEstimates:
    """Estimates from histories that are read at most once in `REMEMBER_SECONDS`.

    Args:
        monotonic: seconds that never go back, to tell how old a history is.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._histories: dict[Way, list[Took]] = {}
        self._estimates: dict[tuple[Way, float | None], Estimate | None] = {}
        self._read_at = 0.0

    def of(self, connection: Connection, way: Way, gigabytes: float | None) -> Estimate | None:
        """How long such an image action takes; None: too few are known."""
        now = self._monotonic()
        if now - self._read_at > REMEMBER_SECONDS:
            self._histories, self._estimates, self._read_at = {}, {}, now
        if (way, gigabytes) not in self._estimates:
            if way not in self._histories:
                self._histories[way] = history(connection, way)
            self._estimates[way, gigabytes] = estimate(self._histories[way], gigabytes)
        return self._estimates[way, gigabytes]


def outlook(connection: Connection, request: OpsRequest, now: float) -> Outlook | None:
    """What the request's card can say of time; None: its state leaves nothing to say."""
    if request.state not in (State.PENDING, State.APPROVED, State.IN_PROGRESS):
        return None
    ways = {step.position: _way(request, step) for step in request.steps}
    found = {
        position: estimate(history(connection, way), gigabytes)
        for position, (way, gigabytes) in ways.items()
    }
    shown = call_budget.shown(connection, now)
    return Outlook(
        {position: learnt for position, learnt in found.items() if learnt},
        shown.waits_until or None,
        shown.every if shown.every > SELDOM_SECONDS else None,
    )


def slowest(connection: Connection, steps: Iterable[StepSpec], image: Image) -> float | None:
    """Seconds that the slowest of these steps usually takes; None: too few are known."""
    source = min(image.regions, default="")
    found = [
        estimate(history(connection, (s.operation, source, _key(s))), image.size_gigabytes)
        for s in steps
    ]
    known = [learnt.typical for learnt in found if learnt]
    return max(known) if known and len(known) == len(found) else None


def _way(request: OpsRequest, step: Step) -> tuple[Way, float | None]:
    """From the step where it was sent, from what people saw where it was not."""
    source, gigabytes = step.source_region, step.size_gigabytes
    seen = request.evidence.seen(step.spec.target) if request.evidence else None
    if seen is not None:
        source = source or min(seen.regions, default="")
        gigabytes = gigabytes or seen.size_gigabytes
    return (step.spec.operation, source, _key(step.spec)), gigabytes


def _key(step: StepSpec) -> str:
    """What a snapshot will be called tells nothing of how long it takes."""
    return "" if step.target.kind is TargetKind.DROPLET else step.params_key
