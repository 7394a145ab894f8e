"""Schedules: whose approval stands, and what became of each time they were due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.occasions import LATE_SECONDS, RunOutcome, RunProblem
from bot.domain.search import Asker
from bot.store.tables import look_up, ops_request, schedule, schedule_run
from bot.store.transaction import Transaction

_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_NAMED = sa.select(schedule).where(schedule.c.name == _WHICH)
_CHANGE = sa.update(schedule).where(schedule.c.name == _WHICH)
_NEWEST_UP_TO = (
    sa.select(schedule_run)
    .where(schedule_run.c.schedule == _WHICH, schedule_run.c.due_at <= sa.bindparam("now"))
    .order_by(schedule_run.c.due_at.desc())
    .limit(1)
)
_OPEN = (
    sa.select(schedule_run)
    .where(schedule_run.c.outcome.in_((RunOutcome.DUE, RunOutcome.RUNNING)))
    .order_by(schedule_run.c.due_at)
)
_OPEN_OF = _OPEN.where(schedule_run.c.schedule == _WHICH)


@dataclass(frozen=True)
class ScheduleState:
    """What is known of one schedule beside its file. Times are epoch seconds.

    Attributes:
        tended_at: when a process last had it in its file.
        asked_for: what a card asked to approve, as `bot.requests.schedule_approval` digests it.
        asked_as, approved_as: the ops requests that ask, and whose approval stands.
        failing: the last run failed, and its owner was told.
    """

    name: str
    seen_at: float
    tended_at: float
    asked_for: str = ""
    asked_as: int | None = None
    approved_as: int | None = None
    failing: bool = False


@dataclass(frozen=True)
class Run:
    """One time at which a schedule was due. Times are epoch seconds."""

    schedule: str
    due_at: float
    taken_at: float
    outcome: RunOutcome
    why: RunProblem | None = None
    joined_as: int | None = None
    """Somebody's ops request that did the same already."""
    ended_at: float | None = None

    @property
    def late(self) -> bool:
        """Whether it was taken up long after it was due."""
        return self.taken_at - self.due_at > LATE_SECONDS


def load(connection: Connection, name: str) -> ScheduleState | None:
    """One schedule; None: it was never seen."""
    row = connection.execute(_NAMED, {"which": name}).one_or_none()
    return ScheduleState(**row._mapping) if row else None


def note_seen(tx: Transaction, name: str) -> bool:
    """A schedule stands in the file; False: that is known."""
    if load(tx.connection, name) is not None:
        return False
    tx.execute(sa.insert(schedule).values(name=name, seen_at=tx.now, tended_at=tx.now))
    return True


def update(tx: Transaction, name: str, **columns: Any) -> None:
    """Write columns of one schedule."""
    tx.execute(_CHANGE, {"which": name, **columns})


def not_tended_since(connection: Connection, before: float) -> list[str]:
    """The names that no process has had in its file since then (epoch seconds)."""
    query = sa.select(schedule.c.name).where(schedule.c.tended_at < before)
    return list(connection.execute(query).scalars())


def forget(tx: Transaction, name: str) -> None:
    """It was taken out of the file: put back, it is a new one. Its runs stay, as ended."""
    tx.execute(sa.delete(schedule).where(schedule.c.name == name))
    tx.execute(
        sa.update(schedule_run)
        .where(schedule_run.c.schedule == name, schedule_run.c.ended_at.is_(None))
        .values(
            outcome=RunOutcome.FAILED,
            why=RunProblem.FORGOTTEN,
            ended_at=tx.now,
        )
    )


def begin_anew(tx: Transaction) -> None:
    """The database was restored: what was due before is not taken up again."""
    tx.execute(sa.update(schedule).values(seen_at=tx.now))
    tx.execute(
        sa.update(schedule_run)
        .where(schedule_run.c.outcome == RunOutcome.DUE)
        .values(outcome=RunOutcome.FAILED, why=RunProblem.RESTORED, ended_at=tx.now)
    )


def note_joined(tx: Transaction, run: Run, request_id: int) -> None:
    """A run waits for an ops request that did the same already."""
    tx.execute(
        sa.update(schedule_run)
        .where(schedule_run.c.schedule == run.schedule, schedule_run.c.due_at == run.due_at)
        .values(joined_as=request_id)
    )


def last_run(connection: Connection, name: str, now: float) -> Run | None:
    """The newest run that was due up to now: the clock may have been wrong before."""
    row = connection.execute(_NEWEST_UP_TO, {"which": name, "now": now}).one_or_none()
    return _run(row) if row else None


def add_run(tx: Transaction, name: str, due_at: float, outcome: RunOutcome) -> None:
    """Take up one time at which it is due.

    Raises:
        sqlalchemy.exc.IntegrityError: another process has taken it up.
    """
    ended = None if outcome in (RunOutcome.DUE, RunOutcome.RUNNING) else tx.now
    tx.execute(
        sa.insert(schedule_run).values(
            schedule=name,
            due_at=due_at,
            taken_at=tx.now,
            outcome=outcome,
            ended_at=ended,
        )
    )


def move_run(
    tx: Transaction,
    run: Run,
    to: RunOutcome,
    why: RunProblem | None = None,
    *,
    from_: RunOutcome | None = None,
) -> bool:
    """Move a run on from the outcome the caller saw; False: somebody was faster."""
    ended = None if to is RunOutcome.RUNNING else tx.now
    return tx.changed(
        sa.update(schedule_run)
        .where(
            schedule_run.c.schedule == run.schedule,
            schedule_run.c.due_at == run.due_at,
            schedule_run.c.outcome == (from_ or run.outcome),
        )
        .values(outcome=to, why=why or run.why or "", ended_at=ended)
    )


def runs(connection: Connection, name: str, newest: int = 1) -> list[Run]:
    """The newest runs of one schedule, the newest first."""
    rows = connection.execute(
        sa.select(schedule_run)
        .where(schedule_run.c.schedule == name)
        .order_by(schedule_run.c.due_at.desc())
        .limit(newest)
    )
    return [_run(row) for row in rows]


def run_at(connection: Connection, name: str, due_at: float) -> Run | None:
    """One run."""
    row = connection.execute(
        sa.select(schedule_run).where(
            schedule_run.c.schedule == name, schedule_run.c.due_at == due_at
        )
    ).one_or_none()
    return _run(row) if row else None


def open_runs(connection: Connection) -> list[Run]:
    """Those that are to be begun, or are running; the oldest first."""
    return [_run(row) for row in connection.execute(_OPEN)]


def open_runs_of(connection: Connection, name: str) -> list[Run]:
    """The same of one schedule."""
    return [_run(row) for row in connection.execute(_OPEN_OF, {"which": name})]


def _run(row: sa.Row[Any]) -> Run:
    why = RunProblem(row.why) if row.why else None
    return Run(**dict(row._mapping) | {"outcome": RunOutcome(row.outcome), "why": why})


def requests_of(connection: Connection, run: Run) -> list[int]:
    """The numbers of the ops requests of a run."""
    rows = connection.execute(
        sa.select(ops_request.c.id)
        .where(ops_request.c.schedule == run.schedule, ops_request.c.due_at == run.due_at)
        .order_by(ops_request.c.id)
    )
    return list(rows.scalars())


def is_looking(connection: Connection, asker: Asker, name: str, due_at: float | None) -> bool:
    """Whether a look-up for a run, or for what its approval is asked for, is still under way."""
    wanted: Iterable[Any] = connection.execute(
        sa.select(look_up.c.wanted).where(look_up.c.person == asker.person, ~look_up.c.answered)
    ).scalars()
    of = ((each.get("occasion") or {}) for each in wanted)
    return any(o.get("schedule") == name and o.get("due_at") == due_at for o in of)
