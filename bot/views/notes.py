"""What replies are made of: an event's facts, and how they name a step, people and causes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.causes import cause_of
from bot.store.rows import OpsRequest, Step
from bot.views import (
    causes,
    formats,
    summaries,
)
from bot.views.escape import safe

Note = Mapping[str, Any]
"""As `bot.store.events` wrote it: `event`, `actor`, `at` (epoch seconds), and its own facts."""


def who(note: Note) -> str:
    """Whoever caused it, as a mention."""
    return formats.person(str(note["actor"]))


def quoted(note: Note, key: str = "reason") -> str:
    """What they wrote, behind a colon; empty: nothing."""
    return f": “{safe(str(note[key]), 500)}”" if note.get(key) else ""


def step_of(note: Note, request: OpsRequest) -> Step:
    """The step that it is about."""
    return next(s for s in request.steps if s.position == note.get("position", 0))


def named(note: Note, request: OpsRequest, alone: str = "it") -> str:
    """`the transfer to nyc3` where the request has several image actions, else `alone`."""
    if len(request.steps) == 1:
        return alone
    return formats.these([step_of(note, request)])


def about_one(note: Note, request: OpsRequest, sentence: str) -> str:
    """A sentence, about one image action where there are several: `Transfer to nyc3: the …`."""
    if len(request.steps) == 1:
        return sentence
    said = sentence if sentence.startswith("DigitalOcean") else formats.in_sentence(sentence)
    return f"{formats.opening(formats.step_among(request, step_of(note, request)))}: {said}"


def is_now(note: Note, request: OpsRequest, state: str) -> str:
    """`In progress`, or `Transfer to nyc3 is in progress` where there are several."""
    if len(request.steps) == 1:
        return formats.opening(state)
    return f"{formats.opening(formats.step_among(request, step_of(note, request)))} is {state}"


def end_of_one(note: Note, request: OpsRequest) -> str:
    """The end in one word, where this is the end: a request with several has a summary for it."""
    if len(request.steps) > 1:
        return ""
    return f" Request {request.id} failed. {mentioned(note, request)}".rstrip()


def mentioned(note: Note, request: OpsRequest) -> str:
    """Who waits for the end, but for whoever caused it or hears of it directly."""
    return summaries.mentioned(request, (*note.get("direct", ()), str(note["actor"])))


def because(note: Note) -> str:
    """Why it is so, as people and DigitalOcean wrote it; may be empty."""
    return causes.in_short(cause_of(note.get("cause")))


def said(note: Note) -> str:
    """The same, made harmless."""
    return causes.in_short_in_slack(cause_of(note.get("cause")), 400)
