"""Whether the tables say of a request what the audit log says: asked before each POST.

The tables can be changed by whoever can write to the database; the log cannot without breaking its
chain. What is sent has to follow from the log alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.domain.steps import Target
from bot.errors import BotError
from bot.operations.registry import operation_of, predecessors
from bot.requests.counted import escalated_in_order, is_reached, resent_by_enough
from bot.store import audit
from bot.store.audit import Entry
from bot.store.requests import load
from bot.store.rows import OpsRequest, Step
from bot.store.tables import ops_request

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
    VOTES = "votes"
    TERMS = "terms"
    """Where it was asked for, why, and whether glass was broken for it."""
    ESCALATION = "escalation"
    """Since when others than at first may approve, and whether they did before that."""
    STATE = "state"
    """The log says that it is over, sent, or to be looked for first; the tables, that it is still
    to be sent."""
    LOG = "log"
    """The rows about it do not follow from the rows before them."""


ON_THE_CARD = frozenset(
    {
        *(Contradiction.REQUESTER, Contradiction.STEPS, Contradiction.ORDER),
        *(Contradiction.EVIDENCE, Contradiction.TERMS),
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
    return tuple(_contradictions(request, rows, only))


def _contradictions(
    request: OpsRequest, rows: Sequence[Entry], only: int | None
) -> Iterator[Contradiction]:
    asked = next((row for row in rows if row.event == Event.REQUESTED), None)
    if asked is None or asked.actor != request.requester:
        yield Contradiction.REQUESTER
    steps = [step.spec.as_json() for step in request.steps]
    if asked is not None and json.loads(asked.facts).get("steps") != steps:
        yield Contradiction.STEPS
    yield from _in_steps(request, rows, asked)
    if not (_in_turn(request, rows, only) and _may_be_so(request, rows, only)):
        yield Contradiction.STATE
    if asked is not None and not _same_terms(request, asked):
        yield Contradiction.TERMS
    evidence = request.evidence
    if evidence is not None:
        opened = [row.evidence_digest for row in rows if row.event in _OPENINGS]
        told = (evidence.digest, request.evidence_digest)
        if any(digest not in opened for digest in told) or list(evidence.steps) != steps:
            yield Contradiction.EVIDENCE
    if not _same_votes(request, rows):
        yield Contradiction.VOTES
    if not escalated_in_order(rows, request.escalated_at):
        yield Contradiction.ESCALATION
    if any(row.hash != row.expected_hash() for row in rows):
        yield Contradiction.LOG


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
    )


def _in_steps(
    request: OpsRequest, rows: Sequence[Entry], asked: Entry | None
) -> Iterator[Contradiction]:
    in_turn = asked is not None and bool(json.loads(asked.facts).get("in_turn"))
    if tuple(step.after for step in request.steps) != predecessors(request.specs, in_turn=in_turn):
        yield Contradiction.ORDER
    made = _made(request, rows)
    waits = [(step.resolved_id, step.successor or step.spec.target) for step in request.steps]
    if any(resolved != made.get(target) for resolved, target in waits):
        yield Contradiction.STEPS


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
    return told == (request.channel, request.reason, request.break_glass) and clock == (
        request.schedule,
        request.due_at,
    )


def _may_be_so(request: OpsRequest, rows: Sequence[Entry], only: int | None) -> bool:
    """Whether what is still to be sent was neither ended nor sent, as far as the log knows."""
    steps = [step for step in request.steps if only in (None, step.position)]
    unsent = {s.position for s in steps if s.state in (State.PENDING, State.APPROVED)}
    if any(not s.look_first and _is_looked_for(s, rows) for s in steps if s.position in unsent):
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


def contradictions_of(connection: Connection, request_id: int) -> tuple[Contradiction, ...]:
    """The same of one request, as both are now."""
    request = load(connection, request_id)
    if request is None:
        return ()
    return contradictions_with(connection, request)


def contradictions_before_a_post(
    connection: Connection,
    request: OpsRequest,
    only: int,
    end: tuple[int, str],
    since: int | None = None,
) -> tuple[Contradiction, ...]:
    """The same, and whether the log is whole: a row that was taken out, moved to another request or
    cut off may have been the end of this one.

    Args:
        end: a row that the log had, by its position and hash; see `bot.store.transaction.LogEnd`.
        since: the position from which on it is looked at; None: from the request's first row on.
    """
    found = contradictions_with(connection, request, only)
    first = next((row.position for row in audit.entries(connection, ops_request=request.id)), 1)
    whole = audit.holds(connection, end) and audit.is_whole_since(
        connection, first if since is None else since
    )
    return found if whole or Contradiction.LOG in found else (*found, Contradiction.LOG)


def contradictions_with(
    connection: Connection, request: OpsRequest, only: int | None = None
) -> tuple[Contradiction, ...]:
    """The same of a request that was read before: what was looked at is what will be sent."""
    rows = list(audit.entries(connection, ops_request=request.id))
    found = contradictions(request, rows, only)
    if Contradiction.LOG not in found and not audit.are_linked(connection, rows):
        found = (*found, Contradiction.LOG)
    return found


def refuse_contradictions(connection: Connection) -> None:
    """A database whose tables say what its log does not is not put to work.

    Raises:
        BotError: it names the first request that differs.
    """
    for number, found in all_contradictions(connection):
        raise BotError(
            f"Request {number}: the tables and the audit log differ in {', '.join(found)}.",
            "Restore another backup; this one was changed after it was made.",
        )


def all_contradictions(
    connection: Connection,
) -> Iterator[tuple[int, tuple[Contradiction, ...]]]:
    """Each request that differs from the log, with in what."""
    numbers = connection.execute(sa.select(ops_request.c.id).order_by(ops_request.c.id)).scalars()
    for number in numbers.all():
        if found := contradictions_of(connection, number):
            yield number, found
