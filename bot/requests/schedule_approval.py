"""A schedule's standing approval: asked for, renewed, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.occasions import Occasion
from bot.domain.states import FINISHED, State
from bot.policy.schema import Policy
from bot.requests.schedule_commands import type_command
from bot.requests.schedule_runs import approval_asked, lock, note, owner_has_left
from bot.requests.standing import DAY, standing_now, terms_of
from bot.requests.unit_of_work import Dependencies
from bot.schedules.approved import digest
from bot.schedules.due import next_due
from bot.schedules.schema import Schedule
from bot.store import audit, events, schedules, transitions
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction

_RENEW_SECONDS, _RENEW_SHARE = 7 * DAY, 0.25
"""So long before its approval ends a schedule asks for the next one; of a short one, that share."""
_ASK_PAUSE_SECONDS = 600.0
"""A younger card is not replaced: while a new version is rolled out, two files are in use."""


@dataclass(frozen=True)
class Approval:
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
        return self == Approval()


def approval_of(connection: Connection, schedule: Schedule, policy: Policy, now: float) -> Approval:
    """What is to be done about the approval of a schedule."""
    if owner_has_left(connection, schedule, now):
        return Approval()  # nothing is asked for in the name of somebody who is gone
    state = schedules.load(connection, schedule.name)
    if state is None:
        return Approval(to_ask=digest(schedule, policy.digest, [""]))
    asked = approval_asked(connection, schedule, state.asked_as)
    terms = asked.specs[0].params["terms"] if asked else None
    same = terms == terms_of(schedule, policy.regions)
    if asked and same and asked.state is State.COMPLETED and state.approved_as != asked.id:
        return Approval(granted_as=asked.id)
    waits = asked if asked and asked.state not in FINISHED else None
    outdated = waits if waits and not same else None
    standing = standing_now(connection, schedule, policy, now)
    is_void = standing is None and state.approved_as is not None
    lasts = schedule.approval_days * DAY
    renew = min(_RENEW_SECONDS, _RENEW_SHARE * lasts)
    if (standing and standing.until - now > renew) or (waits and same):
        return Approval(outdated=outdated, is_void=is_void)
    key = digest(schedule, policy.digest, [str(standing and standing.request_id)])
    is_young = outdated is not None and now - outdated.created_at < _ASK_PAUSE_SECONDS
    if (state.asked_for == key and not _comes_again(schedule, asked, now)) or is_young:
        return Approval(is_void=is_void)
    return Approval(to_ask=key, outdated=outdated, is_void=is_void)


def _comes_again(schedule: Schedule, asked: OpsRequest | None, now: float) -> bool:
    """Whether the card that nobody answered is asked anew: once, a day before the schedule is due.

    When it is due it comes again anyway; a weekly one would have missed a week by then.
    """
    if asked is None or asked.state is not State.EXPIRED or asked.finished_at is None:
        return False
    due = next_due(schedule, datetime.fromtimestamp(now, UTC)).timestamp()
    return asked.finished_at < due - DAY <= now


def tend_approval(deps: Dependencies, schedule: Schedule) -> None:
    """Do what the approval of a schedule needs, as it is now."""
    with deps.unit_of_work() as uow:
        tx, policy = uow.tx, uow.policy
        lock(tx, schedule)
        schedules.note_seen(tx, schedule.name)
        schedules.update(tx, schedule.name, tended_at=tx.now)
        approval = approval_of(tx.connection, schedule, policy, tx.now)
        if approval.granted_as is not None:
            schedules.update(tx, schedule.name, approved_as=approval.granted_as)
            approval = approval_of(tx.connection, schedule, policy, tx.now)
        if approval.is_void:
            _void(tx, schedule)
        if approval.outdated:
            _withdraw(tx, approval.outdated)
        if approval.to_ask:
            schedules.update(tx, schedule.name, asked_for=approval.to_ask, asked_as=None)
            type_command(
                uow,
                schedule,
                Occasion(schedule.name, None, terms_of(schedule, policy.regions)),
            )


def _void(tx: Transaction, schedule: Schedule) -> None:
    """What was approved ends, and is asked for anew, also where all is changed back."""
    state = schedules.load(tx.connection, schedule.name)
    if state is None or state.approved_as is None:
        return
    anew = {"asked_as": None, "asked_for": ""} if state.asked_as == state.approved_as else {}
    schedules.update(tx, schedule.name, approved_as=None, **anew)
    note(tx, Event.SCHEDULE_VOID, audit.BOT, schedule, {"approval": state.approved_as})


def _withdraw(tx: Transaction, outdated: OpsRequest) -> None:
    if outdated.state is State.PENDING:
        why = {"cause": Cause(CauseKind.SCHEDULE_CHANGED).as_json()}
        transitions.move(tx, outdated, State.CANCELLED, **why)
        events.record(tx, outdated.id, Event.CANCELLED, facts=why)
