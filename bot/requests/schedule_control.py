"""What people do with schedules: see them, run one now, pause it, have it go on."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import RunOutcome
from bot.domain.search import Asker
from bot.domain.states import FINISHED
from bot.requests.commands import Click
from bot.requests.query import reader_of
from bot.requests.scheduling import Scheduling, lock, owner_has_left, under_way
from bot.schedules.due import next_due
from bot.schedules.schema import Schedule
from bot.store import outbox, requests, schedules
from bot.store.transaction import Transaction
from bot.views import schedules as views
from bot.views.message import Message


class ControllingSchedules(Scheduling):
    """The list of schedules and its buttons."""

    def list_schedules(self, asker: Asker, page: int = 1) -> Message:
        """The schedules that somebody may read of, with their buttons; so many a page."""
        with self._store.read() as connection:
            reader = reader_of(connection, asker)
            listed = [
                self._listed(connection, schedule)
                for schedule in self._schedules.current
                if reader.may_read(schedule.channel, {schedule.owner})
            ]
        return views.listed(listed, self._schedules.is_used, self._schedules.problem, page)

    def turn_schedules(self, click: Click, page: int) -> None:
        """Another page of the list, in the place of the one that was clicked."""
        drawn = self.list_schedules(click.asker, page)

        def turn(tx: Transaction) -> str:
            outbox.add_answer(tx, None, click.asker, drawn.text, drawn.blocks, turning=True)
            return drawn.text

        self._once(click.delivery, turn)

    def _listed(self, connection: Connection, schedule: Schedule) -> views.Listed:
        now = self._store.clock()
        state = schedules.load(connection, schedule.name)
        asked = requests.load(connection, state.asked_as) if state and state.asked_as else None
        standing = self.standing(connection, schedule, now)
        return views.Listed(
            schedule,
            next_due(schedule, datetime.fromtimestamp(now, UTC)).timestamp(),
            next(iter(schedules.runs(connection, schedule.name)), None),
            standing.until if standing else None,
            asked.id if asked and asked.state not in FINISHED else None,
            state.paused_by if state else "",
            owner_has_left(connection, schedule, now),
        )

    def change_schedule(self, click: Click, name: str, what: str) -> str:
        """*Run now*, *Pause* or *Resume*: by its owner, or whoever may approve it."""
        return self._once(click.delivery, lambda tx: self._change(tx, click, name, what))

    def _change(self, tx: Transaction, click: Click, name: str, what: str) -> str:
        schedule = self._schedules.named(name)
        if schedule is None:
            return self._told(tx, click, views.no_such(name))
        lock(tx, schedule)
        schedules.note_seen(tx, name)
        state = schedules.load(tx.connection, name)
        if click.person not in self._who_may(tx, schedule):
            return self._told(tx, click, views.not_yours(schedule))
        if what == "pause" and state and not state.paused_by:
            schedules.update(tx, name, paused_by=click.person)
            self._note(tx, Event.SCHEDULE_PAUSED, click.person, schedule)
        elif what == "resume" and state and state.paused_by:
            schedules.update(tx, name, paused_by="", seen_at=tx.now)
            self._note(tx, Event.SCHEDULE_RESUMED, click.person, schedule)
        elif what == "run":
            return self._told(tx, click, self._run_now(tx, click, schedule))
        return self._told(tx, click, views.changed(schedule, what))

    def _run_now(self, tx: Transaction, click: Click, schedule: Schedule) -> str:
        if under_way(tx.connection, schedule):
            return views.still_running(schedule)
        if owner_has_left(tx.connection, schedule, tx.now):
            return views.ownerless(schedule)
        if self.standing(tx.connection, schedule, tx.now) is None:
            schedules.update(tx, schedule.name, asked_for="")  # whoever clicks wants it asked anew
            return views.not_approved(schedule)
        schedules.add_run(tx, schedule.name, tx.now, RunOutcome.DUE)
        self._note(tx, Event.SCHEDULE_STARTED, click.person, schedule, {"due_at": tx.now})
        return views.changed(schedule, "run")

    def _told(self, tx: Transaction, click: Click, text: str) -> str:
        outbox.add_answer(tx, None, click.asker, text)
        return text
