"""What the clock does with schedules: asks for approval, begins runs, tells how they ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import Occasion, RunOutcome
from bot.domain.places import Places
from bot.domain.search import Asker, Wanted, from_json, to_json
from bot.domain.states import FINISHED, State
from bot.errors import CommandError
from bot.policy.fields import is_group
from bot.policy.file import PolicyFile
from bot.requests.commands import Opened, RequestDraft
from bot.requests.query import places_in
from bot.requests.second_factors import SecondFactors
from bot.requests.standing import DAY, Standing, is_bound, standing_of, terms_of
from bot.requests.submission import Asking
from bot.schedules.approved import digest
from bot.schedules.due import latest_due
from bot.schedules.file import SchedulesFile
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
from bot.store.transaction import Store, Transaction
from bot.views import schedules as views

_RENEW_SECONDS, _RENEW_SHARE = 7 * DAY, 0.25
"""So long before its approval ends a schedule asks for the next one; of a short one, that share."""
_ASK_PAUSE_SECONDS = 600.0
"""A younger card is not replaced: while a new version is rolled out, two files are in use."""
_GONE_SECONDS = 3_600.0
"""A schedule that no process found in its file for so long was taken out of it."""
_SEEN_EVERY_SECONDS = 600.0
_NOTHING_CAME_SECONDS = 3_600.0
"""A run of which nothing is left so long after it began has failed."""

ReadCommand = Callable[[str, str, str, Places], "Wanted | RequestDraft"]
"""Reads a schedule's command, as its owner types it in its channel, by what is known of regions.

Raises:
    CommandError: it cannot be understood.
"""


@dataclass(frozen=True)
class _Approval:
    """What is to be done about a schedule's approval.

    Attributes:
        granted_as: the ops request that was approved, and is not noted yet.
        to_ask: the digest of what is to be asked for; empty: nothing is.
        outdated: the ops request that still asks for what was wanted before.
        is_void: what was approved is not what the file and the policy say now.
    """

    granted_as: int | None = None
    to_ask: str = ""
    outdated: OpsRequest | None = None
    is_void: bool = False

    @property
    def needs_nothing(self) -> bool:
        return self == _Approval()


class Scheduling(Asking):
    """What schedules do by themselves."""

    def __init__(
        self,
        store: Store,
        policy: PolicyFile,
        schedules: SchedulesFile | None = None,
        read_command: ReadCommand | None = None,
        second_factors: SecondFactors | None = None,
    ) -> None:
        super().__init__(store, policy, schedules, second_factors)
        self._read_command = read_command

    def _note(
        self,
        tx: Transaction,
        event: Event,
        actor: str,
        schedule: Schedule,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        more = {"schedule": schedule.name, **(facts or {})}
        audit.append(tx, event, actor, channel=schedule.channel, facts=more)

    def tend(self, schedule: Schedule) -> None:
        """Do what one schedule needs now: ask for its approval, take up what is due, begin it, and
        tell of what ended. At rest, which it mostly is, this only reads."""
        now = self._store.clock()
        with self._store.read() as connection:
            state = schedules.load(connection, schedule.name)
            is_new = state is None or now - state.tended_at > _SEEN_EVERY_SECONDS
            approval = self._approval(connection, schedule, now)
            is_due = self._due(connection, schedule, now) is not None
        if is_new or not approval.needs_nothing:
            self._tend_approval(schedule)
        if is_due:
            self._take_up(schedule)
        with self._store.read() as connection:
            runs = under_way(connection, schedule)
        for run in runs:
            if run.outcome is RunOutcome.DUE:
                self._begin(schedule, run)
            else:
                self._end(schedule, run)

    def forget_gone(self) -> None:
        """What was taken out of the file is not approved any more, and its runs are nobody's."""
        with self._store.read() as connection:
            before = self._store.clock() - _GONE_SECONDS
            names = {schedule.name for schedule in self._schedules.current}
            gone = [n for n in schedules.not_tended_since(connection, before) if n not in names]
        for name in gone:
            with self._store.write() as tx:
                schedules.forget(tx, name)

    def standing(self, connection: Connection, schedule: Schedule, now: float) -> Standing | None:
        """The approval that stands, and is bound to what the policy says now."""
        standing = standing_of(connection, schedule, self._policy.current.regions, now)
        bound = standing and is_bound(standing, schedule, self._policy.current)
        return standing if bound else None

    def _terms(self, schedule: Schedule) -> dict[str, Any]:
        return terms_of(schedule, self._policy.current.regions)

    def _approval(self, connection: Connection, schedule: Schedule, now: float) -> _Approval:
        """What is to be done about the approval of a schedule."""
        if owner_has_left(connection, schedule, now):
            return _Approval()  # nothing is asked for in the name of somebody who is gone
        state = schedules.load(connection, schedule.name)
        if state is None:
            return _Approval(to_ask=digest(schedule, self._policy.current.digest, [""]))
        asked = requests.load(connection, state.asked_as) if state.asked_as else None
        terms = asked.specs[0].params["terms"] if asked else None
        same = terms == self._terms(schedule)
        if asked and same and asked.state is State.COMPLETED and state.approved_as != asked.id:
            return _Approval(granted_as=asked.id)
        waits = asked if asked and asked.state not in FINISHED else None
        outdated = waits if waits and not same else None
        standing = self.standing(connection, schedule, now)
        is_void = standing is None and state.approved_as is not None
        lasts = schedule.approval_days * DAY
        renew = min(_RENEW_SECONDS, _RENEW_SHARE * lasts)
        if (standing and standing.until - now > renew) or (waits and same):
            return _Approval(outdated=outdated, is_void=is_void)
        key = digest(schedule, self._policy.current.digest, [str(standing and standing.request_id)])
        is_young = outdated is not None and now - outdated.created_at < _ASK_PAUSE_SECONDS
        if state.asked_for == key or is_young:
            return _Approval(is_void=is_void)
        return _Approval(to_ask=key, outdated=outdated, is_void=is_void)

    def _tend_approval(self, schedule: Schedule) -> None:
        with self._store.write() as tx:
            lock(tx, schedule)
            schedules.note_seen(tx, schedule.name)
            schedules.update(tx, schedule.name, tended_at=tx.now)
            approval = self._approval(tx.connection, schedule, tx.now)
            if approval.granted_as is not None:
                schedules.update(tx, schedule.name, approved_as=approval.granted_as)
                approval = self._approval(tx.connection, schedule, tx.now)
            if approval.is_void:  # what is changed back is asked for anew as well
                schedules.update(tx, schedule.name, approved_as=None)
            if approval.outdated:
                self._withdraw(tx, approval.outdated)
            if approval.to_ask:
                schedules.update(tx, schedule.name, asked_for=approval.to_ask, asked_as=None)
                self._type(
                    tx,
                    schedule,
                    Occasion(schedule.name, None, self._terms(schedule)),
                )

    def _withdraw(self, tx: Transaction, outdated: OpsRequest) -> None:
        if outdated.state is State.PENDING:
            outcome = "Cancelled. The schedule was changed, and is asked for anew."
            transitions.move(tx, outdated, State.CANCELLED, outcome=outcome)
            events.record(tx, outdated.id, Event.CANCELLED)

    def _type(self, tx: Transaction, schedule: Schedule, occasion: Occasion) -> None:
        """Type the command in the name of the schedule's owner."""
        try:
            wanted = self._wanted(tx.connection, schedule)
        except CommandError as error:
            self.opened(tx, occasion, Opened(str(error), refused=True))
            return
        if isinstance(wanted, RequestDraft):
            who, where = wanted.requester, wanted.channel
            draft = RequestDraft(who, where, wanted.steps, wanted.reason, "", occasion)
            self.opened(tx, occasion, self.open_in(tx, draft, ""))
        else:
            lookups.add(tx, _asker(schedule), occasion.beside(to_json(wanted)))

    def _wanted(self, connection: Connection, schedule: Schedule) -> Wanted | RequestDraft:
        if self._read_command is None:
            raise CommandError("This process runs no schedules.")
        places = places_in(connection, self._policy.current)
        return self._read_command(schedule.command, schedule.owner, schedule.channel, places)

    def is_typed(self, connection: Connection, asked: lookups.LookUp, occasion: Occasion) -> bool:
        """Whether a look-up for a schedule is what its file says now, and its run is under way:
        whoever can write to the database cannot have something else done in its name."""
        schedule = self._schedules.named(occasion.schedule)
        if schedule is None or asked.asker != _asker(schedule):
            return False
        if occasion.due_at is not None:
            run = schedules.run_at(connection, schedule.name, occasion.due_at)
            if run is None or run.outcome is not RunOutcome.RUNNING:
                return False
        try:
            return from_json(asked.wanted) == self._wanted(connection, schedule)
        except CommandError:
            return False

    def _due(self, connection: Connection, schedule: Schedule, now: float) -> float | None:
        """The newest time at which it was due and that was not taken up (epoch seconds)."""
        state = schedules.load(connection, schedule.name)
        if state is None:
            return None
        last = schedules.last_run(connection, schedule.name, now)
        since = min(max(state.seen_at, last.due_at if last else 0.0), now)
        at = latest_due(
            schedule, datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(now, UTC)
        )
        return at.timestamp() if at else None

    def _take_up(self, schedule: Schedule) -> None:
        """Write down the newest time at which it was due, once."""
        with self._store.write() as tx:
            lock(tx, schedule)
            due = self._due(tx.connection, schedule, tx.now)
            state = schedules.load(tx.connection, schedule.name)
            if due is None or state is None:
                return
            outcome = RunOutcome.DUE
            if state.paused_by:
                outcome = RunOutcome.SKIPPED_PAUSED
            elif owner_has_left(tx.connection, schedule, tx.now):
                outcome = RunOutcome.SKIPPED_OWNERLESS
            elif under_way(tx.connection, schedule):
                outcome = RunOutcome.SKIPPED_RUNNING
            elif self.standing(tx.connection, schedule, tx.now) is None:
                outcome = RunOutcome.SKIPPED_UNAPPROVED
            before = schedules.last_run(tx.connection, schedule.name, tx.now)
            schedules.add_run(tx, schedule.name, due, outcome)
            facts = {"due_at": due, "outcome": outcome}
            self._note(tx, Event.SCHEDULE_DUE, audit.BOT, schedule, facts)
            again = before is not None and before.outcome is outcome
            if outcome is RunOutcome.SKIPPED_UNAPPROVED:
                self._skipped_unapproved(tx, schedule, due, told=again)
            elif outcome is RunOutcome.SKIPPED_OWNERLESS and not again:
                self._tell_of_owner(tx, schedule)
            elif outcome is RunOutcome.SKIPPED_RUNNING:
                self._tell(tx, schedule, views.skipped(schedule, outcome, due, None))

    def _skipped_unapproved(
        self, tx: Transaction, schedule: Schedule, due: float, *, told: bool
    ) -> None:
        """The owner hears of the first; a card that nobody answered in time comes again."""
        state = schedules.load(tx.connection, schedule.name)
        asked = requests.load(tx.connection, state.asked_as) if state and state.asked_as else None
        if asked is None or asked.state in (State.EXPIRED, State.REFUSED):
            schedules.update(tx, schedule.name, asked_for="")
        number = asked.id if asked and asked.state not in FINISHED else None
        if not told:
            text = views.skipped(schedule, RunOutcome.SKIPPED_UNAPPROVED, due, number)
            self._tell(tx, schedule, text)

    def _begin(self, schedule: Schedule, run: Run) -> None:
        with self._store.write() as tx:
            if not schedules.move_run(tx, run, RunOutcome.RUNNING):
                return
            if schedules.requests_of(tx.connection, run):
                return  # it was begun before: what it asked for is under way, or over
            if owner_has_left(tx.connection, schedule, tx.now):
                begun = schedules.run_at(tx.connection, run.schedule, run.due_at)
                if begun and schedules.move_run(tx, begun, RunOutcome.SKIPPED_OWNERLESS):
                    self._tell_of_owner(tx, schedule)
                return
            if self.standing(tx.connection, schedule, tx.now) is None:
                begun = schedules.run_at(tx.connection, run.schedule, run.due_at)
                if begun:
                    schedules.move_run(tx, begun, RunOutcome.SKIPPED_UNAPPROVED)
                    self._skipped_unapproved(tx, schedule, run.due_at, told=False)
                return
            self._type(tx, schedule, Occasion(schedule.name, run.due_at))

    def _end(self, schedule: Schedule, run: Run) -> None:
        """See whether all that a run asked for has ended, and tell whoever waits for it."""
        with self._store.write() as tx:
            asker = _asker(schedule)
            if schedules.is_looking(tx.connection, asker, run.schedule, run.due_at):
                return
            numbers = schedules.requests_of(tx.connection, run)
            numbers += [run.joined_as] if run.joined_as else []
            asked = [r for n in numbers if (r := requests.load(tx.connection, n))]
            if any(request.state not in FINISHED for request in asked):
                return
            if not asked and tx.now - run.taken_at < _NOTHING_CAME_SECONDS:
                return
            bad = [request for request in asked if request.state is not State.COMPLETED]
            outcome = RunOutcome.FAILED if bad or not asked else RunOutcome.COMPLETED
            why = " ".join(request.outcome for request in bad if request.outcome)
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
        """A run that failed, was late, or went well after one that failed is told."""
        state = schedules.load(tx.connection, schedule.name)
        was_failing = bool(state and state.failing)
        failed = outcome is RunOutcome.FAILED
        schedules.update(tx, schedule.name, failing=failed)
        if failed or was_failing or run.late:
            self._tell(tx, schedule, views.ended(schedule, run, outcome, numbers, why))
        if failed:
            for channel in (e for e in schedule.notify if e.startswith(("C", "G"))):
                for number in numbers:
                    outbox.add_copy(tx, number, channel)

    def opened(self, tx: Transaction, occasion: Occasion, opened: Opened) -> None:
        """What a schedule's command opened, or why it opened nothing."""
        name, schedule = occasion.schedule, self._schedules.named(occasion.schedule)
        if occasion.due_at is None:
            if opened.request_id is not None:
                schedules.update(tx, name, asked_as=opened.request_id)
            elif schedule is not None:
                self._tell(tx, schedule, views.not_asked(schedule, opened.text))
            return
        run = schedules.run_at(tx.connection, name, occasion.due_at)
        if run is None or run.outcome is not RunOutcome.RUNNING or opened.request_id is not None:
            return
        if opened.joined:
            schedules.note_joined(tx, run, opened.joined[0])
        elif not schedules.requests_of(tx.connection, run):  # else others of it are under way
            outcome = RunOutcome.FAILED if opened.refused else RunOutcome.COMPLETED
            schedules.move_run(tx, run, outcome, opened.text)
            if schedule is not None:
                why = opened.text if opened.refused else ""
                self._tell_end(tx, schedule, run, outcome, [], why)

    def _tell(self, tx: Transaction, schedule: Schedule, text: str) -> None:
        """The owner and those to be notified hear it directly."""
        for person in dict.fromkeys([schedule.owner, *_notified(tx, schedule)]):
            outbox.add_answer(tx, None, Asker(person), text)

    def _tell_of_owner(self, tx: Transaction, schedule: Schedule) -> None:
        """Its owner has left: those who may approve it can give it to somebody else."""
        text = views.ownerless(schedule)
        people = self._who_may(tx, schedule) - {schedule.owner}
        for person in dict.fromkeys([*sorted(people), *_notified(tx, schedule)]):
            outbox.add_answer(tx, None, Asker(person), text)
        if not people:
            outbox.add_message(tx, schedule.channel, text)

    def _who_may(self, tx: Transaction, schedule: Schedule) -> set[str]:
        """Its owner, and those who may approve it by the policy of now."""
        people = {schedule.owner}
        state = schedules.load(tx.connection, schedule.name)
        for number in (state.asked_as, state.approved_as) if state else ():
            request = requests.load(tx.connection, number) if number else None
            people |= self._decision_now(tx, request).approvers if request else set()
        return people


def _notified(tx: Transaction, schedule: Schedule) -> list[str]:
    """The people of `notify`, those of its groups among them."""
    directory = read_cache.StoredDirectory(tx.connection, tx.now)
    people: list[str] = []
    for entry in schedule.notify:
        members = directory.members(entry) if is_group(entry) else {entry}
        people += [p for p in sorted(members or ()) if p.startswith(("U", "W"))]
    return people


def owner_has_left(connection: Connection, schedule: Schedule, now: float) -> bool:
    """Whether Slack said, when it was last asked, that the owner is there no more."""
    return read_cache.StoredDirectory(connection, now).has_left(schedule.owner)


def _asker(schedule: Schedule) -> Asker:
    return Asker(schedule.owner, schedule.channel)


def under_way(connection: Connection, schedule: Schedule) -> list[Run]:
    """Its runs that are to be begun, or are running."""
    return [run for run in schedules.open_runs(connection) if run.schedule == schedule.name]


def lock(tx: Transaction, schedule: Schedule) -> None:
    """One process at a time looks at a schedule, and acts on what it saw."""
    tx.advisory_lock(f"schedule {schedule.name}")
