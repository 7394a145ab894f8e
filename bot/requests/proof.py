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
from bot.store import audit
from bot.store.audit import Entry
from bot.store.requests import load
from bot.store.rows import OpsRequest
from bot.store.tables import ops_request

_OPENINGS = (Event.PENDING, Event.RUNS_AT_ONCE, Event.BREAK_GLASS_USED)


class Contradiction(StrEnum):
    """In what they differ."""

    REQUESTER = "requester"
    STEPS = "steps"
    EVIDENCE = "evidence"
    VOTES = "votes"


def contradictions(request: OpsRequest, rows: Sequence[Entry]) -> tuple[Contradiction, ...]:
    """In what a request differs from its rows of the log. Pure.

    Args:
        rows: all rows about it, oldest first.
    """
    return tuple(_contradictions(request, rows))


def _contradictions(request: OpsRequest, rows: Sequence[Entry]) -> Iterator[Contradiction]:
    asked = next((row for row in rows if row.event == Event.REQUESTED), None)
    if asked is None or asked.actor != request.requester:
        yield Contradiction.REQUESTER
    steps = [step.spec.as_json() for step in request.steps]
    if asked is not None and json.loads(asked.facts).get("steps") != steps:
        yield Contradiction.STEPS
    evidence = request.evidence
    if evidence is not None:
        opened = [row.evidence_digest for row in rows if row.event in _OPENINGS]
        told = (evidence.digest, request.evidence_digest)
        if any(digest not in opened for digest in told) or list(evidence.steps) != steps:
            yield Contradiction.EVIDENCE
    if not {vote.person for vote in request.approvals} <= _approved(rows):
        yield Contradiction.VOTES


def _approved(rows: Iterable[Entry]) -> set[str]:
    """Whose approvals the log holds; what came before a restore is void."""
    people: set[str] = set()
    for row in rows:
        if row.event == Event.ASKED_AGAIN:
            people.clear()
        elif row.event in (Event.VOTED, Event.APPROVED):
            people.add(row.actor)
    return people


def contradictions_of(connection: Connection, request_id: int) -> tuple[Contradiction, ...]:
    """The same of one request, as both are now."""
    request = load(connection, request_id)
    if request is None:
        return ()
    return contradictions(request, list(audit.entries(connection, ops_request=request_id)))


def all_contradictions(
    connection: Connection,
) -> Iterator[tuple[int, tuple[Contradiction, ...]]]:
    """Each request that differs from the log, with in what."""
    numbers = connection.execute(sa.select(ops_request.c.id).order_by(ops_request.c.id)).scalars()
    for number in numbers.all():
        if found := contradictions_of(connection, number):
            yield number, found
