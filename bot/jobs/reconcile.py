"""reconcile: whether a POST whose answer was lost is there, and whose it is.

The pure half decides which of DigitalOcean's actions could be ours; `Reconciler` looks, adopts,
or asks a person. Nothing here ever posts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from bot.digitalocean import Client, DigitalOceanError, HttpResponseError
from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.resources import ActionStatus, ImageAction, readable_actions
from bot.domain.states import State
from bot.jobs import traces
from bot.jobs.listed_actions import actions_of, listed
from bot.jobs.post_outcomes import PostOutcomes
from bot.operations.base import Resend, Trace
from bot.operations.registry import operation_of
from bot.requests.sent_before import owns
from bot.store import audit, events, outbox
from bot.store.adoption import adopt_action
from bot.store.requests import load_step, owners
from bot.store.rows import Step
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move_step, update_step

log = logging.getLogger(__name__)

SKEW_SECONDS = 900.0
"""How far DigitalOcean's clock and ours may differ. Too little, and *Send again* would not see
what is there and ask for it twice; too much only brings one more candidate."""
_CLOSE_SECONDS = 60.0
"""The same between the times of one action, where a doubt only leads to a question."""
_LOOK_EVERY = 3.0
_IN_FLIGHT_SECONDS = 24 * 3600.0
"""So far back the account's list is read for what is in flight, where the own list fails."""


def could_be(step: Step, actions: Iterable[ImageAction]) -> list[ImageAction]:
    """Those of an image's actions that may be what this step's POST began; a doubt counts."""
    since = (step.intent_at or 0.0) - SKEW_SECONDS
    return [
        action
        for action in actions
        if _is_mine(step, action)
        and (action.started_at is None or action.started_at.timestamp() >= since)
    ]


def is_surely(step: Step, action: ImageAction) -> bool:
    """Whether the only action that could be a step's is it.

    One that does not tell all that was asked has to have begun when the step was sent, at the
    soonest: before that it is another's.
    """
    if operation_of(step.spec).action_tells:
        return True
    if step.intent_at is None or action.started_at is None:
        return False
    return action.started_at.timestamp() >= step.intent_at - _CLOSE_SECONDS


def why_unsure(found: Sequence[ImageAction]) -> Cause:
    """Why a person has to tell whether it is one of these."""
    if len(found) > 1:
        return Cause(CauseKind.SEVERAL_ACTIONS)
    return Cause(CauseKind.MAYBE_ANOTHERS, {"action_id": found[0].id})


def _running(step: Step, actions: Iterable[ImageAction]) -> list[ImageAction]:
    """Those of an image's actions in flight that do what this step would; a doubt counts."""
    over = ("", ActionStatus.COMPLETED, ActionStatus.ERRORED)
    running = (action for action in actions if action.status not in over)
    return [action for action in running if _is_mine(step, action)]


def _is_mine(step: Step, action: ImageAction) -> bool:
    return operation_of(step.spec).is_mine(action, step.resolved)


class Reconciler:
    """Looks for the image action of a submission that was left unfinished."""

    def __init__(
        self, store: Store, client: Client, *, http_seconds: float, settle_seconds: float
    ) -> None:
        self._store = store
        self._client = client
        self._http_seconds = http_seconds
        self._settle_seconds = settle_seconds
        self._outcomes = PostOutcomes(store)

    def __call__(self, step: Step) -> None:
        """One look at a step in `submitting`; it adopts, comes back later, or asks a person."""
        now, intent = self._store.clock(), step.intent_at or 0.0
        if not step.ambiguous and now < intent + self._http_seconds:
            self._come_back(step, intent + self._http_seconds)  # its POST may still be under way
            return
        if operation_of(step.spec).resend is Resend.SAFE:
            self._send_again(step)
            return
        try:
            if self.end_by_trace(step):
                return
            found = self.candidates(step)
        except DigitalOceanError as error:
            log.warning("request %s: cannot list actions: %s", step.ops_request, error.problem)
            unreadable = Cause(CauseKind.LIST_UNREADABLE, {"said": error.problem})
            self._unsettled(step, (), unreadable)
            return
        if len(found) == 1 and is_surely(step, found[0]) and self.adopt(step, found[0]):
            return
        if found:
            self._ask(step, found, why_unsure(found))
        else:
            not_seen = Cause(CauseKind.NOT_SEEN, {"trace": operation_of(step.spec).trace})
            self._unsettled(step, (), not_seen)

    def end_by_trace(self, step: Step, since: float | None = None) -> bool:
        """Whether a call that begins no action is proved done by what it left; then it ended.

        Args:
            since: what is older it did not make (epoch seconds); None: before it was sent.

        Raises:
            DigitalOceanError: what it would leave cannot be looked at.
        """
        since = (step.intent_at or 0.0) - SKEW_SECONDS if since is None else since
        left = traces.left_by(self._client, step, since)
        if left is not None:
            self._outcomes.done(step, left)
        return left is not None

    def candidates(self, step: Step) -> list[ImageAction]:
        """DigitalOcean's actions on the image that could be this step's, owned by no other.

        The action that was written down as its own comes first, and alone, wherever any form of
        the call still tells of it.

        Raises:
            DigitalOceanError: the list cannot be read.
        """
        if operation_of(step.spec).trace is not Trace.ACTION:
            return []
        if step.action_id and (own := self._written_down(step, step.action_id)):
            return [own]
        since = (step.intent_at or 0.0) - SKEW_SECONDS
        all_of_them = listed(self._client, step.resolved.target, since)
        found = could_be(step, all_of_them.actions)
        if not found and (lacks := all_of_them.lacks or all_of_them.of_account):
            raise lacks
        return self._unowned(step, found)

    def in_flight(self, step: Step) -> list[ImageAction]:
        """Of the image's actions in flight those that do what this step would, owned by no other.

        Raises:
            DigitalOceanError: the list cannot be read.
        """
        since = self._store.clock() - _IN_FLIGHT_SECONDS
        all_of_them = listed(self._client, step.resolved.target, since)
        found = _running(step, all_of_them.actions)
        if not found and all_of_them.lacks:
            raise all_of_them.lacks
        return self._unowned(step, found)

    def _written_down(self, step: Step, action_id: int) -> ImageAction | None:
        target = step.resolved.target
        problem: DigitalOceanError | None = None
        for of_target in (True, False):  # where one form of the call fails the other is taken
            try:
                body = (
                    actions_of(self._client, target).get(target.number, action_id)
                    if of_target
                    else self._client.actions.get(action_id)
                )
            except DigitalOceanError as error:
                if not (isinstance(error, HttpResponseError) and error.is_not_found):
                    problem = error
                continue
            for action in readable_actions([body.get("action", body)]):
                if action.id == action_id and _is_mine(step, action):
                    return action
        if problem is not None:
            raise problem
        return None

    def _unowned(self, step: Step, actions: Sequence[ImageAction]) -> list[ImageAction]:
        possible = list({action.id: action for action in actions}.values())
        if not possible:
            return []
        with self._store.read() as connection:
            owned = {
                action_id
                for action_id, other in owners(
                    connection, [a.id for a in possible], besides=step.id
                ).items()
                if owns(connection, other, action_id)
            }
        return [action for action in possible if action.id not in owned]

    def adopt(self, step: Step, action: ImageAction, actor: str = "image-bot") -> bool:
        """Follow `action` as this step's; False: somebody was faster, or it has an owner now."""
        with self._store.write() as tx:
            return adopt_action(tx, step, action, actor)

    def _send_again(self, step: Step) -> None:
        """It may have been done, and once more changes nothing: no list has to be asked."""
        with self._store.write() as tx:
            if move_step(tx, step, State.APPROVED, fence="", retry_at=None):
                cause = Cause(CauseKind.RESTARTED)
                facts = {"position": step.position, "cause": cause.as_json()}
                events.record(tx, step.ops_request, Event.RESENT, facts=facts)

    def _unsettled(self, step: Step, found: Iterable[ImageAction], why: Cause) -> None:
        deadline = (step.intent_at or 0.0) + self._settle_seconds
        now = self._store.clock()
        if now < deadline:
            self._come_back(step, min(now + _LOOK_EVERY, deadline))
        else:
            self._ask(step, found, why)

    def _come_back(self, step: Step, at: float) -> None:
        with self._store.write() as tx:
            if update_step(tx, step, retry_at=at):
                tx.enqueue(Job.SUBMIT, step.id, at)

    def _ask(self, step: Step, found: Iterable[ImageAction], why: Cause) -> None:
        with self._store.write() as tx:
            ask_people(tx, step, found, why)


def ask_people(tx: Transaction, step: Step, found: Iterable[ImageAction], why: Cause) -> bool:
    """Nobody but a person can say what became of the POST; the old fence is void from here."""
    seen = [_shown(action) for action in found]
    asked = move_step(
        tx,
        step,
        State.NEEDS_ATTENTION,
        fence="",
        candidates=seen,
        cause=why.as_json(),
        retry_at=None,
        resend_votes=None,
    )
    if asked:
        facts = {"position": step.position, "cause": why.as_json(), "candidates": seen}
        events.record(tx, step.ops_request, Event.NEEDS_ATTENTION, facts=facts)
    return asked


class RefreshCandidates:
    """The job `candidates`: a person wants to know whether the image action is there by now."""

    def __init__(self, store: Store, reconciler: Reconciler) -> None:
        self._store = store
        self._reconciler = reconciler

    def __call__(self, key: str) -> None:
        """Refresh the candidates shown on the card; the choice stays with the person."""
        with self._store.read() as connection:
            step = load_step(connection, int(key))
        if step is None or step.state is not State.NEEDS_ATTENTION:
            return
        try:
            if self._reconciler.end_by_trace(step):
                return
            seen = [_shown(action) for action in self._reconciler.candidates(step)]
        except DigitalOceanError as error:
            log.warning("request %s: cannot list actions: %s", step.ops_request, error.problem)
            return
        with self._store.write() as tx:
            if update_step(tx, step, candidates=seen):
                cause = step.cause.as_json() if step.cause else None
                facts = {"position": step.position, "cause": cause, "candidates": seen}
                events.log_only(tx, step.ops_request, Event.NEEDS_ATTENTION, audit.BOT, facts)
                outbox.refresh(tx, step.ops_request)


def _shown(action: ImageAction) -> dict[str, Any]:
    return {"id": action.id, "status": action.status, "started_at": str(action.started_at)}
