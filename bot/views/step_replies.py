"""Replies about what DigitalOcean does with a step, or did with its call.

Each is of the event that has its name; `thread_replies` has the list.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.causes import CauseKind, cause_of
from bot.domain.events import Event
from bot.domain.trouble import Trouble
from bot.operations.base import Handover
from bot.store.rows import OpsRequest
from bot.views import (
    approvals,
    causes,
    formats,
    handovers,
    notes,
    summaries,
    troubles,
)
from bot.views.escape import safe
from bot.views.notes import Note, about_one, end_of_one, is_now, named, step_of, who


def delayed(note: Note, request: OpsRequest) -> str:
    if note.get("not_yet"):
        return _not_yet(note, request)
    trouble = Trouble(note["trouble"]) if "trouble" in note else None
    if trouble is None:  # the policy cannot be asked yet
        said = f"Not yet: {notes.said(note)}"
        return f"{about_one(note, request, said)} Nothing is lost: it is tried again by itself."
    said = troubles.sentence(trouble, notes.said(note), str(note.get("scopes", "")))
    return f"{about_one(note, request, said)} Nothing is lost: {troubles.goes_on(trouble)}"


def internal_error(note: Note, request: OpsRequest) -> str:
    return (
        about_one(note, request, "Something went wrong on my side before anything was sent.")
        + f" Reference {safe(str(note['reference']), 40)}, for whoever runs me."
        " It is tried again by itself."
    )


def started(notes: Sequence[Note], request: OpsRequest) -> str:
    if len(request.steps) == 1:
        return f"In progress: DigitalOcean started it (action {notes[-1]['action_id']})."
    begun = [(formats.step_among(request, step_of(n, request)), n["action_id"]) for n in notes]
    steps = [f"{step} (action {number})" for step, number in begun]
    return f"In progress: {formats.listed(steps)}."


def not_arrived(note: Note, request: OpsRequest) -> str:
    if note.get("not_yet"):
        return _not_yet(note, request)
    again = f"It is sent again at {formats.clock(float(note['retry_at']))}."
    trouble = Trouble(note.get("trouble", Trouble.UNREACHABLE))
    return f"{about_one(note, request, troubles.sentence(trouble, notes.said(note)))} {again}"


def _not_yet(note: Note, request: OpsRequest) -> str:
    said = f"DigitalOcean cannot do it yet ({notes.said(note).rstrip('. ')})."
    return f"{about_one(note, request, said)} It is tried again by itself for up to 30 minutes."


def rejected(note: Note, request: OpsRequest) -> str:
    cause = cause_of(note["cause"])
    if cause and cause.kind is CauseKind.SEVERAL_IMAGES:  # DigitalOcean was not asked for it
        return f"{about_one(note, request, notes.said(note))}{end_of_one(note, request)}"
    said = safe(causes.answer(cause) if cause else "", 400).rstrip(".")
    return (
        f"DigitalOcean refused {named(note, request)}: {said}."
        f" Nothing was changed.{end_of_one(note, request)}"
    )


def ambiguous(note: Note, request: OpsRequest) -> str:
    return (
        about_one(note, request, _unclear(note))
        + " It is not asked twice: I look whether it arrived."
    )


def _unclear(note: Note) -> str:
    """Nobody knows whether it was taken: no answer came, or one that does not tell."""
    what = (
        "answer does not tell whether it was taken" if note.get("answered") else "answer was lost"
    )
    return f"DigitalOcean's {what} ({notes.said(note).rstrip('. ')})."


def resent(note: Note, request: OpsRequest) -> str:
    return (
        about_one(note, request, _unclear(note))
        + " Sending it twice does the same as once, so it is sent again."
    )


def accepted(note: Note, request: OpsRequest) -> str:
    return started([note], request)


def adopted(note: Note, request: OpsRequest) -> str:
    by = "" if note["actor"] == "image-bot" else f" {who(note)} chose it."
    return (
        f"{is_now(note, request, 'in progress')}: found at DigitalOcean as action"
        f" {note['action_id']}.{by}"
    )


def _who_decides(request: OpsRequest) -> str:
    """Everybody concerned, each named once."""
    named = dict.fromkeys([request.requester, *approvals.asked(request)])
    return formats.people(list(named))


def needs_attention(note: Note, request: OpsRequest) -> str:
    calls = _who_decides(request)
    one = named(note, request, "")
    needs = formats.opening(f"{one} needs attention".strip())
    return (
        f":warning: {needs}: {safe(notes.because(note), 400)}."
        f" Nothing was sent a second time. {calls}: decide with the buttons on the card."
    )


def attention_reminded(note: Note, request: OpsRequest) -> str:
    calls = _who_decides(request)
    since = formats.duration(float(note["seconds"]))
    return (
        f":bell: This still needs attention, for {since} now. {calls}: look in DigitalOcean's"
        " control panel, and decide with the buttons on the card."
    )


def post_again(note: Note, request: OpsRequest) -> str:
    one = named(note, request, "")
    return f"{who(note)} chose to send {one or 'it'} again. I look once more first."


def post_again_voted(note: Note, request: OpsRequest) -> str:
    left = int(note.get("missing", 1))
    more = "1 more person has" if left == 1 else f"{left} more people have"
    one = named(note, request, "")
    return f"{who(note)} chose to send {one or 'it'} again; {more} to choose it too."


def stopped_following(note: Note, request: OpsRequest) -> str:
    return (
        f"{who(note)} stopped following {named(note, request)}. Action {note['action_id']} may"
        " still run at DigitalOcean; nothing here waits for it any more, and it can be asked for"
        f" again.{end_of_one(note, request)}"
    )


def given_up(note: Note, request: OpsRequest) -> str:
    return (
        f"{who(note)} closed {named(note, request)} without knowing how it ended."
        f" It may have run at DigitalOcean.{end_of_one(note, request)}"
    )


def stuck(note: Note, request: OpsRequest) -> str:
    return (
        f"{is_now(note, request, 'still in progress')} after"
        f" {formats.duration(float(note['seconds']))}, longer than usual. I keep following it."
    )


def ended(note: Note, request: OpsRequest) -> str:
    took = note.get("seconds")
    if request.offered and (offered := note.get("handover")):
        waits = handovers.in_words(Handover(**offered), formats.image(request))
        return f"{summaries.mentioned(request, note.get('direct', ()))} {waits}".strip()
    return summaries.of_one(
        step_of(note, request),
        request,
        "completed" if note["event"] == Event.COMPLETED else "failed",
        float(took) if took is not None else None,
        " ".join([notes.because(note), *_made(note)]).strip(),
        note.get("direct", ()),
    )


def _made(note: Note) -> list[str]:
    """The image that came of a step, or where it went."""
    if offered := note.get("handover"):
        return [handovers.in_short(Handover(**offered))]
    if made := note.get("made"):
        return [f"Its snapshot is {safe(str(made), 80)}."]
    return [f"Its image is {note['image_id']}."] if note.get("image_id") else []


def all_ended(note: Note, request: OpsRequest) -> str:
    return summaries.of_all(request, note.get("direct", ()))
