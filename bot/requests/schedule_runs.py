"""What becomes of a schedule's runs, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.occasions import Occasion, RunOutcome, RunProblem, occasion_of
from bot.domain.search import Asker
from bot.domain.steps import StepSpec
from bot.operations.standing import STANDING
from bot.policy.fields import is_group
from bot.requests.clicks import decision_now
from bot.requests.commands import Opened
from bot.requests.proof import contradictions_with
from bot.requests.unit_of_work import UnitOfWork
from bot.schedules.schema import Schedule
from bot.store import audit, outbox, read_cache, requests, schedules
from bot.store.lookups import LookUp
from bot.store.rows import OpsRequest
from bot.store.schedules import Run
from bot.store.transaction import Transaction
from bot.views import schedules as views


def note_opened(uow: UnitOfWork, occasion: Occasion, opened: Opened) -> None:
    """What a schedule's command opened, or why it opened nothing."""
    tx = uow.tx
    name, schedule = occasion.schedule, uow.deps.schedules.named(occasion.schedule)
    if occasion.due_at is None:
        if opened.request_id is not None:
            schedules.update(tx, name, asked_as=opened.request_id)
        elif schedule is not None:
            tell_owner(tx, schedule, views.not_asked(schedule, opened.text))
        return
    run = schedules.run_at(tx.connection, name, occasion.due_at)
    if run is None or run.outcome is not RunOutcome.RUNNING or opened.request_id is not None:
        return
    if opened.joined and not opened.left_out:
        schedules.note_joined(tx, run, opened.joined[0])
    elif not schedules.requests_of(tx.connection, run):  # else others of it are under way
        failed = opened.refused or opened.left_out
        outcome = RunOutcome.FAILED if failed else RunOutcome.COMPLETED
        why = RunProblem.REFUSED if failed else None
        if schedule is None:
            schedules.move_run(tx, run, outcome, why)
        elif end_run(tx, schedule, run, outcome, why):
            tell_end(tx, schedule, run, outcome, [], opened.text if failed else "")


LOOK_AGAIN_SECONDS = 30.0
"""How often a run looks whether what it waits for has ended."""
_LONGEST_WAIT = 6 * 3600.0
"""Seconds after which it is taken as it stands: joined, or failed."""


def must_wait(uow: UnitOfWork, asked: LookUp, plans: Iterable[Sequence[StepSpec]]) -> bool:
    """Whether a run waits for others: who joined a snapshot that is copied elsewhere would be told
    that all went well, and have no copy.

    Args:
        plans: what the run asks for, each begun by a snapshot.
    """
    if not can_wait(asked, uow.tx.now):
        return False  # a person is told at once what was left out
    for steps in plans:
        twin = requests.unfinished_twin(uow.tx.connection, steps[:1])
        under_way = {s.spec.key for s in twin.steps if not s.finished} if twin else set()
        if twin and not {step.key for step in steps} <= under_way:
            return True
    return False


def can_wait(asked: LookUp, now: float) -> bool:
    """Whether it is a run that can still be put off."""
    occasion = occasion_of(asked.wanted)
    is_run = occasion is not None and occasion.due_at is not None
    return is_run and now - asked.created_at <= _LONGEST_WAIT


def end_run(
    tx: Transaction, schedule: Schedule, run: Run, to: RunOutcome, why: RunProblem | None = None
) -> bool:
    """End a run; False: somebody was faster."""
    ended = schedules.move_run(tx, run, to, why)
    if ended:
        facts = {"due_at": run.due_at, "outcome": to, **({"why": why} if why else {})}
        note(tx, Event.SCHEDULE_ENDED, audit.BOT, schedule, facts)
    return ended


def tell_end(
    tx: Transaction,
    schedule: Schedule,
    run: Run,
    outcome: RunOutcome,
    numbers: list[int],
    said: str,
) -> None:
    """A run that failed, was late, or went well after one that failed is told.

    Args:
        said: why it failed, as `bot.views` has it; empty: it did not.
    """
    state = schedules.load(tx.connection, schedule.name)
    was_failing = bool(state and state.failing)
    failed = outcome is RunOutcome.FAILED
    schedules.update(tx, schedule.name, failing=failed)
    if failed or was_failing or run.late:
        tell_owner(tx, schedule, views.ended(schedule, run, outcome, numbers, said))
    if failed:
        for channel in (e for e in schedule.notify if e.startswith(("C", "G"))):
            for number in numbers:
                outbox.add_copy(tx, number, channel)


def note(
    tx: Transaction,
    event: Event,
    actor: str,
    schedule: Schedule,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write a row about a schedule into the audit log."""
    more = {"schedule": schedule.name, **(facts or {})}
    audit.append(tx, event, actor, channel=schedule.channel, facts=more)


def tell_owner(tx: Transaction, schedule: Schedule, text: str) -> None:
    """The owner and those to be notified hear it directly."""
    for person in dict.fromkeys([schedule.owner, *_notified(tx, schedule)]):
        outbox.add_answer(tx, None, Asker(person), text)


def tell_of_owner(uow: UnitOfWork, schedule: Schedule) -> None:
    """Its owner has left: those who may approve it can give it to somebody else."""
    tx, text = uow.tx, views.ownerless(schedule)
    people = who_may(uow, schedule) - {schedule.owner}
    for person in dict.fromkeys([*sorted(people), *_notified(tx, schedule)]):
        outbox.add_answer(tx, None, Asker(person), text)
    if not people:
        outbox.add_message(tx, schedule.channel, text)


def who_may(uow: UnitOfWork, schedule: Schedule) -> set[str]:
    """Its owner, and those who may approve it by the policy of now."""
    tx, people = uow.tx, {schedule.owner}
    state = schedules.load(tx.connection, schedule.name)
    for number in (state.asked_as, state.approved_as) if state else ():
        request = approval_asked(tx.connection, schedule, number)
        people |= decision_now(uow, request).approvers if request else set()
    return people


def approval_asked(
    connection: Connection, schedule: Schedule, number: int | None
) -> OpsRequest | None:
    """The ops request that asks for the approval of a schedule; None: what a table points at is
    another one, or is not what the log holds."""
    request = requests.load(connection, number) if number else None
    if request is None or contradictions_with(connection, request):
        return None
    (spec, *_) = request.specs
    is_for_it = (spec.operation, spec.target.id) == (STANDING, schedule.name)
    return request if is_for_it and request.due_at is None else None


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


def asker_of(schedule: Schedule) -> Asker:
    """Its owner, as whoever types its command."""
    return Asker(schedule.owner, schedule.channel)


def under_way(connection: Connection, schedule: Schedule) -> list[Run]:
    """Its runs that are to be begun, or are running."""
    return schedules.open_runs_of(connection, schedule.name)


def lock(tx: Transaction, schedule: Schedule) -> None:
    """One process at a time looks at a schedule, and acts on what it saw."""
    tx.advisory_lock(f"schedule {schedule.name}")
