"""submit: post one approved image action to DigitalOcean, at most once.

The intent is written first, fenced by a token that is read again immediately before the POST.
What it brought is written down by `post_outcomes`; a lost answer belongs to `reconcile`.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from bot.digitalocean import (
    Client,
    DigitalOceanError,
    HttpResponseError,
    InvalidBody,
    ServiceRequestError,
)
from bot.digitalocean.errors import UnreadableAnswer
from bot.digitalocean.refusals import cause_of_error, trouble_of
from bot.domain.blockers import BlockReason
from bot.domain.causes import Cause, CauseKind, blocked
from bot.domain.events import Event
from bot.domain.resources import ImageAction
from bot.domain.states import State
from bot.domain.trouble import Trouble
from bot.errors import StoreUnavailable
from bot.jobs import card_first, traces
from bot.jobs.keep_heads import KeepHeads
from bot.jobs.made_images import made_images, note_made
from bot.jobs.post_outcomes import PostOutcomes, end_step, reject_in, retry_after
from bot.jobs.reconcile import Reconciler, ask_people, is_surely, why_unsure
from bot.observability.log_context import log_context
from bot.operations.base import Finished, Resend, Trace
from bot.operations.registry import operation_of, read_scope
from bot.policy.review import tally
from bot.requests.assessment import Assessment, Assessor
from bot.requests.counted import facts as facts_of_tally
from bot.requests.proof import contradictions_before_a_post
from bot.requests.recheck import as_reviewed, undecided, untold, what_changed, why_undecided
from bot.requests.sent_before import as_logged, may_be_sent
from bot.store import audit, events
from bot.store.requests import load_step, of_step
from bot.store.rows import OpsRequest, Step
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move_step, update_step

log = logging.getLogger(__name__)

APPROVAL_LASTS_SECONDS = 24 * 3600.0
"""How long an approved step may wait to be sent, while DigitalOcean is out of reach or refuses."""

_APPROVALS = (Event.VOTED, Event.APPROVED, Event.STANDING_APPROVAL)
_SKEW_SECONDS = 120.0
"""How far DigitalOcean's clock may be behind ours where an image is looked for by its time."""


class Submit:
    """The job `submit`; its key is an image action's row id."""

    def __init__(
        self,
        store: Store,
        client: Client,
        assessor: Assessor,
        reconciler: Reconciler,
        heads: KeepHeads | None = None,
    ) -> None:
        self._heads = heads
        self._store = store
        self._client = client
        self._assessor = assessor
        self._reconciler = reconciler
        self._outcomes = PostOutcomes(store)

    def __call__(self, key: str) -> None:
        """Do what the state of this image action still needs."""
        with self._store.read() as connection:
            request = of_step(connection, int(key))
            if request is None:
                return
            waits = card_first.is_awaited(connection, request, self._store.clock())
        step = next(step for step in request.steps if step.id == int(key))
        if step.retry_at and step.retry_at > self._store.clock():
            return  # the sweep asks again
        with log_context(ops_request=request.id):
            if step.state is State.SUBMITTING:
                self._reconciler(step)
            elif step.state is State.APPROVED and not waits:
                try:
                    self._submit(request, step)
                except StoreUnavailable:
                    raise
                except Exception:
                    reference = uuid.uuid4().hex[:8]
                    log.exception("submit %s failed, reference %s", step.id, reference)
                    self._outcomes.internal_error(step, reference)

    def _submit(self, request: OpsRequest, step: Step) -> None:
        with self._store.read() as connection:
            checked, _ = audit.head(connection)
        if self._contradicted(request, step) or self._expired(request, step):
            return
        try:
            if self._is_found(request, step):
                return  # first of all: by now the image may be where this step brought it
            found = self._assessor.assess(request, step)
            if ids := untold(request, found):
                raise UnreadableAnswer(
                    f"DigitalOcean's answer leaves out the name or the type of {', '.join(ids)}."
                )
            if undecided(request, found):
                self._outcomes.try_later(step, Event.DELAYED, why_undecided(found), None)
                return
            if self._done_or_void(request, step, found):
                return
            if self._stands_already(request, step):
                return
        except DigitalOceanError as error:
            trouble = {"trouble": trouble_of(error), "scopes": read_scope(request.specs)}
            self._outcomes.try_later(
                step, Event.DELAYED, cause_of_error(error), retry_after(error), trouble
            )
            return
        fenced = self._intend(request, step, found, checked)
        if fenced is not None and self._anchored(fenced):
            self._post(fenced)

    def _is_found(self, request: OpsRequest, step: Step) -> bool:
        """Whether what may have been sent before is there: ended, followed, or a question."""
        if not step.look_first or not operation_of(step.spec).is_looked_up:
            return False
        if self._reconciler.end_by_trace(step, request.created_at - _SKEW_SECONDS):
            return True
        with self._store.read() as connection:
            logged = as_logged(step, audit.entries(connection, ops_request=request.id))
        return self._is_there(logged, self._not_seen_before(logged))

    def _stands_already(self, request: OpsRequest, step: Step) -> bool:
        """Whether somebody did the same, or does it just now."""
        operation = operation_of(step.spec)
        if operation.makes_image:
            return self._made_already(request, step) or self._is_busy(step)
        if operation.trace is Trace.SNAPSHOT:
            return self._reconciler.end_by_trace(step, request.created_at - _SKEW_SECONDS)
        return self._is_there(step, self._in_flight(step))

    def _anchored(self, step: Step) -> bool:
        """Whether the log's head, with this intent, went to where it is kept, and it may be sent.

        That may take seconds, so others, who reckon from the intent when a POST must be over, are
        to reckon from now on; and it is asked once more whether this process alone may send it.
        """
        if self._heads is None:
            return True
        if lacking := self._heads.before_post():
            cause = Cause(CauseKind.HEADS_NOT_KEPT, {"sinks": sorted(lacking)})
            self._outcomes.try_later(step, Event.NOT_ARRIVED, cause, None)
            return False
        with self._store.write() as tx:
            return update_step(tx, step, intent_at=tx.now)

    def _fenced(self, step: Step) -> Step | None:
        """The step as it stands, while this process alone may send it; to be read just before."""
        with self._store.read() as connection:
            now = load_step(connection, step.id)
        mine = now and now.fence == step.fence and now.state is State.SUBMITTING
        return now if mine and now and now.resolved == step.resolved else None

    def _not_seen_before(self, step: Step) -> list[ImageAction]:
        """What could be this step's by now. Where an action does not tell whose it is, without
        those that people saw when they chose to send it all the same."""
        found = self._reconciler.candidates(step)
        if operation_of(step.spec).action_tells:
            return found
        seen = {each["id"] for each in step.candidates}
        return [action for action in found if action.id not in seen]

    def _in_flight(self, step: Step) -> list[ImageAction]:
        """What does the same just now: from the control panel, another bot, or a request that was
        given up. Looked for before every POST that must not happen twice."""
        operation = operation_of(step.spec)
        begins_none = operation.resend is Resend.SAFE or operation.trace is not Trace.ACTION
        if step.look_first or begins_none:
            return []
        return self._reconciler.in_flight(step)

    def _made_already(self, request: OpsRequest, step: Step) -> bool:
        """Whether its image is there: made before the database was restored, or by a POST whose
        answer was lost."""
        found = made_images(self._client, step.spec, request.created_at - _SKEW_SECONDS)
        if not found:
            return False
        ids = [image.id for image in found]
        with self._store.write() as tx:
            if len(ids) == 1:
                note_made(tx, step, ids[0])
                facts = {"image_id": ids[0]}
                cause = Cause(CauseKind.IMAGE_THERE, facts)
                end_step(tx, step, State.COMPLETED, Event.COMPLETED, cause, facts)
            else:
                cause = Cause(CauseKind.SEVERAL_IMAGES, {"image_ids": ids})
                reject_in(tx, step, cause, for_good=True)
        return True

    def _is_busy(self, step: Step) -> bool:
        """Whether another snapshot of the Droplet is being taken: whose, its action does not tell.
        Once it is complete its image does."""
        if not self._reconciler.in_flight(step):
            return False
        self._outcomes.not_yet(step, Cause(CauseKind.DROPLET_BUSY))
        return True

    def _is_there(self, step: Step, found: list[ImageAction]) -> bool:
        """Whether what was found stands for the POST: followed, or a question for people."""
        if not found:
            return False
        sure = len(found) == 1 and is_surely(step, found[0])
        if sure and self._reconciler.adopt(step, found[0]):
            return True
        with self._store.write() as tx:
            ask_people(tx, step, found, why_unsure(found))
        return True

    def _done_or_void(self, request: OpsRequest, step: Step, found: Assessment) -> bool:
        """Whether the world changed since people decided: then nothing is posted."""
        changes = what_changed(request, step, found)
        blocker = found.blockers[step.position]
        if not changes and not (blocker and blocker.done_already):
            return False
        if step.resolved_id and blocker and blocker.reason is BlockReason.NOT_READY:
            self._outcomes.not_yet(step, blocked([blocker]))
            return True
        with self._store.write() as tx:
            if changes:
                found_out = [change.as_json() for change in changes]
                cause = Cause(CauseKind.DRIFTED, {"changes": found_out})
                final = operation_of(step.spec).irreversible  # to be looked at, not clicked again
                end_step(tx, step, State.ERRORED, Event.DRIFTED, cause, refused_for_good=final)
            elif blocker:
                cause = blocked([blocker], CauseKind.DONE_ALREADY)
                end_step(tx, step, State.COMPLETED, Event.COMPLETED, cause)
        return True

    def _expired(self, request: OpsRequest, step: Step) -> bool:
        """Whether people approved it so long ago that it must not start by surprise now.

        What waited for an earlier step of the request, or may have been sent once, goes on.
        """
        with self._store.read() as connection:
            rows = list(audit.entries(connection, ops_request=request.id))
        begun = step.after is not None or may_be_sent(step, rows)
        approved_at = max((row.at for row in rows if row.event in _APPROVALS), default=None)
        now = self._store.clock()
        if begun or approved_at is None or now - approved_at <= APPROVAL_LASTS_SECONDS:
            return False
        cause = Cause(CauseKind.APPROVAL_OLD, {"hours": round(APPROVAL_LASTS_SECONDS / 3600)})
        with self._store.write() as tx:
            end_step(tx, step, State.ERRORED, Event.APPROVAL_EXPIRED, cause)
        return True

    def _contradicted(self, request: OpsRequest, step: Step) -> bool:
        """Whether the tables say what the audit log does not: then nothing is sent."""
        newest = self._store.log_end.row  # before the database is read: it has that row then
        with self._store.read() as connection:
            found = contradictions_before_a_post(connection, request, step.position, newest)
        if not found:
            return False
        log.error("request %s: tables and audit log differ in %s", request.id, ", ".join(found))
        facts = {"what": list(found)}
        end = (State.ERRORED, Event.CONTRADICTED, Cause(CauseKind.CONTRADICTED, facts), facts)
        with self._store.write() as tx:
            end_step(tx, step, *end, refused_for_good=True)
        return True

    def _intend(
        self, request: OpsRequest, step: Step, found: Assessment, checked: int
    ) -> Step | None:
        """Write the intent and a new fence; the fenced step, or None when somebody was faster.

        Args:
            checked: the position up to which the log was found whole.
        """
        fence = uuid.uuid4().hex
        image = found.images.get(step.spec.target)
        with self._store.write() as tx:
            if self._has_changed_since(tx, request, step, found, checked):
                return None  # the sweep has it assessed anew
            intended = move_step(
                tx,
                step,
                State.SUBMITTING,
                fence=fence,
                intent_at=tx.now,
                ambiguous=False,
                look_first=False,
                candidates=None,
                retry_at=None,
                cause=None,
                size_gigabytes=image.size_gigabytes if image else None,
                source_region=min(image.regions, default="") if image else "",
            )
            if intended:
                facts = _facts_of_intent(request, step, found, fence)
                events.record(tx, step.ops_request, Event.INTENT, facts=facts)
        return self._fenced(replace(step, fence=fence)) if intended else None

    def _has_changed_since(
        self, tx: Transaction, request: OpsRequest, step: Step, found: Assessment, checked: int
    ) -> bool:
        """Whether another policy decides than the one that it was assessed by, or the log holds by
        now that nothing of it is to be sent: DigitalOcean was asked in between."""
        if self._assessor.note_policy(tx) != found.decision.policy_digest:
            return True
        return bool(
            contradictions_before_a_post(
                tx.connection, request, step.position, self._store.log_end.row, checked
            )
        )

    def _post(self, step: Step) -> None:
        try:
            outcome = operation_of(step.spec).start(self._client, step.resolved)
        except ServiceRequestError as error:
            trouble = {"trouble": trouble_of(error)}
            self._outcomes.try_later(step, Event.NOT_ARRIVED, cause_of_error(error), None, trouble)
        except InvalidBody as error:
            self._outcomes.reject(step, cause_of_error(error))
        except HttpResponseError as error:
            self._outcomes.refused(step, error)
        except DigitalOceanError as error:
            answered = trouble_of(error) is Trouble.BROKEN
            self._outcomes.ambiguous(step, cause_of_error(error), answered=answered)
        except ValidationError:
            self._outcomes.ambiguous(step, Cause(CauseKind.UNREADABLE), answered=True)
        else:
            if isinstance(outcome, Finished):
                self._outcomes.done(step, traces.seen_after(self._client, step, outcome))
            elif operation_of(step.spec).is_answer(outcome.action, step.resolved):
                self._outcomes.accepted(step, outcome.action)
            else:
                log.error("the answer tells of something else: %r", outcome.action)
                self._outcomes.ambiguous(step, Cause(CauseKind.OF_ANOTHER_ACTION), answered=True)


def _facts_of_intent(
    request: OpsRequest, step: Step, found: Assessment, fence: str
) -> dict[str, Any]:
    """What is to be sent, and by whose approvals; see docs/audit.md."""
    operation, counted = operation_of(step.spec), tally(found.decision, as_reviewed(request))
    return {
        "position": step.position,
        "fence": fence,
        "call": operation.call(step.resolved),
        "body": dict(operation.body(step.resolved)),
        "policy_digest": found.decision.policy_digest,
        "needed": found.decision.approvals,
        "votes": list(counted.approved_by),
        "tally": facts_of_tally(found.decision, counted),
    }
