"""follow: look at all image actions in flight together, and end those that ended."""

from __future__ import annotations

import logging
from typing import Any

from bot.digitalocean import Client, DigitalOceanError, HttpResponseError
from bot.events import Event
from bot.image_actions import ActionStatus, ImageAction, readable_actions
from bot.lifecycle import State
from bot.stages.settle import ask_people
from bot.store import journal
from bot.store.requests import Step, in_flight, load, move_step, update_step
from bot.store.transaction import Store

log = logging.getLogger(__name__)

STUCK_SECONDS = 2 * 3600.0
"""After this long an action is told to be slow; it is never called failed for that."""
_SINGLE_READS = 3
"""Up to this many actions are read one by one; more are found in the account's list."""
_PAGES = 25
"""At the most this many pages of 200 in one round."""
_STRAGGLERS = 20
"""At the most this many actions that the list did not show are read alone in one round."""
_SLOWEST = 60.0
"""The longest pause, in seconds, between looks at one action."""


class Follow:
    """The stage `follow`; there is one follower, so its key means nothing."""

    def __init__(
        self, store: Store, client: Client, *, poll_seconds: float, settle_seconds: float
    ) -> None:
        self._store = store
        self._client = client
        self._poll_seconds = poll_seconds
        self._settle_seconds = settle_seconds
        self._looked: dict[int, float] = {}
        self._not_before = 0.0
        self._failures = 0

    def __call__(self, _key: str) -> None:
        """Look at what is due; come back while anything is in flight."""
        with self._store.read() as connection:
            steps = in_flight(connection)
        self._looked = {s.id: self._looked[s.id] for s in steps if s.id in self._looked}
        if not steps:
            return
        now = self._store.clock()
        due = [s for s in steps if self._due_at(s, now) <= now]
        if due and self._not_before <= now:
            self._round(due, now)
        with self._store.write() as tx:
            soonest = min(self._due_at(s, tx.now) for s in steps)
            tx.later("follow", "all", max(soonest, self._not_before, tx.now + 0.01))

    def _due_at(self, step: Step, now: float) -> float:
        """When this action is looked at next: less often as it grows old."""
        began = step.started_at or now
        pause = min(max(self._poll_seconds, (now - began) / 60), max(self._poll_seconds, _SLOWEST))
        return self._looked.get(step.id, began) + pause

    def _round(self, due: list[Step], now: float) -> None:
        try:
            seen, gone = self._look(due)
        except DigitalOceanError as error:
            self._failures += 1
            asked = error.retry_after if isinstance(error, HttpResponseError) else None
            wait = asked if asked is not None else min(2.0**self._failures, _SLOWEST)
            self._not_before = now + wait
            log.warning("following waits %.0f s: %s", wait, error.problem)
            return
        self._failures = 0
        for step in due:
            self._looked[step.id] = now
            if step.action_id in gone:
                self._missing(step, now)
            elif step.action_id in seen:
                self._seen(step, seen[step.action_id])

    def _look(self, due: list[Step]) -> tuple[dict[int, ImageAction], set[int]]:
        """What DigitalOcean says of these, by action id, and those it does not know."""
        seen: dict[int, ImageAction] = {}
        if len(due) > _SINGLE_READS:
            seen = self._list({s.action_id for s in due if s.action_id})
        gone: set[int] = set()
        left = [s for s in due if s.action_id not in seen]
        for step in left[:_STRAGGLERS]:
            action = self._read(step)
            if action is None:
                gone.add(step.action_id or 0)
            else:
                seen[action.id] = action
        return seen, gone

    def _list(self, wanted: set[int]) -> dict[int, ImageAction]:
        seen: dict[int, ImageAction] = {}
        for page, body in enumerate(self._client.actions.pages(per_page=200), start=1):
            listed = list(readable_actions(body.get("actions", ())))
            seen |= {action.id: action for action in listed if action.id in wanted}
            older = listed and max(a.id for a in listed) < min(wanted)
            if len(seen) == len(wanted) or older or page >= _PAGES:
                break
        return seen

    def _read(self, step: Step) -> ImageAction | None:
        """One action alone; None: DigitalOcean knows neither it nor its image."""
        action_id = step.action_id or 0
        for of_image in (True, False):  # the account's own list outlives the image
            try:
                body = (
                    self._client.image_actions.get(step.image_id, action_id)
                    if of_image
                    else self._client.actions.get(action_id)
                )
            except HttpResponseError as error:
                if error.status_code == 404:
                    continue
                raise
            for action in readable_actions([body.get("action", body)]):
                return action
            raise DigitalOceanError("DigitalOcean's answer holds no readable action.")
        return None

    def _seen(self, step: Step, action: ImageAction) -> None:
        if action.status == ActionStatus.COMPLETED:
            self._end(step, action, State.COMPLETED, Event.COMPLETED)
        elif action.status == ActionStatus.ERRORED:
            self._end(step, action, State.ERRORED, Event.ERRORED)
        else:
            if action.status != ActionStatus.IN_PROGRESS:
                log.warning("action %s has the unknown status %r", action.id, action.status[:40])
            self._still(step)

    def _end(self, step: Step, action: ImageAction, state: State, event: Event) -> None:
        with self._store.write() as tx:
            seconds = _took(step, action, tx.now)
            ended = move_step(tx, step, state, completed_at=(step.started_at or tx.now) + seconds)
            if not ended:
                return
            facts: dict[str, Any] = {"position": step.position, "seconds": seconds}
            if state is State.ERRORED:
                facts["why"] = (
                    f"DigitalOcean gives no reason; action {action.id} is in its control panel."
                )
            facts["overall"] = _state_of(load(tx.connection, step.ops_request))
            journal.record(tx, step.ops_request, event, facts=facts)

    def _still(self, step: Step) -> None:
        """Nothing to tell, unless it takes longer than usual: then once."""
        now = self._store.clock()
        seconds = now - (step.started_at or now)
        if step.missing_since is None and (step.stuck_told or seconds < STUCK_SECONDS):
            return
        with self._store.write() as tx:
            stuck = seconds >= STUCK_SECONDS
            if not update_step(tx, step, missing_since=None, stuck_told=step.stuck_told or stuck):
                return
            if stuck and not step.stuck_told:
                facts = {"position": step.position, "seconds": seconds}
                journal.record(tx, step.ops_request, Event.STUCK, facts=facts)

    def _missing(self, step: Step, now: float) -> None:
        with self._store.write() as tx:
            if step.missing_since is None:
                update_step(tx, step, missing_since=now)
            elif now - step.missing_since >= self._settle_seconds:
                why = f"DigitalOcean does not know action {step.action_id} any more"
                ask_people(tx, step, (), why)


def _took(step: Step, action: ImageAction, now: float) -> float:
    """Seconds it took: by DigitalOcean's clock where it gives both times, else by ours."""
    if action.started_at and action.completed_at:
        return max(0.0, (action.completed_at - action.started_at).total_seconds())
    return max(0.0, now - (step.started_at or now))


def _state_of(request: Any) -> str:
    return str(request.state) if request else ""
