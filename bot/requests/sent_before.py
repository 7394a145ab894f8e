"""What the audit log says of a call that was sent before: the tables can be edited so that it is
looked for where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.store import audit
from bot.store.audit import Entry
from bot.store.rows import Step

_OWNS = (Event.ACCEPTED, Event.ADOPTED)


def may_be_sent(step: Step, rows: Iterable[Entry]) -> bool:
    """Whether a step was sent before, or people chose to send it again."""
    return any(row.event in (Event.INTENT, Event.POST_AGAIN) for row, _ in _about(step, rows))


def as_logged(step: Step, rows: Iterable[Entry]) -> Step:
    """A step as it is to be looked for: with the time at which its last call was written down, and
    the actions that people were shown since, when they were asked what became of it."""
    sent: float | None = None
    seen: Sequence[dict[str, Any]] = ()
    for row, facts in _about(step, rows):
        if row.event == Event.INTENT:
            sent, seen = row.at, ()
        elif row.event == Event.NEEDS_ATTENTION:
            seen = facts["candidates"]
    return replace(step, intent_at=sent, candidates=tuple(seen))


def owns(connection: Connection, request_id: int, action_id: int) -> bool:
    """Whether an action at DigitalOcean became a request's own."""
    rows = audit.entries(connection, ops_request=request_id)
    return any(
        row.event in _OWNS and json.loads(row.facts).get("action_id") == action_id for row in rows
    )


def _about(step: Step, rows: Iterable[Entry]) -> Iterable[tuple[Entry, dict[str, Any]]]:
    told = ((row, json.loads(row.facts)) for row in rows)
    return ((row, facts) for row, facts in told if facts.get("position") == step.position)
