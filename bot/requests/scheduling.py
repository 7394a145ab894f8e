"""Schedules: asking for their approval, beginning their runs, and what becomes of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import Occasion, RunOutcome
from bot.domain.search import Asker, Wanted, to_json
from bot.domain.states import FINISHED, State
from bot.errors import CommandError
from bot.policy.fields import is_group
from bot.requests.idempotency import Click, Opened, RequestDraft
from bot.requests.standing import DAY, standing_of, terms_of
from bot.requests.submission import Asking
from bot.schedules.approved import digest
from bot.schedules.due import latest_due, next_due
from bot.schedules.schema import Schedule
from bot.store import (
    audit,
    events,
    lookups,
    outbox,
    read_cache,
    requests,
    schedules,
    transitions,
)
from bot.store.rows import OpsRequest
from bot.store.schedules import Run
from bot.store.transaction import Transaction
from bot.views import schedules as views
from bot.views.message import Message

RENEW_SECONDS = 7 * DAY
"""So long before its approval ends a schedule asks for the next one."""

_NOTHING_CAME_SECONDS = 3_600.0
"""A run of which nothing is left so long after it began has failed."""
ReadCommand = Callable[[str, str, str], "Wanted | RequestDraft"]
"""Reads a schedule's command, as its owner types it in its channel."""


@dataclass(frozen=True)
class _Approval:
    """What is to be done about a schedule's approval.

    Attributes:
        is_new: the schedule was never seen.
        granted_as: the ops request that was approved, and is not noted yet.
        to_ask: the digest of what is to be asked for; empty: nothing is.
        outdated: the ops request that still asks for what was wanted before.
    """

    is_new: bool = False
    granted_as: int | None = None
    to_ask: str = ""
    outdated: OpsRequest | None = None

    @property
    def needed(self) -> bool:
        return self.is_new or self.granted_as is not None or bool(self.to_ask)


class Scheduling(Asking):
    """What schedules do, and what people do with them."""

    def list_schedules(self, asker: Asker) -> Message:
        """All schedules, with their buttons."""
        with self._store.read() as connection:
            listed = self._listed(connection)
        return views.listed(listed, self._schedules.is_used, self._schedules.problem)

    def _listed(self, connection: Connection) -> list[views.Listed]:
        now = self._store.clock()
        found = []
        for schedule in self._schedules.current:
            state = schedules.load(connection, schedule.name)
            last = next(iter(schedules.runs(connection, schedule.name)), None)
            standing = standing_of(connection, schedule, now)
            found.append(
                views.Listed(
                    schedule,
                    next_due(schedule, datetime.fromtimestamp(now, UTC)).timestamp(),
                    last,
                    standing.until if standing else None,
                    state.asked_as if state else None,
                    state.paused_by if state else "",
                )
            )
        return found

    def change_schedule(self, click: Click, name: str, what: str) -> str:
        """*Run now*, *Pause* or *Resume*: by its owner, or whoever may approve it."""
        return self._once(click.delivery, lambda tx: self._change(tx, click, name, what))

    def _change(self, tx: Transaction, click: Click, name: str, what: str) -> str:
        schedule = self._schedules.named(name)
        if schedule is None:
            return self._told(tx, click, views.no_such(name))
        schedules.note_seen(tx, name)
        state = schedules.load(tx.connection, name)
        if click.person not in self._who_may(tx.connection, schedule):
            return self._told(tx, click, views.not_yours(schedule))
        facts = {"schedule": name}
        if what == "pause" and state and not state.paused_by:
            schedules.update(tx, name, paused_by=click.person)
            self._note(tx, Event.SCHEDULE_PAUSED, click, schedule, facts)
        elif what == "resume" and state and state.paused_by:
            schedules.update(tx, name, paused_by="", seen_at=tx.now)
            self._note(tx, Event.SCHEDULE_RESUMED, click, schedule, facts)
        elif what == "run":
            last = next(iter(schedules.runs(tx.connection, name)), None)
            if last and last.outcome in (RunOutcome.DUE, RunOutcome.RUNNING):
                return self._told(tx, click, views.still_running(schedule))
            if standing_of(tx.connection, schedule, tx.now) is None:
                schedules.update(tx, name, asked_for="")  # whoever clicks wants it asked anew
                return self._told(tx, click, views.not_approved(schedule))
            schedules.add_run(tx, name, tx.now, RunOutcome.DUE)
            self._note(tx, Event.SCHEDULE_STARTED, click, schedule, facts)
        return self._told(tx, click, views.changed(schedule, what))

    def _note(
        self,
        tx: Transaction,
        event: Event,
        click: Click,
        schedule: Schedule,
        facts: Mapping[str, object],
    ) -> None:
        audit.append(tx, event, click.person, channel=schedule.channel, facts=facts)

    def _told(self, tx: Transaction, click: Click, text: str) -> str:
        outbox.add_answer(tx, None, click.asker, text)
        return text

    def _who_may(self, connection: Connection, schedule: Schedule) -> set[str]:
        """Its owner, and those who approved it or could."""
        people = {schedule.owner}
        state = schedules.load(connection, schedule.name)
        for number in (state.asked_as, state.approved_as) if state else ():
            request = requests.load(connection, number) if number else None
            people |= set(request.gate.people) if request else set()
        return people

    def tend(self, schedule: Schedule, read_command: ReadCommand) -> None:
        """Do what one schedule needs now: ask for its approval, take up what is due, begin it, and
        tell of what ended. At rest, which it mostly is, this only reads."""
        now = self._store.clock()
        with self._store.read() as connection:
            approval = self._approval(connection, schedule, now)
            is_due = self._due(connection, schedule, now) is not None
            runs = [r for r in schedules.open_runs(connection) if r.schedule == schedule.name]
        if approval.needed:
            self._tend_approval(schedule, read_command)
        if is_due:
            self._take_up(schedule)
            with self._store.read() as connection:
                runs = [r for r in schedules.open_runs(connection) if r.schedule == schedule.name]
        for run in runs:
            if run.outcome is RunOutcome.DUE:
                self._begin(schedule, run, read_command)
            else:
                self._end(schedule, run)

    def _approval(self, connection: Connection, schedule: Schedule, now: float) -> _Approval:
        """What is to be done about the approval of a schedule."""
        state = schedules.load(connection, schedule.name)
        if state is None:
            return _Approval(is_new=True)
        asked = requests.load(connection, state.asked_as) if state.asked_as else None
        if asked and asked.state is State.COMPLETED and state.approved_as != asked.id:
            return _Approval(granted_as=asked.id)
        standing = standing_of(connection, schedule, now)
        if standing and standing.until - now > RENEW_SECONDS:
            return _Approval()
        terms = asked.specs[0].params["terms"] if asked and asked.state not in FINISHED else None
        if terms == terms_of(schedule):
            return _Approval()
        after = str(standing.request_id) if standing else ""
        key = digest(schedule, self._policy.current.digest, [after])
        if state.asked_for == key:
            return _Approval()
        return _Approval(to_ask=key, outdated=asked if terms is not None else None)

    def _tend_approval(self, schedule: Schedule, read_command: ReadCommand) -> None:
        with self._store.write() as tx:
            _lock(tx, schedule)
            schedules.note_seen(tx, schedule.name)
            approval = self._approval(tx.connection, schedule, tx.now)
            if approval.granted_as is not None:
                schedules.update(tx, schedule.name, approved_as=approval.granted_as)
                approval = self._approval(tx.connection, schedule, tx.now)
            if not approval.to_ask:
                return
            schedules.update(tx, schedule.name, asked_for=approval.to_ask)
            outdated = approval.outdated
            if outdated and outdated.state is State.PENDING:
                outcome = "Cancelled. The schedule was changed, and is asked for anew."
                transitions.move(tx, outdated, State.CANCELLED, outcome=outcome)
                events.record(tx, outdated.id, Event.CANCELLED)
            occasion = Occasion(schedule.name, None, terms_of(schedule))
            self._ask_as(tx, schedule, occasion, read_command)

    def _ask_as(
        self, tx: Transaction, schedule: Schedule, occasion: Occasion, read_command: ReadCommand
    ) -> None:
        """Type the command in the name of the schedule's owner."""
        asker = Asker(schedule.owner, schedule.channel)
        try:
            wanted = read_command(schedule.command, schedule.owner, schedule.channel)
        except CommandError as error:
            self._opened(tx, schedule, occasion, Opened(str(error), refused=True))
            return
        if not isinstance(wanted, RequestDraft):
            lookups.add(tx, asker, occasion.beside(to_json(wanted)))
            return
        draft = RequestDraft(
            wanted.requester, wanted.channel, wanted.steps, wanted.reason, "", occasion
        )
        self._opened(tx, schedule, occasion, self.open_in(tx, draft, ""))

    def _opened(
        self, tx: Transaction, schedule: Schedule, occasion: Occasion, opened: Opened
    ) -> None:
        note_opened(tx, occasion, opened)
        if opened.refused:
            text = f"Schedule {schedule.name}: {opened.text}"
            outbox.add_answer(tx, None, Asker(schedule.owner), text)

    def _due(self, connection: Connection, schedule: Schedule, now: float) -> float | None:
        """The newest time at which it was due and that was not taken up (epoch seconds)."""
        state = schedules.load(connection, schedule.name)
        if state is None:
            return None
        last = next(iter(schedules.runs(connection, schedule.name)), None)
        since = max(state.seen_at, last.due_at if last else 0.0)
        until = max(since, now)
        at = latest_due(
            schedule, datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
        )
        return at.timestamp() if at else None

    def _take_up(self, schedule: Schedule) -> None:
        """Write down the newest time at which it was due, once."""
        with self._store.write() as tx:
            _lock(tx, schedule)
            due = self._due(tx.connection, schedule, tx.now)
            state = schedules.load(tx.connection, schedule.name)
            last = next(iter(schedules.runs(tx.connection, schedule.name)), None)
            if due is None or state is None:
                return
            outcome = RunOutcome.DUE
            if state.paused_by:
                outcome = RunOutcome.SKIPPED_PAUSED
            elif last and last.outcome in (RunOutcome.DUE, RunOutcome.RUNNING):
                outcome = RunOutcome.SKIPPED_RUNNING
            elif standing_of(tx.connection, schedule, tx.now) is None:
                outcome = RunOutcome.SKIPPED_UNAPPROVED
            schedules.add_run(tx, schedule.name, due, outcome)
            if outcome is RunOutcome.SKIPPED_UNAPPROVED:
                self._skipped_unapproved(tx, schedule)
            elif outcome is RunOutcome.SKIPPED_RUNNING:
                self._tell_owner(tx, schedule, views.skipped(schedule, outcome, None))

    def _skipped_unapproved(self, tx: Transaction, schedule: Schedule) -> None:
        """The owner hears of it; a card that nobody answered in time comes again."""
        state = schedules.load(tx.connection, schedule.name)
        asked = requests.load(tx.connection, state.asked_as) if state and state.asked_as else None
        if asked is None or asked.state in (State.EXPIRED, State.REFUSED):
            schedules.update(tx, schedule.name, asked_for="")
        number = asked.id if asked and asked.state not in FINISHED else None
        self._tell_owner(
            tx, schedule, views.skipped(schedule, RunOutcome.SKIPPED_UNAPPROVED, number)
        )

    def _begin(self, schedule: Schedule, run: Run, read_command: ReadCommand) -> None:
        with self._store.write() as tx:
            if not schedules.move_run(tx, run, RunOutcome.RUNNING):
                return
            if standing_of(tx.connection, schedule, tx.now) is None:
                begun = schedules.run_at(tx.connection, run.schedule, run.due_at)
                if begun:
                    schedules.move_run(tx, begun, RunOutcome.SKIPPED_UNAPPROVED)
                    self._skipped_unapproved(tx, schedule)
                return
            self._ask_as(tx, schedule, Occasion(schedule.name, run.due_at), read_command)

    def _end(self, schedule: Schedule, run: Run) -> None:
        """See whether all that a run asked for has ended, and tell whoever waits for it."""
        with self._store.write() as tx:
            asker = Asker(schedule.owner, schedule.channel)
            if schedules.is_looking(tx.connection, asker, run.schedule, run.due_at):
                return
            numbers = schedules.requests_of(tx.connection, run)
            asked = [r for n in numbers if (r := requests.load(tx.connection, n))]
            if any(request.state not in FINISHED for request in asked):
                return
            if not asked and tx.now - run.taken_at < _NOTHING_CAME_SECONDS:
                return
            bad = [request for request in asked if request.state is not State.COMPLETED]
            outcome = RunOutcome.FAILED if bad or not asked else RunOutcome.COMPLETED
            why = "; ".join(r.outcome or str(r.state) for r in bad)
            why = why or ("" if asked else "Nothing came of it.")
            if schedules.move_run(tx, run, outcome, why):
                self._tell_end(tx, schedule, run, outcome, numbers, why)

    def _tell_end(
        self,
        tx: Transaction,
        schedule: Schedule,
        run: Run,
        outcome: RunOutcome,
        numbers: list[int],
        why: str,
    ) -> None:
        state = schedules.load(tx.connection, schedule.name)
        was_failing = bool(state and state.failing)
        failed = outcome is RunOutcome.FAILED
        schedules.update(tx, schedule.name, failing=failed)
        if failed or was_failing or run.late:
            self._tell_owner(tx, schedule, views.ended(schedule, run, outcome, numbers, why))
        if failed:
            for channel in (entry for entry in schedule.notify if entry.startswith("C")):
                for number in numbers:
                    outbox.add_copy(tx, number, channel)

    def _tell_owner(self, tx: Transaction, schedule: Schedule, text: str) -> None:
        """The owner and those to be notified hear it directly."""
        directory = read_cache.StoredDirectory(tx.connection, tx.now)
        people = {schedule.owner: None}
        for entry in schedule.notify:
            members = directory.members(entry) if is_group(entry) else {entry}
            people |= dict.fromkeys(p for p in sorted(members or ()) if p.startswith(("U", "W")))
        for person in people:
            outbox.add_answer(tx, None, Asker(person), text)


def _lock(tx: Transaction, schedule: Schedule) -> None:
    """One process at a time looks at a schedule, and acts on what it saw."""
    tx.advisory_lock(f"schedule {schedule.name}")


def note_opened(tx: Transaction, occasion: Occasion, opened: Opened) -> None:
    """What a schedule's command opened, or why it opened nothing."""
    name = occasion.schedule
    if occasion.due_at is None:
        if opened.request_id is not None:
            schedules.update(tx, name, asked_as=opened.request_id)
        return
    run = schedules.run_at(tx.connection, name, occasion.due_at)
    if run is None or run.outcome is not RunOutcome.RUNNING or opened.request_id is not None:
        return
    if schedules.requests_of(tx.connection, run):
        return  # it asked for several things, and some of them are under way
    schedules.move_run(
        tx, run, RunOutcome.FAILED if opened.refused else RunOutcome.COMPLETED, opened.text
    )
    schedules.update(tx, name, failing=opened.refused)
