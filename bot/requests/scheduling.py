"""What the clock does with schedules: asks for approval, begins runs, sees how they ended."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import LATE_SECONDS, Occasion, RunOutcome, RunProblem
from bot.domain.states import FINISHED, State
from bot.policy.schema import Policy
from bot.requests.contradictions import Contradiction
from bot.requests.schedule_approval import approval_of, tend_approval
from bot.requests.schedule_commands import type_command
from bot.requests.schedule_log import is_paused, may_begin, proven_from, settled_until
from bot.requests.schedule_runs import (
    asker_of,
    end_run,
    lock,
    note,
    owner_has_left,
    tell_end,
    tell_of_owner,
    tell_owner,
    under_way,
)
from bot.requests.standing import standing_now
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.schedules.due import latest_due
from bot.schedules.schema import Schedule
from bot.store import audit, requests, schedules
from bot.store.schedules import Run
from bot.store.transaction import Transaction
from bot.views import schedules as views

log = logging.getLogger(__name__)

_GONE_SECONDS = 3_600.0
"""A schedule that no process found in its file for so long was taken out of it."""
_SEEN_EVERY_SECONDS = 600.0
_NOTHING_CAME_SECONDS = 3_600.0
"""A run of which nothing is left so long after it began has failed."""


def tend(deps: Dependencies, schedule: Schedule) -> None:
    """Do what one schedule needs now: ask for its approval, take up what is due, begin it, and
    tell of what ended. At rest, which it mostly is, this only reads."""
    now = deps.store.clock()
    with deps.store.read() as connection:
        state = schedules.load(connection, schedule.name)
        is_new = state is None or now - state.tended_at > _SEEN_EVERY_SECONDS
        approval = approval_of(connection, schedule, deps.policy.current, now)
        is_due = _due(connection, schedule, now) is not None
        runs = under_way(connection, schedule)
        begins = is_due or any(run.outcome is RunOutcome.DUE for run in runs)
        whole = not begins or _is_proven(connection, schedule, deps.policy.current, now)
    if is_new or not approval.needs_nothing:
        tend_approval(deps, schedule)
    if is_due:
        _take_up(deps, schedule, whole)
    with deps.store.read() as connection:
        runs = under_way(connection, schedule)
    for run in runs:
        if run.outcome is RunOutcome.DUE:
            _begin(deps, schedule, run, whole)
        else:
            _end(deps, schedule, run)


def forget_gone(deps: Dependencies) -> None:
    """What was taken out of the file is not approved any more, and its runs are nobody's."""
    with deps.store.read() as connection:
        before = deps.store.clock() - _GONE_SECONDS
        names = {schedule.name for schedule in deps.schedules.current}
        gone = [n for n in schedules.not_tended_since(connection, before) if n not in names]
    for name in gone:
        with deps.store.write() as tx:
            schedules.forget(tx, name)
            audit.append(tx, Event.SCHEDULE_FORGOTTEN, audit.BOT, facts={"schedule": name})


def _due(connection: Connection, schedule: Schedule, now: float) -> float | None:
    """The newest time at which it was due and that was not taken up (epoch seconds)."""
    state = schedules.load(connection, schedule.name)
    if state is None:
        return None
    last = schedules.last_run(connection, schedule.name, now)
    since = min(max(state.seen_at, last.due_at if last else 0.0), now)
    at = latest_due(schedule, datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(now, UTC))
    due = at.timestamp() if at else None
    settled = due is not None and due <= settled_until(connection, schedule.name, now)
    return None if settled else due


def _is_proven(connection: Connection, schedule: Schedule, policy: Policy, now: float) -> bool:
    """Whether the log is whole since its approval was asked for: a row that was taken out may
    have been a pause, or the end of the approval."""
    standing = standing_now(connection, schedule, policy, now)
    if standing is None:
        return True  # it does not run anyway
    start = proven_from(connection, schedule.name, standing.asked)
    whole = audit.is_whole_since(connection, start)
    if not whole:
        log.error(
            "schedule %s does not run: the audit log from row %s on was changed",
            schedule.name,
            start,
        )
    return whole


def _is_covered(uow: UnitOfWork, schedule: Schedule, due: float) -> bool:
    """Whether its approval stands, and stood when it was due."""
    standing = standing_now(uow.tx.connection, schedule, uow.policy, uow.tx.now)
    return standing is not None and due > standing.since - LATE_SECONDS


def _take_up(deps: Dependencies, schedule: Schedule, whole: bool) -> None:
    """Write down the newest time at which it was due, once."""
    with deps.unit_of_work() as uow:
        tx = uow.tx
        lock(tx, schedule)
        due = _due(tx.connection, schedule, tx.now)
        if due is None:
            return
        outcome = RunOutcome.DUE
        if is_paused(tx.connection, schedule.name):
            outcome = RunOutcome.SKIPPED_PAUSED
        elif owner_has_left(tx.connection, schedule, tx.now):
            outcome = RunOutcome.SKIPPED_OWNERLESS
        elif under_way(tx.connection, schedule):
            outcome = RunOutcome.SKIPPED_RUNNING
        elif not whole or not _is_covered(uow, schedule, due):
            outcome = RunOutcome.SKIPPED_UNAPPROVED
        before = schedules.last_run(tx.connection, schedule.name, tx.now)
        schedules.add_run(tx, schedule.name, due, outcome)
        facts = {"due_at": due, "outcome": outcome}
        note(tx, Event.SCHEDULE_DUE, audit.BOT, schedule, facts)
        again = before is not None and before.outcome is outcome
        if outcome is RunOutcome.SKIPPED_UNAPPROVED:
            _skipped_unapproved(tx, schedule, due, told=again)
        elif outcome is RunOutcome.SKIPPED_OWNERLESS and not again:
            tell_of_owner(uow, schedule)
        elif outcome is RunOutcome.SKIPPED_RUNNING:
            tell_owner(tx, schedule, views.skipped(schedule, outcome, due, None))


def _skipped_unapproved(tx: Transaction, schedule: Schedule, due: float, *, told: bool) -> None:
    """The owner hears of the first; a card that nobody answered in time comes again."""
    state = schedules.load(tx.connection, schedule.name)
    asked = requests.load(tx.connection, state.asked_as) if state and state.asked_as else None
    if asked is None or asked.state in (State.EXPIRED, State.REFUSED):
        schedules.update(tx, schedule.name, asked_for="")
    number = asked.id if asked and asked.state not in FINISHED else None
    if not told:
        text = views.skipped(schedule, RunOutcome.SKIPPED_UNAPPROVED, due, number)
        tell_owner(tx, schedule, text)


def _begin(deps: Dependencies, schedule: Schedule, run: Run, whole: bool) -> None:
    with deps.unit_of_work() as uow:
        tx = uow.tx
        if not schedules.move_run(tx, run, RunOutcome.RUNNING):
            return
        if schedules.requests_of(tx.connection, run):
            return  # it was begun before: what it asked for is under way, or over
        begun = replace(run, outcome=RunOutcome.RUNNING)
        if not may_begin(tx.connection, schedule.name, run.due_at):
            _contradicted(tx, schedule, begun)
            return
        if owner_has_left(tx.connection, schedule, tx.now):
            if end_run(tx, schedule, begun, RunOutcome.SKIPPED_OWNERLESS):
                tell_of_owner(uow, schedule)
            return
        if not whole or standing_now(tx.connection, schedule, uow.policy, tx.now) is None:
            end_run(tx, schedule, begun, RunOutcome.SKIPPED_UNAPPROVED)
            _skipped_unapproved(tx, schedule, run.due_at, told=False)
            return
        note(tx, Event.SCHEDULE_BEGUN, audit.BOT, schedule, {"due_at": run.due_at})
        type_command(uow, schedule, Occasion(schedule.name, run.due_at))


def _contradicted(tx: Transaction, schedule: Schedule, run: Run) -> None:
    """The tables say that a run is to be begun, and the log does not."""
    log.error("schedule %s: tables and audit log differ about a run", schedule.name)
    facts = {"due_at": run.due_at, "what": [Contradiction.STATE]}
    note(tx, Event.CONTRADICTED, audit.BOT, schedule, facts)
    why = RunProblem.NOT_IN_THE_LOG
    if schedules.move_run(tx, run, RunOutcome.FAILED, why):
        tell_end(tx, schedule, run, RunOutcome.FAILED, [], views.problem(why))


def _end(deps: Dependencies, schedule: Schedule, run: Run) -> None:
    """See whether all that a run asked for has ended, and tell whoever waits for it."""
    with deps.unit_of_work() as uow:
        tx = uow.tx
        asker = asker_of(schedule)
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
        outcome, why = RunOutcome.COMPLETED, None
        if bad or not asked:
            outcome = RunOutcome.FAILED
            why = RunProblem.REQUESTS_FAILED if bad else RunProblem.NOTHING_CAME
        if end_run(tx, schedule, run, outcome, why):
            tell_end(tx, schedule, run, outcome, numbers, views.why_failed(why, bad))
