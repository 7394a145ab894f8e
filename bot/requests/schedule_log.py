"""What the audit log says of a schedule: who paused it, what is void, which of its runs may begin.

The tables that keep schedules and their runs can be changed by whoever can write to the database,
so what a run does has to follow from these rows, and they from the chain: see `proven_from`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import RunOutcome
from bot.store import audit
from bot.store.audit import Entry
from bot.store.tables import SCHEDULE_ROWS, SCHEDULE_RUN_ROWS
from bot.store.tables import audit as audit_table

_ABOUT_ONE = audit_table.c.facts.contains(sa.bindparam("about"), autoescape=False)
_NEWEST_FIRST = (
    sa.select(audit_table)
    .where(sa.or_(audit_table.c.event == Event.RESTORED, _ABOUT_ONE))
    .order_by(audit_table.c.position.desc())
    .execution_options(yield_per=100)
)
_STATE = _NEWEST_FIRST.where(sa.text(SCHEDULE_ROWS))
_RUNS = _NEWEST_FIRST.where(sa.text(SCHEDULE_RUN_ROWS))
_PAUSES = (Event.SCHEDULE_PAUSED, Event.SCHEDULE_RESUMED, Event.SCHEDULE_FORGOTTEN)
_TAKEN_UP = (Event.SCHEDULE_DUE, Event.SCHEDULE_STARTED)
_NEW = (Event.SCHEDULE_FORGOTTEN, Event.RESTORED)
"""After these nothing of a schedule goes on that was before them."""


def paused_by(connection: Connection, name: str) -> str:
    """Whoever paused a schedule that did not go on since; empty: it is not paused."""
    row = _last_pause(connection, name)
    return row.actor if row and row.event == Event.SCHEDULE_PAUSED else ""


def is_paused(connection: Connection, name: str) -> bool:
    """The same, where the rows before the last time at which it was due are not to be believed:
    that time was passed over because it was paused, and nothing is said of it since."""
    due, row = _last_due(connection, name), _last_pause(connection, name)
    if due is not None and (row is None or row.position < due.position):
        return bool(_told(due)["outcome"] == RunOutcome.SKIPPED_PAUSED)
    return row is not None and row.event == Event.SCHEDULE_PAUSED


def proven_from(connection: Connection, name: str, asked: int) -> int:
    """The position from which on the log has to be whole for a run to begin: whether a schedule is
    paused and approved, and what it began last, follows from the rows since.

    Args:
        asked: the position of the row with which its approval was asked for.
    """
    rows = _last_due(connection, name), _last_taken_up(connection, name)
    return min([asked, *(row.position for row in rows if row)])


def is_void(connection: Connection, name: str, approval: int, given: int) -> bool:
    """Whether a standing approval has ended: the schedule or its rule was changed since, even if it
    was changed back, or it was taken out of its file.

    Args:
        approval: the ops request that asked for it.
        given: the position of the row with which it was given.
    """
    for row in _rows(connection, _STATE, name):
        if row.position < given:
            break
        ended = row.event == Event.SCHEDULE_VOID and _told(row)["approval"] == approval
        if ended or row.event == Event.SCHEDULE_FORGOTTEN:
            return True
    return False


def settled_until(connection: Connection, name: str, now: float) -> float:
    """What was due up to then (epoch seconds) is not taken up: it was before, or the schedule went
    on, was put back into its file, or the database was restored, since then."""
    taken = (float(_told(row)["due_at"]) for row in _rows(connection, _RUNS, name))
    newest = next((at for at in taken if at <= now), 0.0)  # the clock may have been wrong before
    begins = (*_NEW, Event.SCHEDULE_RESUMED)
    rows = _rows(connection, _STATE, name)
    return max(newest, next((min(now, row.at) for row in rows if row.event in begins), 0.0))


def may_begin(connection: Connection, name: str, due_at: float) -> bool:
    """Whether a run is the last that was taken up, by the clock or by somebody, and not begun
    since."""
    row = _last_taken_up(connection, name)
    began = (row.position for row in _rows(connection, _STATE, name) if row.event in _NEW)
    if row is None or next(began, 0) > row.position:
        return False
    return _told(row)["due_at"] == due_at and row.event in _TAKEN_UP


def may_ask(connection: Connection, name: str, due_at: float) -> bool:
    """Whether a run was begun, has not ended, and has asked for nothing yet."""
    begun = _newest_of_run(connection, name, due_at)
    if begun is None or begun.event != Event.SCHEDULE_BEGUN:
        return False
    asked = sa.select(audit_table.c.facts).where(
        audit_table.c.position > begun.position,
        audit_table.c.event.in_((Event.REQUESTED, Event.JOINED)),
    )
    told = (json.loads(facts) for facts in connection.execute(asked).scalars())
    if any((t.get("schedule"), t.get("due_at")) == (name, due_at) for t in told):
        return False
    return audit.is_whole_since(connection, begun.position)


def _last_pause(connection: Connection, name: str) -> Entry | None:
    return next((r for r in _rows(connection, _STATE, name) if r.event in _PAUSES), None)


def _last_due(connection: Connection, name: str) -> Entry | None:
    due = Event.SCHEDULE_DUE
    return next((r for r in _rows(connection, _RUNS, name) if r.event == due), None)


def _last_taken_up(connection: Connection, name: str) -> Entry | None:
    """The last row of a run that was not passed over: it was taken up, begun, or has ended."""
    for row in _rows(connection, _RUNS, name):
        if row.event != Event.SCHEDULE_DUE or _told(row)["outcome"] == RunOutcome.DUE:
            return row
    return None


def _newest_of_run(connection: Connection, name: str, due_at: float) -> Entry | None:
    rows = _rows(connection, _RUNS, name)
    return next((row for row in rows if _told(row)["due_at"] == due_at), None)


def _rows(connection: Connection, query: sa.Select[Any], name: str) -> Iterator[Entry]:
    """Those about one schedule, or about all, newest first."""
    with connection.execute(query, {"about": f'"schedule":"{name}"'}) as found:
        for each in found:
            yield Entry(**each._mapping)


def _told(row: Entry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.facts)
    return found
