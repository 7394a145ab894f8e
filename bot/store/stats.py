"""What the metrics read from the database at each scrape: a few small queries over indexes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.reconciliation import Verdict
from bot.domain.states import OPEN, State
from bot.store import anchors, audit, reconciliation
from bot.store.due import due
from bot.store.tables import call_budget, ops_request, ops_step


@dataclass(frozen=True)
class AccountLooks:
    """What looks at the account found that no row of the audit log explains.

    Attributes:
        unexplained: how many things, ever.
        unsettled: how many actions may be calls whose answer was lost, as things stand.
        age: seconds since the last whole look; None: nobody looks by the clock.
    """

    unexplained: int
    unsettled: int
    age: float | None


@dataclass(frozen=True)
class SinkAge:
    """A place that keeps heads of the audit log; `age` in seconds since its last one, or None."""

    name: str
    failing: bool
    age: float | None


@dataclass(frozen=True)
class Stats:
    """How things stand. Ages are seconds; 0 where there is nothing.

    Attributes:
        requests: how many ops requests are in each state.
        oldest: for each state that is not final, how old its oldest ops request is.
        oldest_in_flight: how long ago the oldest image action in flight was accepted.
        waiting: what waits for a job now, by job: the length of the queue.
        audit_position: of the last row of the audit log.
        budget_left: calls left of DigitalOcean's hour; None while nobody has said.
        account: looks at what happened at DigitalOcean; None where none was made.
        sinks: the places that are to keep heads of the audit log.
    """

    requests: Mapping[str, int]
    oldest: Mapping[str, float]
    oldest_in_flight: float
    waiting: Mapping[str, int]
    audit_position: int
    budget_left: int | None
    account: AccountLooks | None = None
    sinks: Sequence[SinkAge] = ()


def read(
    connection: Connection, now: float, *, reconciles: bool = False, sinks: Collection[str] = ()
) -> Stats:
    """Read all of it; `now` in epoch seconds.

    Args:
        reconciles: whether the account is looked at by the clock.
        sinks: the names of those that are set.
    """
    c = ops_request.c
    counted = connection.execute(sa.select(c.state, sa.func.count()).group_by(c.state))
    oldest = connection.execute(
        sa.select(c.state, sa.func.min(c.created_at)).where(c.state.in_(OPEN)).group_by(c.state)
    )
    in_flight_steps = connection.execute(
        sa.select(sa.func.min(ops_step.c.started_at)).where(ops_step.c.state == State.IN_PROGRESS)
    ).scalar_one_or_none()
    left = connection.execute(
        sa.select(call_budget.c.remaining).order_by(call_budget.c.seen_at.desc()).limit(1)
    ).scalar_one_or_none()
    return Stats(
        requests={str(state): count for state, count in counted},
        oldest={str(state): max(0.0, now - at) for state, at in oldest},
        oldest_in_flight=max(0.0, now - in_flight_steps) if in_flight_steps is not None else 0.0,
        waiting=Counter(job for job, _ in due(connection, now)),
        audit_position=audit.head(connection)[0],
        budget_left=left,
        account=_account(connection, now, reconciles),
        sinks=[
            SinkAge(name, state.failing_since is not None, _age(state.kept_at, now))
            for name, state in anchors.states(connection).items()
            if name in sinks
        ],
    )


def _age(at: float | None, now: float) -> float | None:
    return None if at is None else max(0.0, now - at)


def _account(connection: Connection, now: float, reconciles: bool) -> AccountLooks | None:
    looked = reconciliation.progress(connection)
    if looked is None:
        return None
    last = looked.began_at if looked.looked_at is None else looked.looked_at
    return AccountLooks(
        reconciliation.count(connection, Verdict.UNEXPLAINED),
        reconciliation.count(connection, Verdict.UNSETTLED),
        max(0.0, now - last) if reconciles else None,
    )
