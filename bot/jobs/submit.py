"""submit: post one approved image action to DigitalOcean, at most once.

The intent is written first, fenced by a token that is read again immediately before the POST.
What certainly did not arrive is sent again by itself; what was refused ends; everything else
is ambiguous and belongs to `settle`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.digitalocean import (
    Client,
    DigitalOceanError,
    HttpResponseError,
    InvalidBody,
    ServiceRequestError,
)
from bot.digitalocean.refusals import Refusal, refusal_of, trouble_of
from bot.domain.backoff import backoff, wait_asked
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.resources import ImageAction
from bot.domain.states import State
from bot.errors import StoreUnavailable
from bot.jobs.reconcile import Reconciler, ask_people
from bot.observability.log_context import log_context
from bot.operations.base import Resend, Started
from bot.operations.registry import operation_of
from bot.policy.review import tally
from bot.requests.assessment import Assessment, Assessor
from bot.requests.proof import contradictions_with
from bot.requests.recheck import as_reviewed, undecided, what_changed, why_undecided
from bot.store import audit, events, outbox, transitions
from bot.store.adoption import adopt_action
from bot.store.anchor import AnchorFile
from bot.store.requests import load_step, of_step
from bot.store.rows import OpsRequest, Step
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move_step, update_step
from bot.views import blockers

log = logging.getLogger(__name__)

_SLOWEST_RETRY = 60.0
"""The longest pause, in seconds, between tries while DigitalOcean is out of reach."""
NOT_YET_SECONDS = 1800.0
"""How long a POST is tried again that DigitalOcean says it cannot take yet: a transfer of a large
image blocks the next one for so long."""


class Submit:
    """The job `submit`; its key is an image action's row id."""

    def __init__(
        self,
        store: Store,
        client: Client,
        assessor: Assessor,
        settle: Reconciler,
        anchor: AnchorFile | None = None,
    ) -> None:
        self._anchor = anchor
        self._store = store
        self._client = client
        self._assessor = assessor
        self._reconciler = settle

    def __call__(self, key: str) -> None:
        """Do what the state of this image action still needs."""
        with self._store.read() as connection:
            request = of_step(connection, int(key))
            root = outbox.root_of(connection, request.id) if request else None
        if request is None:
            return
        step = next(step for step in request.steps if step.id == int(key))
        if step.retry_at and step.retry_at > self._store.clock():
            return  # the sweep asks again
        with log_context(ops_request=request.id):
            if step.state is State.SUBMITTING:
                self._reconciler(step)
            elif step.state is State.APPROVED and root and root.ts:  # nothing runs unseen
                try:
                    self._submit(request, step)
                except StoreUnavailable:
                    raise
                except Exception:
                    reference = uuid.uuid4().hex[:8]
                    log.exception("submit %s failed, reference %s", step.id, reference)
                    self._internal_error(step, reference)

    def _internal_error(self, step: Step, reference: str) -> None:
        """A defect of ours: somebody must hear of it, once. Where an intent is written already
        this takes hold of nothing, and it is settled like every lost answer."""
        self._try_later(
            step,
            Event.INTERNAL_ERROR,
            f"an error of mine, reference {reference}",
            None,
            {"reference": reference},
            tell=not step.error_reference,
            error_reference=reference,
        )

    def _submit(self, request: OpsRequest, step: Step) -> None:
        if self._contradicted(request, step):
            return
        try:
            if step.look_first and self._is_there(step, self._reconciler.candidates(step)):
                return  # first of all: by now the image may be where this step brought it
            found = self._assessor.assess(request, step.spec)
            if undecided(request, found):
                self._try_later(step, Event.DELAYED, why_undecided(found), None)
                return
            if self._done_or_void(request, step, found):
                return
            if self._is_there(step, self._in_flight(step)):
                return
        except DigitalOceanError as error:
            trouble = {"trouble": trouble_of(error), "scopes": "image:read"}
            self._try_later(step, Event.DELAYED, error.problem, _retry_after(error), trouble)
            return
        fenced = self._intend(request, step, found)
        if fenced is not None and self._anchored(fenced):
            self._post(fenced)

    def _anchored(self, step: Step) -> bool:
        """Whether the log's head is kept outside, where one is to be: else nothing is sent yet."""
        if self._anchor is None:
            return True
        with self._store.read() as connection:
            position, head = audit.head(connection)
        try:
            self._anchor.append(self._store.clock(), position, head)
        except OSError as error:
            log.error("IMAGE_BOT_ANCHOR cannot be written: %s", error)
            said = f"The audit log's head cannot be kept outside: {error.strerror}."
            self._try_later(step, Event.NOT_ARRIVED, said, None)
            return False
        return True

    def _in_flight(self, step: Step) -> list[ImageAction]:
        """What does the same just now: from the control panel, another bot, or a request that was
        given up. Looked for before every POST that must not happen twice."""
        if step.look_first or operation_of(step.spec).resend is Resend.SAFE:
            return []
        return self._reconciler.in_flight(step)

    def _is_there(self, step: Step, found: list[ImageAction]) -> bool:
        """Whether what was found stands for the POST: followed, or a question for people."""
        if not found:
            return False
        if len(found) == 1 and self._reconciler.adopt(step, found[0]):
            return True
        with self._store.write() as tx:
            ask_people(tx, step, found, "more than one action at DigitalOcean could be this one")
        return True

    def _done_or_void(self, request: OpsRequest, step: Step, found: Assessment) -> bool:
        """Whether the world changed since people decided: then nothing is posted."""
        changes = what_changed(request, step, found)
        blocker = found.blockers[step.position]
        if not changes and not (blocker and blocker.done_already):
            return False
        with self._store.write() as tx:
            if changes:
                said = "; ".join(changes)
                _end(tx, step, State.ERRORED, Event.DRIFTED, said, {"drift": said})
            elif blocker:
                said = f"{blockers.problem(blocker)} Nothing was sent."
                _end(tx, step, State.COMPLETED, Event.COMPLETED, said, {"why": said})
        return True

    def _contradicted(self, request: OpsRequest, step: Step) -> bool:
        """Whether the tables say what the audit log does not: then nothing is sent."""
        with self._store.read() as connection:
            found = contradictions_with(connection, request)
        if not found:
            return False
        log.error("request %s: tables and audit log differ in %s", request.id, ", ".join(found))
        said = f"The audit log contradicts the database: {', '.join(found)}. Nothing was sent."
        facts = {"what": list(found)}
        with self._store.write() as tx:
            end = (State.ERRORED, Event.CONTRADICTED, said, facts)
            _end(tx, step, *end, refused_for_good=True)
        return True

    def _intend(self, request: OpsRequest, step: Step, found: Assessment) -> Step | None:
        """Write the intent and a new fence; the fenced step, or None when somebody was faster."""
        fence = uuid.uuid4().hex
        image = found.images[step.spec.target]
        with self._store.write() as tx:
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
                detail="",
                size_gigabytes=image.size_gigabytes if image else None,
                source_region=min(image.regions, default="") if image else "",
            )
            if intended:
                operation = operation_of(step.spec)
                facts = {
                    "position": step.position,
                    "fence": fence,
                    "call": operation.call(step.spec),
                    "body": dict(operation.body(step.spec)),
                    "policy_digest": self._assessor.note_policy(tx),
                    "needed": found.decision.approvals,
                    "votes": list(tally(found.decision, as_reviewed(request)).approved_by),
                }
                events.record(tx, step.ops_request, Event.INTENT, facts=facts)
        with self._store.read() as connection:  # the fence again, immediately before the POST
            now = load_step(connection, step.id)
        mine = intended and now and now.fence == fence and now.state is State.SUBMITTING
        return now if mine and now and now.spec == step.spec else None

    def _post(self, step: Step) -> None:
        try:
            outcome = operation_of(step.spec).start(self._client, step.spec)
        except ServiceRequestError as error:
            trouble = {"trouble": trouble_of(error)}
            self._try_later(step, Event.NOT_ARRIVED, error.problem, None, trouble)
        except InvalidBody as error:
            self._reject(step, error.problem)
        except HttpResponseError as error:
            self._refused(step, error)
        except DigitalOceanError as error:
            self._ambiguous(step, error.problem)
        except ValidationError:
            self._ambiguous(step, "DigitalOcean's answer holds no readable action")
        else:
            if not isinstance(outcome, Started):
                self._done(step)
            elif operation_of(step.spec).is_mine(outcome.action, step.spec):
                self._accepted(step, outcome.action)
            else:
                log.error("the answer tells of something else: %r", outcome.action)
                self._ambiguous(step, "DigitalOcean's answer tells of another action")

    def _refused(self, step: Step, error: HttpResponseError) -> None:
        refusal = refusal_of(error)
        if refusal is Refusal.STILL_A_BACKUP:
            # `type` still says backup for seconds after the conversion this step waited for.
            refusal = Refusal.NOT_YET if step.after is not None else Refusal.NEVER
        match refusal:
            case Refusal.GONE if operation_of(step.spec).done_when_gone:
                self._done(step)
            case Refusal.DONE_ALREADY:
                self._is_so_already(step, error)
            case Refusal.NOT_YET:
                self._not_yet(step, error)
            case Refusal.TOO_MANY:
                trouble = {"trouble": trouble_of(error)}
                wait = _retry_after(error)
                self._try_later(step, Event.NOT_ARRIVED, error.problem, wait, trouble)
            case Refusal.UNCERTAIN:
                self._ambiguous(step, error.problem)
            case Refusal.TOKEN | Refusal.SCOPE:
                self._reject(step, f"{error.problem} {error.help}".strip())
            case _:
                said = f"{error.problem} {error.help}".strip()
                self._reject(step, said, for_good=True)

    def _is_so_already(self, step: Step, error: HttpResponseError) -> None:
        said = f"It is so already: DigitalOcean says “{error.message}”."
        with self._store.write() as tx:
            _end(tx, step, State.COMPLETED, Event.COMPLETED, said, {"why": said})

    def _not_yet(self, step: Step, error: HttpResponseError) -> None:
        """Certainly not done, and worth another try, for `NOT_YET_SECONDS` at most."""
        since = step.not_yet_since or self._store.clock()
        if self._store.clock() - since >= NOT_YET_SECONDS:
            self._reject(step, f"{error.problem} It was tried again for 30 minutes.")
            return
        self._try_later(
            step,
            Event.NOT_ARRIVED,
            error.problem,
            None,
            {"not_yet": True},
            tell=step.not_yet_since is None,
            not_yet_since=since,
        )

    def _accepted(self, step: Step, action: ImageAction) -> None:
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

    def _done(self, step: Step) -> None:
        """DigitalOcean did it at once."""
        with self._store.write() as tx:
            ended = move_step(
                tx, step, State.COMPLETED, fence="", started_at=step.intent_at, completed_at=tx.now
            )
            if ended:
                facts = {"position": step.position, "seconds": tx.now - (step.intent_at or tx.now)}
                events.record(tx, step.ops_request, Event.COMPLETED, facts=facts)

    def _ambiguous(self, step: Step, said: str) -> None:
        if operation_of(step.spec).resend is Resend.SAFE:
            self._try_later(step, Event.RESENT, said, None)
            return
        with self._store.write() as tx:
            if update_step(tx, step, ambiguous=True, detail=said):
                facts = {"position": step.position, "said": said}
                events.record(tx, step.ops_request, Event.AMBIGUOUS, facts=facts)
                tx.enqueue(Job.SUBMIT, step.id)

    def _reject(self, step: Step, said: str, *, for_good: bool = False) -> None:
        """`for_good`: the same would be refused again, so it is not offered."""
        with self._store.write() as tx:
            facts = {"said": said, "for_good": for_good}
            _end(tx, step, State.ERRORED, Event.REJECTED, said, facts, refused_for_good=for_good)

    def _try_later(
        self,
        step: Step,
        event: Event,
        said: str,
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
            columns = {"retry_at": retry_at, "attempts": step.attempts + 1, "detail": said}
            columns |= {"not_yet_since": not_yet_since, "error_reference": error_reference}
            if step.state is State.APPROVED:
                held = update_step(tx, step, **columns)
            else:
                held = move_step(tx, step, State.APPROVED, fence="", **columns)
            if not held:
                return
            tx.enqueue(Job.SUBMIT, step.id, retry_at)
            told = step.attempts == 0 or tell
            if told or step.state is State.SUBMITTING:  # in the log every intent has its end
                facts = {"position": step.position, "said": said, "retry_at": retry_at}
                facts |= more or {}
                events.record(tx, step.ops_request, event, facts=facts, told=told)
            else:  # told already; the card still says that it is being sent
                outbox.refresh(tx, step.ops_request)


def _end(
    tx: Transaction,
    step: Step,
    state: State,
    event: Event,
    said: str,
    facts: dict[str, Any],
    **columns: Any,
) -> None:
    columns |= {"fence": "", "detail": said, "completed_at": tx.now, "retry_at": None}
    if move_step(tx, step, state, **columns):
        transitions.update(tx, step.ops_request, outcome=said)
        events.record(tx, step.ops_request, event, facts={"position": step.position, **facts})


def _retry_after(error: DigitalOceanError) -> float | None:
    return error.retry_after if isinstance(error, HttpResponseError) else None
