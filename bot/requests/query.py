"""What people ask that changes nothing: how things stand, what happened, what would be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.places import Places
from bot.domain.resources import Image, LiveRegion
from bot.domain.search import Asker
from bot.domain.states import State
from bot.domain.steps import StepSpec, image_target
from bot.domain.visibility import Reader
from bot.policy import explain as policy_explain
from bot.policy.match import PolicyInput
from bot.policy.schema import Policy
from bot.requests.assessment import policy_steps
from bot.requests.commands import RequestDraft
from bot.requests.unit_of_work import Dependencies
from bot.store import audit, outbox, read_cache, requests
from bot.store.rows import OpsRequest
from bot.views import offers, overviews, policy_text
from bot.views.message import Message

_MOST_OPEN, _MOST_OF_IMAGE = 20, 5
"""Requests that a list of them shows."""
_MOST_SEARCHED = 500
_ROWS_SEARCHED = 100
_TOLD_BY_RUNS = (Event.SCHEDULE_DUE, Event.SCHEDULE_BEGUN, Event.SCHEDULE_ENDED)
"""The requests of a schedule's run tell of it."""


def places_in(connection: Connection, policy: Policy) -> Places:
    """What can be typed as a region: by the live regions as last read, and by the policy's sets."""
    return _places(read_cache.regions(connection).values(), policy)


def _places(live: Iterable[LiveRegion], policy: Policy) -> Places:
    return Places({each.slug: each.name for each in live if each.takes_images}, policy.regions)


def reader_of(connection: Connection, asker: Asker) -> Reader:
    """Somebody as a reader: what they may see of what others asked for."""
    return Reader(asker.person, asker.channel, read_cache.public_channels(connection))


def may_read(reader: Reader, request: OpsRequest) -> bool:
    """Whether a request may be shown: it was not asked in private, or it concerns the reader.

    Whoever only joined it hears how it ends; they did not choose to let each other read.
    """
    people = {request.requester, *request.gate.people}
    people |= {vote.person for vote in request.votes}
    return reader.may_read(request.channel, people)


def joined_under(
    connection: Connection, request: OpsRequest, person: str
) -> tuple[Mapping[str, Any], tuple[StepSpec, ...]] | None:
    """Where and why somebody joined a request, and what they asked for then, as the audit log
    holds it; None: they did not join it."""
    joined = [
        json.loads(row.facts)
        for row in audit.entries(connection, ops_request=request.id)
        if row.event == Event.JOINED and row.actor == person
    ]
    if not joined:
        return None
    steps = [StepSpec.from_json(step) for facts in joined for step in facts["steps"]]
    return joined[-1], tuple({step.key: step for step in steps}.values())


def _waits_for(person: str, request: OpsRequest) -> bool:
    """Whether somebody could vote on a request now."""
    asked = request.state is State.PENDING and person in request.gate.people
    return asked and person not in {request.requester, *(vote.person for vote in request.votes)}


def status(
    deps: Dependencies, asker: Asker, subject: int | None, wanted: str = "", whose: str = ""
) -> Message:
    """One ops request by its number or by its action's, with what can be decided about it.

    Of an image, its newest requests; without a subject all that is open.

    Args:
        wanted: the `action_id` of the button that the person looks for.
        whose: `mine` or `waiting`: of what is open, what they asked for, or may approve.
    """
    person = asker.person
    with deps.store.read() as connection:
        reader = reader_of(connection, asker)
        if subject is None:
            mine = person if whose == "mine" else ""
            most = _MOST_SEARCHED if whose == "waiting" else _MOST_OPEN
            found = requests.newest(connection, requester=mine, open_only=True, limit=most)
            if whose == "waiting":
                found = [r for r in found if _waits_for(person, r)][:_MOST_OPEN]
            if whose and not found:
                return Message(overviews.nothing_open(whose))
            shown = [request for request in found if may_read(reader, request)]
            hidden = len(found) - len(shown)
            return offers.overview(shown, deps.store.clock(), _MOST_OPEN, hidden, wanted)
        request = requests.load(connection, subject) or requests.of_action(connection, subject)
        if request is not None and not may_read(reader, request):
            return Message(overviews.asked_in_private(request.id))
        if request is not None:
            return offers.status(request, deps.store.clock(), wanted)
        return Message(status_of_image(connection, reader, subject))


def status_of_image(connection: Connection, reader: Reader, number: int) -> str:
    """The newest requests about an image that somebody may read."""
    of_image = requests.newest_of_number(connection, number, _MOST_OF_IMAGE)
    shown = [request for request in of_image if may_read(reader, request)]
    if shown:
        return overviews.of_image(number, shown, len(of_image) - len(shown))
    return overviews.unknown_request(number)


def history(deps: Dependencies, asker: Asker, image_id: int | None) -> str:
    """The newest rows of the audit log that they may read, of one image or of all."""
    with deps.store.read() as connection:
        return history_in(connection, asker, image_id)


def history_in(connection: Connection, asker: Asker, image_id: int | None) -> str:
    """The same, as the caller sees the database."""
    reader = reader_of(connection, asker)
    if image_id:
        newest = requests.newest_of_number(connection, image_id, _ROWS_SEARCHED)
    else:
        newest = requests.newest(connection, limit=_ROWS_SEARCHED)
    shown = [request for request in newest if may_read(reader, request)]
    rows = [
        entry
        for entry in audit.entries(connection, image_id=image_id, newest=_ROWS_SEARCHED)
        if entry.ops_request is None
        and entry.event not in _TOLD_BY_RUNS
        and reader.may_read(entry.channel, {entry.actor})
    ]
    hidden = len(newest) - len(shown)
    return overviews.history(shown, rows, image_id, hidden)


def rules(deps: Dependencies) -> str:
    """The rules of the policy in force."""
    return policy_text.rules(deps.policy.current)


def explain(deps: Dependencies, draft: RequestDraft, *, details: bool = False) -> str:
    """Who would have to approve, who would be told, by which rule; nothing is asked.

    Args:
        details: also how each rule was tried.
    """
    with deps.store.read() as connection:
        return explain_in(deps, connection, draft, details=details)


def explain_in(
    deps: Dependencies,
    connection: Connection,
    draft: RequestDraft,
    *,
    details: bool = False,
    image: Image | None = None,
) -> str:
    """The same, as the caller sees the database.

    Args:
        image: what it would be done to, where it was looked up: a rule may ask for its name.
    """
    known = {image_target(image.id): image} if image else None
    now = deps.store.clock()
    asked = PolicyInput(
        steps=policy_steps(draft.steps, known),
        requester=draft.requester,
        channel=draft.channel,
        at=datetime.fromtimestamp(now, UTC),
        break_glass=bool(draft.break_glass),
    )
    directory = read_cache.StoredDirectory(connection, now)
    found = policy_explain.explain(deps.policy.current, asked, directory)
    short = "" if details else policy_text.in_short(found.decision)
    return short or policy_text.explanation(found)


def request_of_thread(deps: Dependencies, channel: str, thread_ts: str) -> OpsRequest | None:
    """The ops request whose card, or a copy of it, is the root of this thread."""
    with deps.store.read() as connection:
        found = outbox.request_at(connection, channel, thread_ts)
        return requests.load(connection, found) if found is not None else None


def places(deps: Dependencies) -> Places:
    """What can be typed as a region, by the live regions of a few seconds ago.

    Raises:
        bot.errors.StoreUnavailable: they cannot be read now.
    """
    return _places(deps.regions(), deps.policy.current)


def regions(deps: Dependencies) -> list[LiveRegion]:
    """The live regions, as last read; empty while they were never read.

    Raises:
        bot.errors.StoreUnavailable: they cannot be read now.
    """
    return list(deps.regions())
