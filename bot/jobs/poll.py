"""follow: look at all image actions in flight together, and end those that ended."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.engine import Connection

from bot.digitalocean import Client, DigitalOceanError
from bot.digitalocean.call_budget import RateLimitBudget
from bot.domain.estimates import Estimate, stuck_after
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.resources import ActionStatus, Image, ImageAction
from bot.domain.states import State
from bot.errors import StoreUnavailable
from bot.jobs.made_images import made_images, note_made
from bot.jobs.polling.plan import InFlightAction, Round
from bot.jobs.polling.poller import Poller
from bot.jobs.post_outcomes import end_step
from bot.jobs.reconcile import SKEW_SECONDS, ask_people
from bot.jobs.show_progress import ProgressUpdates
from bot.operations.registry import operation_of
from bot.store import call_budget, events
from bot.store.durations import DurationEstimates, InFlightStep, in_flight_steps
from bot.store.requests import load_step, state_of
from bot.store.rows import Step
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move_step, note_looks, update_step

log = logging.getLogger(__name__)

_PASS_ON_SECONDS = 0.25
"""A wake that came to a process which does not follow is there again after this long."""
_CLOSE_SECONDS = 60.0
"""How much earlier than its action an image may say that it was created."""
_IMAGE_SECONDS = 600.0
"""How long the image of a completed snapshot is looked for."""
_RETHINK_SECONDS = 60.0
"""However long a plan wants to wait, it is thought over again after this long."""


class Poll:
    """The job `poll`; there is one follower for a token, so its key means nothing.

    It keeps in memory when it looked at what; the database is written to only when something
    changed, once a round, and to keep the token's row in `call_budget`: of several processes one
    holds it and follows; another that is woken passes the wake on, until the holder is dead.

    Args:
        account: counts the client's calls; None: only what the follower itself makes of them.
        key: the token's in `call_budget` (`bot.store.call_budget.key_of`).
    """

    def __init__(
        self,
        store: Store,
        client: Client,
        *,
        poll_seconds: float,
        settle_seconds: float,
        account: RateLimitBudget | None = None,
        key: str = "",
    ) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._settle_seconds = settle_seconds
        self._account = account or RateLimitBudget(store.clock)
        self._key = key
        self._client = client
        self._holder = uuid.uuid4().hex
        self._follower = Poller(client, self._account, poll_seconds, store.clock)
        self._paces = DurationEstimates()
        self._shows = ProgressUpdates(store)
        self._has_lease = False
        self._renewed_at = 0.0
        self._told_wait = 0.0
        self._read_at = 0.0
        self._next_at = 0.0

    def __call__(self, _key: str) -> None:
        """Look at what is due; come back while anything is in flight."""
        now = self._store.clock()
        if self._follows_elsewhere(now):
            self._has_lease = False
            self._tell_wait()  # what this process heard when it posted, the follower must know
            self._come_back(now + _PASS_ON_SECONDS)
            return
        soon = min(self._next_at, self._read_at + self._poll_seconds)
        if self._has_lease and self._read_at <= now < soon:
            self._come_back(soon)  # what began meanwhile is not due before then
            return
        self._read_at = now
        rows, in_flight = self._in_flight(now)
        if rows:
            self._next_at = self._poll_due(rows, in_flight)
            self._come_back(self._next_at)

    def stop(self) -> None:
        """This process follows no more: another may begin at once.

        Raises:
            StoreUnavailable: the others will find out by themselves.
        """
        if self._has_lease:
            with self._store.write(wait=1.0) as tx:
                call_budget.end_lease(tx, self._key, self._holder)

    def use_key(self, key: str) -> None:
        """Follow with another token's row from now on; the one before is let go."""
        with suppress(StoreUnavailable):  # then it is held until its lease ends
            self.stop()
        self._key, self._has_lease = key, False

    def _follows_elsewhere(self, now: float) -> bool:
        with self._store.read() as connection:
            return call_budget.held_by_another(connection, self._key, self._holder, now)

    def _in_flight(self, now: float) -> tuple[dict[int, InFlightStep], list[InFlightAction]]:
        with self._store.read() as connection:
            rows = {row.action_id: row for row in in_flight_steps(connection, now)}
            in_flight = [
                self._flight(row, self._estimate(connection, row)) for row in rows.values()
            ]
        return rows, in_flight

    def _estimate(self, connection: Connection, row: InFlightStep) -> Estimate | None:
        return self._paces.of(connection, row.way, row.gigabytes)

    def _flight(self, row: InFlightStep, learnt: Estimate | None) -> InFlightAction:
        looked = self._follower.tried(row.action_id, row.started_at)
        return InFlightAction(
            row.id,
            row.action_id,
            int(row.target_id),
            row.started_at,
            looked,
            learnt,
            of_droplet=row.of_droplet,
        )

    def _poll_due(self, rows: dict[int, InFlightStep], in_flight: list[InFlightAction]) -> float:
        """Read what is due, if it is ours to read; when to come back (epoch seconds)."""
        plan = self._follower.plan(in_flight)
        if not self._acquire_lease(plan):
            return self._store.clock() + _PASS_ON_SECONDS
        plan = self._follower.plan(self._again(rows, in_flight))  # we may know more now
        if plan.calls:
            ended = self._look(plan, rows, in_flight)
            self._tell_wait()
            in_flight = [f for f in self._again(rows, in_flight) if f.action_id not in ended]
            plan = self._follower.plan(in_flight)
        self._shows(rows, in_flight, self._account.waits_until, self._looks(in_flight))
        return min(plan.next_at, self._store.clock() + _RETHINK_SECONDS)

    def _looks(self, in_flight: list[InFlightAction]) -> dict[int, float]:
        """When each was last read, by our row's id."""
        looks = {f.id: self._follower.looked(f.action_id, f.since) for f in in_flight}
        return {step_id: at for step_id, at in looks.items() if at is not None}

    def _again(
        self, rows: dict[int, InFlightStep], in_flight: list[InFlightAction]
    ) -> list[InFlightAction]:
        """The same, with when they were looked at by now."""
        return [self._flight(rows[f.action_id], f.estimate) for f in in_flight]

    def _acquire_lease(self, plan: Round) -> bool:
        """Take hold of the token's row, and write the round down before it begins."""
        if self._has_lease and not plan.calls:
            return True
        with self._store.write() as tx:
            held = call_budget.lease(tx, self._key, self._holder)
            self._has_lease = held is not None
            self._renewed_at = tx.now
            if held is None:
                return False
            if held.taken_over:
                self._account.restore(held.saved)
                self._follower.take_over(held.round_at, held.round_calls)
            self._account.hear(held.saved.waits_until)
            if plan.calls:
                saved = self._account.saved(planned=plan.calls)
                call_budget.begin_round(tx, self._key, self._holder, saved, plan.calls, plan.every)
            else:
                call_budget.hold(tx, self._key, self._holder)
        return True

    def _look(
        self, plan: Round, rows: dict[int, InFlightStep], in_flight: list[InFlightAction]
    ) -> set[int]:
        """One round; the action ids that are not in flight any more."""
        ended: set[int] = set()

        def tell(followed: InFlightAction, action: ImageAction | None) -> None:
            if action is None:
                self._missing(rows[followed.action_id])
            elif action.status in (ActionStatus.COMPLETED, ActionStatus.ERRORED):
                if self._ended(followed, action):
                    ended.add(followed.action_id)
            else:
                self._still(rows[followed.action_id], followed, action)

        self._follower.look(plan, in_flight, tell, self._still_has_lease)
        self._note_beside(ended, rows, in_flight)
        return ended

    def _note_beside(
        self, ended: set[int], rows: dict[int, InFlightStep], in_flight: list[InFlightAction]
    ) -> None:
        """The card of what ended is drawn again, with when the others on it were read."""
        drawn = {rows[action_id].ops_request for action_id in ended}
        beside = [
            followed
            for followed in in_flight
            if followed.action_id not in ended and rows[followed.action_id].ops_request in drawn
        ]
        if beside:
            with self._store.write() as tx:
                note_looks(tx, self._looks(beside))

    def _still_has_lease(self) -> bool:
        """Whether this process is to go on with its round."""
        if abs(self._store.clock() - self._renewed_at) >= call_budget.RENEW_SECONDS:
            with self._store.write() as tx:
                self._renew_lease(tx)
        return self._has_lease

    def _renew_lease(self, tx: Transaction) -> None:
        self._has_lease = call_budget.renew_lease(tx, self._key, self._holder)
        self._renewed_at = tx.now

    def _come_back(self, at: float) -> None:
        with self._store.write() as tx:
            if self._has_lease:
                if abs(tx.now - self._renewed_at) >= call_budget.RENEW_SECONDS / 2:
                    self._renew_lease(tx)  # else a round has just done it
                at = min(at, tx.now + call_budget.RENEW_SECONDS)
            tx.enqueue(Job.POLL, "all", max(at, tx.now + 0.01))

    def _tell_wait(self) -> None:
        """DigitalOcean said 429: the other processes hear of it at once."""
        until = self._account.waits_until
        if until > max(self._told_wait, self._store.clock()):
            with self._store.write() as tx:
                call_budget.tell_wait(tx, self._key, until)
            self._told_wait = until

    def _ended(self, followed: InFlightAction, action: ImageAction) -> bool:
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
                facts["why"] = (
                    f"DigitalOcean gives no reason; action {action.id} is in its control panel."
                )
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
        which = ", ".join(str(image.id) for image in found) or "none"
        why = (
            f"DigitalOcean completed action {action.id}. Which image came of it is not known: it"
            f" lists {which} of that name and time. Nothing that waits for it is done; ask for it"
            " by the image's number."
        )
        end_step(tx, step, State.ERRORED, Event.ERRORED, why, {"why": why}, refused_for_good=True)
        return True

    def _still(self, row: InFlightStep, followed: InFlightAction, action: ImageAction) -> None:
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

    def _missing(self, row: InFlightStep) -> None:
        with self._store.write() as tx:
            step = load_step(tx.connection, row.id)
            if step is None or step.state is not State.IN_PROGRESS:
                return
            if step.missing_since is None or step.missing_since > tx.now:
                update_step(tx, step, missing_since=tx.now)
            elif tx.now - step.missing_since >= self._settle_seconds:
                why = f"DigitalOcean does not know action {step.action_id} any more"
                ask_people(tx, step, (), why)


def _begun(step: Step, action: ImageAction) -> float:
    """Since when its image can have been made, by DigitalOcean's clock (epoch seconds)."""
    if action.started_at:
        return action.started_at.timestamp() - _CLOSE_SECONDS
    return (step.intent_at or 0.0) - SKEW_SECONDS


def _took(step: Step, action: ImageAction, now: float) -> float:
    """Seconds it took: by DigitalOcean's clock where it gives both times, else by ours."""
    if action.started_at and action.completed_at:
        return max(0.0, (action.completed_at - action.started_at).total_seconds())
    return max(0.0, now - (step.started_at or now))
