"""What an image action that was read means for its step: it ended, goes on, or is missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from bot.digitalocean import Client, DigitalOceanError
from bot.domain.causes import Cause, CauseKind
from bot.domain.estimates import stuck_after
from bot.domain.events import Event
from bot.domain.resources import ActionStatus, Image, ImageAction
from bot.domain.states import State
from bot.jobs.made_images import made_images, note_made
from bot.jobs.polling.plan import InFlightAction
from bot.jobs.post_outcomes import end_step
from bot.jobs.reconcile import SKEW_SECONDS, ask_people
from bot.operations.registry import operation_of
from bot.store import events
from bot.store.durations import InFlightStep
from bot.store.requests import load_step, state_of
from bot.store.rows import Step
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move_step, update_step

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 60.0
"""How much earlier than its action an image may say that it was created."""
_IMAGE_SECONDS = 600.0
"""How long the image of a completed snapshot is looked for."""


class ActionResults:
    """Writes down what was read; each in a transaction of its own.

    Args:
        settle_seconds: how long an action that is not known is looked for.
    """

    def __init__(self, store: Store, client: Client, settle_seconds: float) -> None:
        self._store = store
        self._client = client
        self._settle_seconds = settle_seconds

    def ended(self, followed: InFlightAction, action: ImageAction) -> bool:
        """False: it is not in flight any more, or the answer tells of something else."""
        completed = action.status == ActionStatus.COMPLETED
        made = self._made(followed.id, action) if completed else []
        if made is None:
            return False  # looked at again as long as it is followed
        with self._store.write() as tx:
            step = load_step(tx.connection, followed.id)
            if step is None or step.state is not State.IN_PROGRESS:
                return False
            if completed and operation_of(step.spec).makes_image and len(made) != 1:
                return self._without_image(tx, step, action, made)
            if not operation_of(step.spec).is_mine(action, step.resolved):
                log.error("action %s is told of as another: %r", action.id, action)
                return False
            seconds = _took(step, action, tx.now)
            state = State.COMPLETED if completed else State.ERRORED
            if not move_step(tx, step, state, completed_at=(step.started_at or tx.now) + seconds):
                return False
            facts: dict[str, Any] = {"position": step.position, "seconds": seconds}
            if made:
                note_made(tx, step, made[0].id)
                facts["image_id"] = made[0].id
            if not completed:
                facts["cause"] = Cause(CauseKind.NO_REASON, {"action_id": action.id}).as_json()
            facts["overall"] = state_of(tx.connection, step.ops_request)
            event = Event.COMPLETED if completed else Event.ERRORED
            events.record(tx, step.ops_request, event, facts=facts)
        return True

    def _made(self, step_id: int, action: ImageAction) -> list[Image] | None:
        """The image that a step made; several, where it cannot be told from others; None: they
        cannot be listed now."""
        with self._store.read() as connection:
            step = load_step(connection, step_id)
        if step is None or not operation_of(step.spec).makes_image:
            return []
        try:
            return made_images(self._client, step.spec, _begun(step, action))
        except DigitalOceanError as error:
            log.warning("step %s: its image cannot be looked for: %s", step_id, error.problem)
            return None

    def _without_image(
        self, tx: Transaction, step: Step, action: ImageAction, found: Sequence[Image]
    ) -> bool:
        """The action is completed, and its image is not listed yet: it is looked for a while.

        Which of several it is nobody guesses: what waits for it is not done.
        """
        since = step.missing_since or tx.now
        if not found and tx.now - since < _IMAGE_SECONDS:
            update_step(tx, step, missing_since=since)
            return False
        facts = {"action_id": action.id, "image_ids": [image.id for image in found]}
        unknown = Cause(CauseKind.IMAGE_UNKNOWN, facts)
        end_step(tx, step, State.ERRORED, Event.ERRORED, unknown, refused_for_good=True)
        return True

    def still(self, row: InFlightStep, followed: InFlightAction, action: ImageAction) -> None:
        """Nothing to tell, unless it takes longer than usual: then once."""
        if action.status != ActionStatus.IN_PROGRESS:
            log.warning("action %s has the unknown status %r", action.id, action.status[:40])
        seconds = self._store.clock() - row.started_at
        stuck = seconds >= stuck_after(followed.estimate)
        if row.missing_since is None and (row.stuck_told or not stuck):
            return
        with self._store.write() as tx:
            step = load_step(tx.connection, row.id)
            if step is None or step.state is not State.IN_PROGRESS:
                return
            told = step.stuck_told or stuck
            update_step(tx, step, missing_since=None, stuck_told=told, looked_at=tx.now)
            if stuck and not step.stuck_told:
                facts = {"position": step.position, "seconds": seconds}
                events.record(tx, step.ops_request, Event.STUCK, facts=facts)

    def missing(self, row: InFlightStep) -> None:
        """DigitalOcean does not know it: after a while people are asked."""
        with self._store.write() as tx:
            step = load_step(tx.connection, row.id)
            if step is None or step.state is not State.IN_PROGRESS:
                return
            if step.missing_since is None or step.missing_since > tx.now:
                update_step(tx, step, missing_since=tx.now)
            elif tx.now - step.missing_since >= self._settle_seconds:
                unknown = Cause(CauseKind.ACTION_UNKNOWN, {"action_id": step.action_id})
                ask_people(tx, step, (), unknown)


def _begun(step: Step, action: ImageAction) -> float:
    """Since when its image can have been made, by DigitalOcean's clock (epoch seconds)."""
    if action.started_at:
        return action.started_at.timestamp() - _CLOSE_SECONDS
    return (step.intent_at or 0.0) - SKEW_SECONDS


def _took(step: Step, action: ImageAction, now: float) -> float:
    """Seconds it took: by DigitalOcean's clock where it gives both times, and no more than can have
    gone by; else by ours."""
    ours = max(0.0, now - (step.started_at or now))
    if action.started_at and action.completed_at:
        told = (action.completed_at - action.started_at).total_seconds()
        if 0.0 <= told <= ours + SKEW_SECONDS:
            return told
    return ours
