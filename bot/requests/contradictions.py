"""In what the tables say something else of a request than the audit log does. Pure.

The tables can be changed by whoever can write to the database; the log cannot without breaking its
chain. What is sent has to follow from the log alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum

from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.domain.steps import Target
from bot.operations.registry import operation_of, predecessors
from bot.requests.counted import (
    each_signed_in_as_themselves,
    escalated_in_order,
    is_reached,
    resent_by_enough,
    voted_in_time,
)
from bot.store.audit import Entry
from bot.store.rows import OpsRequest, Step

_OPENINGS = (
    Event.PENDING,
    Event.RUNS_AT_ONCE,
    Event.STANDING_APPROVAL,
    Event.BREAK_GLASS_USED,
)
_CLOSED = (
    Event.DENIED,
    Event.CANCELLED,
    Event.SUPERSEDED,
    Event.CLOSED,
    Event.EXPIRED,
    Event.REFUSED,
    Event.NOTHING_TO_DO,
)
"""After these nothing of a request is sent any more."""
_PAST_THE_GATE = (
    *(State.APPROVED, State.SUBMITTING, State.IN_PROGRESS, State.NEEDS_ATTENTION),
    *(State.COMPLETED, State.ERRORED),
)
"""States to which what people had to approve comes by enough approvals alone."""
_BEGUN = (State.APPROVED, State.SUBMITTING, State.IN_PROGRESS, State.NEEDS_ATTENTION)
"""States to which a step comes once what it waits for is completed."""
_NOT_SENT = (Event.NOT_ARRIVED, Event.RESENT, Event.POST_AGAIN)
"""After these a step that was sent may be sent again."""
_TRIED = (Event.DELAYED, Event.INTERNAL_ERROR, Event.POST_AGAIN_VOTED)
"""These change nothing of whether a step was sent."""


class Contradiction(StrEnum):
    """In what they differ."""

    REQUESTER = "requester"
    STEPS = "steps"
    ORDER = "order"
    """Which step waits for which."""
    EVIDENCE = "evidence"
    """What people saw, or the rule that asked for their approval."""
    VOTES = "votes"
    TERMS = "terms"
    """When and where it was asked for, why, and whether glass was broken for it."""
    ESCALATION = "escalation"
    """Since when others than at first may approve, and whether they did before that."""
    DEADLINE = "deadline"
    """Until when it waits for approvals, or one came after that."""
    REVIEW = "review"
    """Whether an emergency is to be reviewed, or was."""
    STATE = "state"
    """The log says that it is over, sent, opened before, or to be looked for first; the tables,
    that it is still to be sent, or to be opened."""
    LOG = "log"
    """The rows about it do not follow from the rows before them."""


ON_THE_CARD = frozenset(
    {
        *(Contradiction.REQUESTER, Contradiction.STEPS, Contradiction.ORDER),
        *(Contradiction.EVIDENCE, Contradiction.TERMS, Contradiction.DEADLINE),
    }
)
"""In what people see before they approve."""


def contradictions(
    request: OpsRequest, rows: Sequence[Entry], only: int | None = None
) -> tuple[Contradiction, ...]:
    """In what a request differs from its rows of the log. Pure.

    Args:
        rows: all rows about it, oldest first.
        only: the position of the step whose state is compared; None: of all of them. Others may
            have been sent since the request was read.
    """
    asked = next((row for row in rows if row.event == Event.REQUESTED), None)
    waits = request.state is State.PENDING
    is_so = {
        Contradiction.REQUESTER: asked is not None and asked.actor == request.requester,
        Contradiction.STEPS: _same_steps(request, rows, asked),
        Contradiction.ORDER: _same_order(request, asked),
        Contradiction.TERMS: asked is None or _same_terms(request, asked),
        Contradiction.EVIDENCE: _same_evidence(request, rows),
        Contradiction.VOTES: _same_votes(request, rows),
        Contradiction.ESCALATION: escalated_in_order(rows, request.escalated_at),
        Contradiction.DEADLINE: voted_in_time(rows, request.expires_at, waits=waits),
        Contradiction.REVIEW: request.review == _review(rows),
        Contradiction.STATE: _in_turn(request, rows, only) and _may_be_so(request, rows, only),
        Contradiction.LOG: all(row.hash == row.expected_hash() for row in rows),
    }
    return tuple(what for what, same in is_so.items() if not same)


def _same_steps(request: OpsRequest, rows: Sequence[Entry], asked: Entry | None) -> bool:
    steps = [step.spec.as_json() for step in request.steps]
    made = _made(request, rows)
    waits = [(step.resolved_id, step.successor or step.spec.target) for step in request.steps]
    same = asked is None or json.loads(asked.facts).get("steps") == steps
    return same and all(resolved == made.get(target) for resolved, target in waits)


def _same_order(request: OpsRequest, asked: Entry | None) -> bool:
    in_turn = asked is not None and bool(json.loads(asked.facts).get("in_turn"))
    order = tuple(step.after for step in request.steps)
    return order == predecessors(request.specs, in_turn=in_turn)


def _same_evidence(request: OpsRequest, rows: Sequence[Entry]) -> bool:
    evidence = request.evidence
    if evidence is None:
        return True
    opened = [row.evidence_digest for row in rows if row.event in _OPENINGS]
    steps = [step.spec.as_json() for step in request.steps]
    digests = (evidence.digest, request.evidence_digest)
    told = list(evidence.steps), evidence.rule
    return all(digest in opened for digest in digests) and told == (steps, request.rule)


def _same_votes(request: OpsRequest, rows: Sequence[Entry]) -> bool:
    approved = _approved(rows)
    had_to_be_approved = request.state in _PAST_THE_GATE and any(
        row.event == Event.PENDING for row in rows
    )
    cast = {(vote.person, vote.step_up or "") for vote in request.approvals}
    return (
        cast <= set(approved.items())
        and (not had_to_be_approved or is_reached(rows, approved))
        and resent_by_enough(rows)
        and each_signed_in_as_themselves(rows)
    )


def _made(request: OpsRequest, rows: Iterable[Entry]) -> dict[Target, int]:
    """The images that its steps made, as the log holds it."""
    found: dict[Target, int] = {}
    for row in rows:
        facts = json.loads(row.facts) if row.event == Event.COMPLETED else {}
        position = facts.get("position")
        step = next((s for s in request.steps if s.position == position), None)
        if step is not None and "image_id" in facts:
            spec = step.spec
            if (target := operation_of(spec).makes(spec)) is not None:
                found[target] = facts["image_id"]
    return found


def _same_terms(request: OpsRequest, asked: Entry) -> bool:
    facts = json.loads(asked.facts)
    told = asked.channel, facts.get("reason", ""), facts.get("break_glass", "")
    clock = facts.get("schedule", ""), facts.get("due_at")
    kept = request.channel, request.reason, request.break_glass
    since = asked.at == request.created_at  # what was made before that is not taken for its own
    return since and told == kept and clock == (request.schedule, request.due_at)


def _review(rows: Iterable[Entry]) -> str:
    """How the review of an emergency stands, as the request's row has it."""
    review = ""
    for row in rows:
        if row.event == Event.BREAK_GLASS_USED:
            review = "open"
        elif row.event == Event.REVIEW_CLOSED:
            review = "closed"
    return review


def _may_be_so(request: OpsRequest, rows: Sequence[Entry], only: int | None) -> bool:
    """Whether what is still to be sent was neither ended nor sent, as far as the log knows."""
    steps = [step for step in request.steps if only in (None, step.position)]
    unsent = {s.position for s in steps if s.state in (State.PENDING, State.APPROVED)}
    if any(not s.look_first and _is_looked_for(s, rows) for s in steps if s.position in unsent):
        return False
    opened = sum(row.event in _OPENINGS for row in rows)
    if opened > (0 if request.state is State.CHECKING else 1):  # each would begin its time anew
        return False
    sent: dict[int, bool] = {}
    for row in rows:
        if row.event in _CLOSED and request.state not in FINISHED:
            return False
        position = json.loads(row.facts).get("position")
        if position is not None and row.event not in _TRIED:
            sent[position] = row.event not in _NOT_SENT
    return request.state in FINISHED or not any(sent.get(position) for position in unsent)


def _in_turn(request: OpsRequest, rows: Iterable[Entry], only: int | None) -> bool:
    """Whether what each step had to wait for was completed, as the log holds it."""
    completed: set[int] = set()
    for row in rows:
        facts = json.loads(row.facts)
        if row.event == Event.COMPLETED and "position" in facts:
            completed.add(facts["position"])
        elif row.event in _OPENINGS:
            completed |= set(facts.get("done_already", ()))
    steps = [step for step in request.steps if only in (None, step.position)]
    return all(s.after is None or s.after in completed for s in steps if s.state in _BEGUN)


def _is_looked_for(step: Step, rows: Iterable[Entry]) -> bool:
    """Whether the log says that it is to be looked for before it is sent."""
    looks = False
    for row in rows:
        if row.event == Event.ASKED_AGAIN:
            looks = True
        elif row.event in (Event.POST_AGAIN, Event.INTENT):
            mine = json.loads(row.facts).get("position") == step.position
            looks = row.event == Event.POST_AGAIN if mine else looks
    return looks


def _approved(rows: Iterable[Entry]) -> dict[str, str]:
    """Whose approvals the log holds, and by what each was confirmed (empty: by nothing); what came
    before a restore is void."""
    people: dict[str, str] = {}
    by_the_clock = False
    for row in rows:
        told = json.loads(row.facts)
        if row.event == Event.REQUESTED:
            by_the_clock = told.get("due_at") is not None
        elif row.event == Event.ASKED_AGAIN:
            people.clear()
        elif row.event in (Event.DENIED, Event.VOTE_WITHDRAWN):
            people.pop(row.actor, None)  # whoever approved may think better of it
        elif row.event == Event.STANDING_APPROVAL and by_the_clock:
            how = told.get("step_up") or {}
            people |= {person: how.get(person, "") for person in told["approved_by"]}
        elif row.event in (Event.VOTED, Event.APPROVED):
            people[row.actor] = (told.get("step_up") or {}).get("method", "")
    return people
