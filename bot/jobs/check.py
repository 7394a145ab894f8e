"""check: look the image up, ask the policy, and open the card (or say why not)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.digitalocean import DigitalOceanError, HttpResponseError
from bot.digitalocean.refusals import cause_of_error, trouble_of
from bot.domain.backoff import backoff, wait_asked
from bot.domain.causes import Cause, blocked
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.states import State
from bot.jobs.opening import denials, evidence_of, facts_of_opening, gate_of, show
from bot.observability.log_context import log_context
from bot.operations.registry import read_scope
from bot.policy.decide import Decision, Verdict
from bot.policy.review import Choice, Tally, tally
from bot.policy.review import Vote as ReviewedVote
from bot.policy.stored import cause_of_decision
from bot.requests.assessment import Assessment, Assessor
from bot.requests.counted import facts as facts_of_tally
from bot.requests.proof import contradictions_with
from bot.requests.recheck import as_reviewed
from bot.requests.standing import Standing, covers, rule_digest, standing_of
from bot.schedules.file import SchedulesFile
from bot.store import events, outbox
from bot.store.requests import load, lock_request
from bot.store.rows import OpsRequest, gate_columns
from bot.store.transaction import Store, Transaction
from bot.store.transitions import add_vote, close_step, move, update
from bot.views import answers, offers

_SLOWEST_RETRY = 30.0
"""The longest pause, in seconds, between look-ups while DigitalOcean is out of reach."""

REMIND_AFTER = 0.75
"""Those who may approve are reminded when this share of the time for it is over."""


@dataclass(frozen=True)
class _Verdict:
    """Where a checked request goes; `cause`: why it ends here, where it does."""

    state: State
    event: Event
    cause: Cause | None = None
    offer_plan: bool = False
    """It could be done after a convert."""


@dataclass(frozen=True)
class _Covered:
    """A schedule's run that its standing approval covers, and how its votes count today."""

    approval: Standing
    decision: Decision
    tally: Tally

    def facts(self) -> dict[str, Any]:
        """Of the row with which it runs."""
        people = self.approval.people
        return {
            "standing": self.approval.request_id,
            "approved_by": list(people),
            "step_up": {person: how for person, how in people.items() if how},
            "escalated": self.approval.escalated,
            "tally": facts_of_tally(self.decision, self.tally),
        }


class Check:
    """The job `check`; its key is an ops request's id."""

    def __init__(
        self, store: Store, assessor: Assessor, schedules: SchedulesFile | None = None
    ) -> None:
        self._store = store
        self._schedules = schedules or SchedulesFile(None, lambda _: None)
        self._assessor = assessor

    def __call__(self, key: str) -> None:
        """Check one request that nobody has seen yet."""
        with self._store.read() as connection:
            request = load(connection, int(key))
        if request is None or request.state is not State.CHECKING:
            return
        if request.retry_at and request.retry_at > self._store.clock():
            return
        try:
            with log_context(ops_request=request.id):
                found = self._assessor.assess(request)
        except DigitalOceanError as error:
            self._later(request, error)
            return
        with self._store.write() as tx:
            tx.advisory_lock(
                f"quotas of {request.requester}"
            )  # they count what opens at this moment
            decision = self._assessor.decided_in(tx, request, found.images)
            self._decide(tx, request, found.under(decision))

    def _later(self, request: OpsRequest, error: DigitalOceanError) -> None:
        """DigitalOcean cannot be asked now: the person is told once, and it is tried again."""
        wait = _pause(request.attempts, error)
        with self._store.write() as tx:
            at = tx.now + wait
            update(tx, request.id, attempts=request.attempts + 1, retry_at=at)
            if request.attempts == 0:
                trouble = trouble_of(error)
                text = answers.cannot_ask(
                    f"request {request.id}", trouble, error.problem, read_scope(request.specs)
                )
                outbox.add_answer(tx, request.id, request.asker, text)
                scope = read_scope(request.specs)
                cause = cause_of_error(error)
                facts = {"cause": cause.as_json(), "trouble": trouble, "scopes": scope}
                events.record(tx, request.id, Event.DELAYED, facts=facts)
            tx.enqueue(Job.CHECK, request.id, at)

    def _decide(self, tx: Transaction, request: OpsRequest, found: Assessment) -> None:
        verdict = _verdict(request, found)
        standing = None
        if verdict.state is State.PENDING and request.due_at is not None:
            standing = self._standing(tx, request, found)
        if standing:
            found = found.under(standing.decision)
            verdict = _Verdict(State.APPROVED, Event.STANDING_APPROVAL)
            for person, step_up in standing.approval.people.items():
                add_vote(tx, request.id, person, Choice.APPROVE, "", step_up)
        if verdict.cause:
            self._close(tx, request, found.decision, verdict, verdict.cause)
        else:
            self._open(tx, request, found, verdict, standing)

    def _standing(self, tx: Transaction, request: OpsRequest, found: Assessment) -> _Covered | None:
        """The approval of the schedule whose run it is, if it covers it today."""
        schedule = self._schedules.named(request.schedule)
        policy = self._assessor.policy
        sets = policy.regions
        standing = standing_of(tx.connection, schedule, sets, tx.now) if schedule else None
        if schedule is None or standing is None:
            return None
        if contradictions_with(tx.connection, request):
            return None  # it was not asked for this schedule
        if not covers(standing, schedule, found.decision, policy):
            return None
        decision = found.decision
        if standing.escalated:  # then those who approved may be among those who could as well
            as_then = replace(request, escalated_at=tx.now)
            decision = self._assessor.decided_in(tx, as_then, found.images)
        votes = tuple(
            ReviewedVote(person, Choice.APPROVE, step_up)
            for person, step_up in standing.people.items()
        )
        gate = replace(request.gate, people=tuple(sorted(decision.approvers)))
        as_decided = replace(request, gate=gate, rule=decision.rule or "")
        reviewed = replace(as_reviewed(as_decided), votes=votes)
        counted = tally(decision, reviewed)
        return _Covered(standing, decision, counted) if counted.complete else None

    def _close(
        self,
        tx: Transaction,
        request: OpsRequest,
        decision: Decision,
        verdict: _Verdict,
        cause: Cause,
    ) -> None:
        why = {"cause": cause.as_json()}
        if move(tx, request, verdict.state, rule=decision.rule or "", **why):
            events.record(tx, request.id, verdict.event, facts=why)
            said = offers.closed(request, verdict.state, cause, plan=verdict.offer_plan)
            outbox.add_answer(tx, request.id, request.asker, said.text, said.blocks)

    def _open(
        self,
        tx: Transaction,
        request: OpsRequest,
        found: Assessment,
        verdict: _Verdict,
        standing: _Covered | None = None,
    ) -> None:
        decision, evidence = found.decision, evidence_of(found)
        gate = gate_of(decision, denials(tx, request))
        lock_request(tx, request.id)
        for step, blocker in zip(request.steps, found.blockers, strict=True):
            if blocker:
                to = State.COMPLETED if blocker.done_already else State.CANCELLED
                close_step(tx, step, to, blocked([blocker]))
        patience = decision.expires_after.total_seconds()
        opened = move(
            tx,
            request,
            verdict.state,
            rule=decision.rule or "",
            decision=gate_columns(gate),
            evidence=evidence.model_dump(mode="json"),
            evidence_digest=evidence.digest,
            expires_at=tx.now + patience,
            remind_at=tx.now + REMIND_AFTER * patience,
            escalate_at=_escalates_at(tx, decision, verdict),
            escalated_at=tx.now if standing and standing.approval.escalated else None,
            review="open" if decision.break_glass else "",
            attempts=0,
        )
        if not opened:
            return
        asked = verdict.state is State.PENDING
        show(tx, request, decision, gate, asked=asked)
        rule = rule_digest(self._assessor.policy, decision.rule)
        facts = facts_of_opening(request, found, gate, rule, asked=asked)
        if standing:
            facts |= standing.facts()
        events.record(tx, request.id, verdict.event, request.requester, facts)


def _verdict(request: OpsRequest, found: Assessment) -> _Verdict:
    """One region that cannot be served does not stop the others; with none left it ends here."""
    in_the_way = [blocker for blocker in found.blockers if blocker]
    stopped = [blocker for blocker in in_the_way if not blocker.done_already]
    nothing_left = len(in_the_way) == len(request.steps)
    awaited = {step.after for step in request.steps if step.after is not None}
    plan_stopped = any(found.blockers[position] in stopped for position in awaited)
    if stopped and (nothing_left or plan_stopped):
        convert_first = all(blocker.convert_first for blocker in stopped)
        cause = blocked(stopped)
        return _Verdict(State.REFUSED, Event.REFUSED, cause, offer_plan=convert_first)
    if nothing_left:
        return _Verdict(State.COMPLETED, Event.NOTHING_TO_DO, blocked(in_the_way))
    if found.decision.verdict not in (Verdict.RUN, Verdict.ASK):
        return _Verdict(State.REFUSED, Event.REFUSED, cause_of_decision(found.decision))
    if found.decision.verdict is Verdict.ASK:
        return _Verdict(State.PENDING, Event.PENDING)
    break_glass_used = found.decision.break_glass
    return _Verdict(
        State.APPROVED, Event.BREAK_GLASS_USED if break_glass_used else Event.RUNS_AT_ONCE
    )


def _escalates_at(tx: Transaction, decision: Decision, verdict: _Verdict) -> float | None:
    if verdict.state is not State.PENDING or decision.escalates_after is None:
        return None
    return tx.now + decision.escalates_after.total_seconds()


def _pause(attempts: int, error: DigitalOceanError) -> float:
    asked = wait_asked(error.retry_after if isinstance(error, HttpResponseError) else None)
    return backoff(attempts, _SLOWEST_RETRY) if asked is None else asked
