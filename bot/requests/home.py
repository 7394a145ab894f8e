"""What one person's App Home shows, read from the database."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from bot.domain.states import FINISHED, State
from bot.policy.schema import Policy
from bot.store import preferences, read_cache, requests
from bot.views.home import Home

_MOST = 10
_RECENT = 5
_SEARCHED = 500
"""Open requests among which those are found that wait for the person."""


def look(connection: Connection, person: str, policy: Policy) -> Home:
    """Everything that the Home of `person` shows."""
    pending = requests.newest(connection, open_only=True, limit=_SEARCHED)
    waiting = [
        request
        for request in pending
        if request.state is State.PENDING
        and person in request.gate.people
        and person not in {vote.person for vote in request.votes}
    ]
    mine = requests.newest(connection, requester=person, limit=_MOST + _RECENT)
    return Home(
        person=person,
        waiting=tuple(reversed(waiting[-_MOST:])),
        mine=tuple(r for r in mine if r.state not in FINISHED)[:_MOST],
        recent=tuple(r for r in mine if r.state in FINISHED)[:_RECENT],
        policy=policy,
        notify=preferences.of(connection, person),
        coverage=read_cache.coverage(connection),
    )
