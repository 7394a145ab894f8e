"""What people do with schedules: see them, run one now, pause it, have it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import RunOutcome
from bot.domain.search import Asker
from bot.domain.states import FINISHED
from bot.policy.schema import Policy
from bot.requests.commands import BySender
from bot.requests.idempotency import TEXT, taken_once
from bot.requests.query import reader_of
from bot.requests.schedule_log import paused_by
from bot.requests.schedule_runs import lock, note, owner_has_left, under_way, who_may
from bot.requests.standing import standing_now
from bot.requests.telling import tell
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.schedules.due import next_due
from bot.schedules.schema import Schedule
from bot.store import outbox, requests, schedules
from bot.views import schedules as views
from bot.views.message import Message


class Change(StrEnum):
    """What a button of the list does with a schedule."""

    RUN = "run"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True)
class ChangeSchedule(BySender):
    """*Run now*, *Pause* or *Resume*."""

    name: str
    change: Change


@dataclass(frozen=True)
class TurnSchedules(BySender):
    """Another page of the list."""

    page: int


def list_schedules(deps: Dependencies, asker: Asker, page: int = 1) -> Message:
    """The schedules that somebody may read of, with their buttons; so many a page."""
    with deps.store.read() as connection:
        return _list_in(connection, deps, asker, page)


@taken_once(TEXT)
def turn_schedules(uow: UnitOfWork, command: TurnSchedules) -> str:
    """Another page of the list, in the place of the one that was clicked."""
    asker = command.by.asker
    drawn = _list_in(uow.tx.connection, uow.deps, asker, command.page)
    outbox.add_answer(uow.tx, None, asker, drawn.text, drawn.blocks, turning=True)
    return drawn.text


def _list_in(connection: Connection, deps: Dependencies, asker: Asker, page: int) -> Message:
    reader, file = reader_of(connection, asker), deps.schedules
    listed = [
        _listed(connection, schedule, deps.policy.current, deps.store.clock())
        for schedule in file.current
        if reader.may_read(schedule.channel, {schedule.owner})
    ]
    return views.listed(listed, file.is_used, file.problem, page)


def _listed(connection: Connection, schedule: Schedule, policy: Policy, now: float) -> views.Listed:
    state = schedules.load(connection, schedule.name)
    asked = requests.load(connection, state.asked_as) if state and state.asked_as else None
    standing = standing_now(connection, schedule, policy, now)
    return views.Listed(
        schedule,
        next_due(schedule, datetime.fromtimestamp(now, UTC)).timestamp(),
        next(iter(schedules.runs(connection, schedule.name)), None),
        standing.until if standing else None,
        asked.id if asked and asked.state not in FINISHED else None,
        paused_by(connection, schedule.name),
        owner_has_left(connection, schedule, now),
    )


@taken_once(TEXT)
def change_schedule(uow: UnitOfWork, command: ChangeSchedule) -> str:
    """Run it now, pause it, or have it go on: its owner may, or whoever may approve it."""
    return tell(uow.tx, command.by.asker, _change(uow, command))


def _change(uow: UnitOfWork, command: ChangeSchedule) -> str:
    tx, person, change = uow.tx, command.by.person, command.change
    schedule = uow.deps.schedules.named(command.name)
    if schedule is None:
        return views.no_such(command.name)
    lock(tx, schedule)
    schedules.note_seen(tx, schedule.name)
    if person not in who_may(uow, schedule):
        return views.not_yours(schedule)
    if change is Change.RUN:
        return _run_now(uow, person, schedule)
    paused = paused_by(tx.connection, schedule.name)
    if change is Change.PAUSE and not paused:
        note(tx, Event.SCHEDULE_PAUSED, person, schedule)
    elif change is Change.RESUME and paused:
        schedules.update(tx, schedule.name, seen_at=tx.now)
        note(tx, Event.SCHEDULE_RESUMED, person, schedule)
    return views.changed(schedule, change)


def _run_now(uow: UnitOfWork, person: str, schedule: Schedule) -> str:
    tx = uow.tx
    if under_way(tx.connection, schedule):
        return views.still_running(schedule)
    if owner_has_left(tx.connection, schedule, tx.now):
        return views.ownerless(schedule)
    if standing_now(tx.connection, schedule, uow.policy, tx.now) is None:
        schedules.update(tx, schedule.name, asked_for="")  # whoever clicks wants it asked anew
        return views.not_approved(schedule)
    schedules.add_run(tx, schedule.name, tx.now, RunOutcome.DUE)
    note(tx, Event.SCHEDULE_STARTED, person, schedule, {"due_at": tx.now})
    return views.changed(schedule, Change.RUN)
