"""A schedule's command, typed in the name of its owner."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from bot.domain.occasions import Occasion, RunOutcome
from bot.domain.search import Wanted, from_json, to_json
from bot.errors import CommandError
from bot.requests.commands import Opened, RequestDraft
from bot.requests.query import places_in
from bot.requests.schedule_log import may_ask
from bot.requests.schedule_runs import asker_of, note_opened
from bot.requests.submission import open_draft
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.schedules.schema import Schedule
from bot.store import lookups, schedules


def type_command(uow: UnitOfWork, schedule: Schedule, occasion: Occasion) -> None:
    """Type the command in the name of the schedule's owner."""
    try:
        wanted = _wanted(uow.deps, uow.tx.connection, schedule)
    except CommandError as error:
        note_opened(uow, occasion, Opened(str(error), refused=True))
        return
    if isinstance(wanted, RequestDraft):
        who, where = wanted.requester, wanted.channel
        draft = RequestDraft(who, where, wanted.steps, wanted.reason, "", occasion)
        note_opened(uow, occasion, open_draft(uow, draft, ""))
    else:
        lookups.add(uow.tx, asker_of(schedule), occasion.beside(to_json(wanted)))


def _wanted(
    deps: Dependencies, connection: Connection, schedule: Schedule
) -> Wanted | RequestDraft:
    if deps.read_command is None:
        raise CommandError("This process runs no schedules.")
    places = places_in(connection, deps.policy.current)
    return deps.read_command(schedule.command, schedule.owner, schedule.channel, places)


def is_typed(uow: UnitOfWork, asked: lookups.LookUp, occasion: Occasion) -> bool:
    """Whether a look-up for a schedule is what its file says now, and its run is under way:
    whoever can write to the database cannot have something else done in its name."""
    schedule = uow.deps.schedules.named(occasion.schedule)
    if schedule is None or asked.asker != asker_of(schedule):
        return False
    if occasion.due_at is not None:
        run = schedules.run_at(uow.tx.connection, schedule.name, occasion.due_at)
        if run is None or run.outcome is not RunOutcome.RUNNING:
            return False
        if not may_ask(uow.tx.connection, schedule.name, occasion.due_at):
            return False
    try:
        return from_json(asked.wanted) == _wanted(uow.deps, uow.tx.connection, schedule)
    except CommandError:
        return False
