"""What the POST of a step brought, written down: begun, done, refused, not yet, or nobody knows.

What certainly did not arrive is sent again by itself; what was refused ends; everything else is
ambiguous, and reconciled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.digitalocean import DigitalOceanError, HttpResponseError
from bot.digitalocean.refusals import Refusal, cause_of_error, refusal_of, trouble_of
from bot.domain.backoff import backoff, wait_asked
from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.resources import ImageAction
from bot.domain.states import State
from bot.operations.base import Finished, Resend
from bot.operations.registry import operation_of
from bot.store import audit, events, outbox, transitions
from bot.store.adoption import adopt_action
from bot.store.requests import load, load_step, owned_actions
from bot.store.rows import Step
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move_step, update_step

log = logging.getLogger(__name__)

_SLOWEST_RETRY = 60.0
"""The longest pause, in seconds, between tries while DigitalOcean is out of reach."""
NOT_YET_SECONDS = 1800.0
"""How long a POST is tried again that DigitalOcean says it cannot take yet: a transfer of a large
image blocks the next one for so long."""

_JUST_DONE = Finished()


class PostOutcomes:
    """Each method moves one step, if it is still as the caller saw it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def internal_error(self, step: Step, reference: str) -> None:
        """A defect of ours: somebody must hear of it, once. Where an intent is written already
        this takes hold of nothing, and it is settled like every lost answer."""
        self.try_later(
            step,
            Event.INTERNAL_ERROR,
            Cause(CauseKind.INTERNAL_ERROR, {"reference": reference}),
            None,
            {"reference": reference},
            tell=not step.error_reference,
            error_reference=reference,
        )

    def refused(self, step: Step, error: HttpResponseError) -> None:
        refusal = refusal_of(error)
        if refusal is Refusal.STILL_A_BACKUP:
            # `type` still says backup for seconds after the conversion this step waited for.
            refusal = Refusal.NOT_YET if step.after is not None else Refusal.NEVER
        match refusal:
            case Refusal.GONE if operation_of(step.spec).done_when_gone:
                self.done(step)
            case Refusal.DONE_ALREADY if not operation_of(step.spec).irreversible:
                self._is_so_already(step, error)
            case Refusal.NOT_YET:
                self.not_yet(step, cause_of_error(error))
            case Refusal.TOO_MANY:
                trouble = {"trouble": trouble_of(error)}
                wait = retry_after(error)
                self.try_later(step, Event.NOT_ARRIVED, cause_of_error(error), wait, trouble)
            case Refusal.UNCERTAIN:
                self.ambiguous(step, cause_of_error(error), answered=True)
            case Refusal.TOKEN | Refusal.SCOPE:
                self.reject(step, cause_of_error(error, with_help=True))
            case _:
                self.reject(step, cause_of_error(error, with_help=True), for_good=True)

    def _is_so_already(self, step: Step, error: HttpResponseError) -> None:
        cause = Cause(CauseKind.SO_ALREADY, {"said": error.message})
        with self._store.write() as tx:
            end_step(tx, step, State.COMPLETED, Event.COMPLETED, cause)

    def not_yet(self, step: Step, cause: Cause) -> None:
        """Certainly not done, and worth another try, for `NOT_YET_SECONDS` at most."""
        since = step.not_yet_since or self._store.clock()
        if self._store.clock() - since >= NOT_YET_SECONDS:
            facts = {"cause": cause.as_json(), "minutes": round(NOT_YET_SECONDS / 60)}
            self.reject(step, Cause(CauseKind.NOT_YET_FOR_LONG, facts))
            return
        sent = step.state is State.SUBMITTING
        self.try_later(
            step,
            Event.NOT_ARRIVED if sent else Event.DELAYED,
            cause,
            None,
            {"not_yet": True},
            tell=step.not_yet_since is None,
            not_yet_since=since,
        )

    def accepted(self, step: Step, action: ImageAction) -> None:
        if self._is_anothers(step, action):
            log.error("the answer tells of an action that another step owns: %r", action)
            self.ambiguous(step, Cause(CauseKind.OF_ANOTHER_REQUEST), answered=True)
            return
        with self._store.write() as tx:
            accepted = move_step(
                tx,
                step,
                State.IN_PROGRESS,
                fence="",
                action_id=action.id,
                started_at=tx.now,
                attempts=0,
            )
            if accepted:
                facts = {"position": step.position, "action_id": action.id}
                events.record(tx, step.ops_request, Event.ACCEPTED, facts=facts)
                return
            # This answer came after somebody took the submission over: it settles the question.
            now = load_step(tx.connection, step.id)
            if now and now.state is State.NEEDS_ATTENTION:
                adopt_action(tx, now, action, audit.BOT)
            else:  # a person has decided meanwhile: nobody follows this one
                where = now.state if now else "gone"
                log.error("action %s came too late: request %s is %s", action.id, step.id, where)
                facts = {"position": step.position, "action_id": action.id, "too_late": True}
                events.record(tx, step.ops_request, Event.ACCEPTED, facts=facts, told=False)

    def _is_anothers(self, step: Step, action: ImageAction) -> bool:
        with self._store.read() as connection:
            return bool(owned_actions(connection, [action.id], besides=step.id))

    def done(self, step: Step, what: Finished = _JUST_DONE) -> None:
        """DigitalOcean did it at once."""
        with self._store.write() as tx:
            if not _done_in(tx, step, what):
                # This answer may come after people were asked what became of it: it tells.
                now = load_step(tx.connection, step.id)
                if now and now.state is State.NEEDS_ATTENTION:
                    _done_in(tx, now, what)

    def ambiguous(self, step: Step, cause: Cause, *, answered: bool = False) -> None:
        """`answered`: an answer came, and does not tell whether it was taken."""
        if operation_of(step.spec).resend is Resend.SAFE:
            self.try_later(step, Event.RESENT, cause, None, {"answered": answered})
            return
        with self._store.write() as tx:
            if update_step(tx, step, ambiguous=True, cause=cause.as_json()):
                facts: dict[str, Any] = {"position": step.position, "answered": answered}
                facts["cause"] = cause.as_json()
                events.record(tx, step.ops_request, Event.AMBIGUOUS, facts=facts)
                tx.enqueue(Job.SUBMIT, step.id)

    def reject(self, step: Step, cause: Cause, *, for_good: bool = False) -> None:
        """`for_good`: the same would be refused again, so it is not offered."""
        with self._store.write() as tx:
            reject_in(tx, step, cause, for_good=for_good)

    def try_later(
        self,
        step: Step,
        event: Event,
        cause: Cause,
        wait: float | None,
        more: Mapping[str, Any] | None = None,
        *,
        tell: bool = False,
        not_yet_since: float | None = None,
        error_reference: str = "",
    ) -> None:
        """It certainly did not arrive: back to `approved`, told once, tried again by itself.

        Args:
            wait: seconds that somebody asked to wait.
            more: facts of the event.
            tell: even if a try before this one failed in another way.
            not_yet_since: DigitalOcean answers so since then (epoch seconds).
            error_reference: the defect of ours that was in the way, as the log knows it.
        """
        asked = wait_asked(wait)
        pause = backoff(step.attempts, _SLOWEST_RETRY) if asked is None else asked
        with self._store.write() as tx:
            retry_at = tx.now + pause
            columns = {
                "retry_at": retry_at,
                "attempts": step.attempts + 1,
                "cause": cause.as_json(),
                "not_yet_since": not_yet_since,
                "error_reference": error_reference,
            }
            if not _back_to_approved(tx, step, columns):
                return
            tx.enqueue(Job.SUBMIT, step.id, retry_at)
            told = step.attempts == 0 or tell
            if told or step.state is State.SUBMITTING:  # in the log every intent has its end
                facts = {"position": step.position, "retry_at": retry_at, **(more or {})}
                facts["cause"] = cause.as_json()
                events.record(tx, step.ops_request, event, facts=facts, told=told)
            else:  # told already; the card still says that it is being sent
                outbox.refresh(tx, step.ops_request)


def _back_to_approved(tx: Transaction, step: Step, columns: Mapping[str, Any]) -> bool:
    if step.state is State.APPROVED:
        return update_step(tx, step, **columns)
    return move_step(tx, step, State.APPROVED, fence="", **columns)


def _done_in(tx: Transaction, step: Step, what: Finished) -> bool:
    columns = {"started_at": step.intent_at, "completed_at": tx.now, "retry_at": None}
    columns["offered"] = bool(what.handover and not what.handover.taken)
    if not move_step(tx, step, State.COMPLETED, fence="", cause=None, **columns):
        return False
    facts: dict[str, Any] = {"position": step.position}
    facts["seconds"] = tx.now - (step.intent_at or tx.now)
    if what.made:
        facts["made"] = what.made
    if what.handover:
        facts["handover"] = asdict(what.handover)
        given = Cause(CauseKind.HANDED_OVER, {"handover": facts["handover"]})
        transitions.update(tx, step.ops_request, cause=given.as_json())
    events.record(tx, step.ops_request, Event.COMPLETED, facts=facts)
    return True


def reject_in(tx: Transaction, step: Step, cause: Cause, *, for_good: bool) -> None:
    """It is refused; `for_good`: the same would be refused again, so it is not offered."""
    facts = {"for_good": for_good}
    end_step(tx, step, State.ERRORED, Event.REJECTED, cause, facts, refused_for_good=for_good)


def end_step(
    tx: Transaction,
    step: Step,
    state: State,
    event: Event,
    cause: Cause,
    facts: Mapping[str, Any] | None = None,
    **columns: Any,
) -> None:
    """End a step for a cause that the card and the thread tell.

    Args:
        facts: more of the event.
        columns: more of the step's row.
    """
    why = {"cause": cause.as_json()}
    columns |= why | {"fence": "", "completed_at": tx.now, "retry_at": None}
    if move_step(tx, step, state, **columns):
        request = load(tx.connection, step.ops_request)
        if state is not State.COMPLETED or (request and len(request.steps) == 1):
            transitions.update(tx, step.ops_request, **why)
        told = {"position": step.position, **why, **(facts or {})}
        events.record(tx, step.ops_request, event, facts=told)


def retry_after(error: DigitalOceanError) -> float | None:
    return error.retry_after if isinstance(error, HttpResponseError) else None
