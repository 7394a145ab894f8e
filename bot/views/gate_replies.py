"""Replies about what people decide of a request, before and beside what DigitalOcean does.

Each is of the event that has its name; `thread_replies` has the list.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.causes import cause_of
from bot.domain.events import Event
from bot.store.rows import OpsRequest
from bot.views import (
    approvals,
    causes,
    formats,
    notes,
    partial_cancel,
    summaries,
)
from bot.views.escape import safe
from bot.views.notes import Note, about_one, end_of_one, mentioned, named, quoted, who


def joined(note: Note, _request: OpsRequest) -> str:
    return f"{who(note)} asked for the same and will hear how it ends."


VOTES = (Event.VOTED, Event.VOTE_WITHDRAWN, Event.APPROVED)


def votes(notes: Sequence[Note], request: OpsRequest, *, is_sent: bool) -> str:
    stands = {who(note): note["event"] != Event.VOTE_WITHDRAWN for note in notes}
    people = formats.listed([person for person, stays in stands.items() if stays])
    taken = formats.listed([person for person, stays in stands.items() if not stays])
    back = f"{taken} took their approval back." if taken else ""
    if notes[-1]["event"] != Event.APPROVED:
        approved = f"{people} approved." if people else ""
        return " ".join(filter(None, [approved, back, _still_needed(notes[-1])]))
    approved = f"Approved by {people}."
    if is_sent:
        after = ""
    elif formats.is_standing(request):
        after = f"Schedule {request.schedule} runs by itself from now on."
    else:
        after = "Sending it to DigitalOcean."
    return " ".join(filter(None, [approved, back, after]))


def _still_needed(note: Note) -> str:
    left = note.get("missing", 0)
    # The card names the groups: a mention here would call all their members once more.
    several = len(note.get("tally", {}).get("groups", ())) > 1
    whose = ": the card says whose" if several else ""
    return f"{left} more approval{'s' if left != 1 else ''} needed{whose}."


def voted(note: Note, request: OpsRequest) -> str:
    return votes([note], request, is_sent=False)


def escalated(note: Note, request: OpsRequest) -> str:
    others = formats.people([str(entry) for entry in note["to"]][:20])
    waited = formats.duration(float(note["waited"]))
    return f"It has waited for {waited}: {others} may approve it too from now on."


def break_glass_used(note: Note, request: OpsRequest) -> str:
    return (
        f":rotating_light: {who(note)} used emergency access{quoted(note)}. It runs at once;"
        " somebody else who may approve has to close the review on the card."
    )


def review_closed(note: Note, _request: OpsRequest) -> str:
    return f"{who(note)} closed the review of the emergency access."


def denied(note: Note, request: OpsRequest) -> str:
    return f"Denied by {who(note)}{quoted(note)}. {mentioned(note, request)}".rstrip()


def cancelled(note: Note, request: OpsRequest) -> str:
    sent = causes.sent_so_far(request)
    return f"Cancelled by {who(note)}. {sent} {mentioned(note, request)}".strip()


def superseded(note: Note, request: OpsRequest) -> str:
    return (
        f"{who(note)} used emergency access for the same: request {note['by']}. This one is closed."
        f" {mentioned(note, request)}"
    ).rstrip()


def withdrawn(note: Note, request: OpsRequest) -> str:
    by = "by a restored backup" if note["actor"] == "image-bot" else f"by {who(note)}"
    return f"Called off {by}. {partial_cancel.said(note, request)}"


def expired(note: Note, request: OpsRequest) -> str:
    again = "Ask again if it is still needed."
    if formats.is_standing(request):
        again = (
            "It is asked again when the schedule is due, or by _Ask for approval_ in"
            " `/image schedules`."
        )
    who_waits = mentioned(note, request)
    return f"Expired: not approved in time. Nothing was sent. {again} {who_waits}".rstrip()


def approval_expired(note: Note, request: OpsRequest) -> str:
    return (
        f"It was approved more than {note['cause']['hours']} h ago, and nothing was sent of"
        f" {named(note, request)}. If it is still needed, ask again.{end_of_one(note, request)}"
    )


def drifted(note: Note, request: OpsRequest) -> str:
    return (
        about_one(note, request, "The image has changed since it was asked for")
        + f" ({safe(notes.because(note), 600)}). The approval is void and nothing was sent."
        f" Ask again if it is still needed.{end_of_one(note, request)}"
    )


def contradicted(note: Note, request: OpsRequest) -> str:
    about = formats.listed([safe(str(what), 40) for what in note.get("what", ())])
    return (
        f":rotating_light: The database and the audit log contradict each other about"
        f" {named(note, request, 'this request')} ({about}): somebody changed one of them. Nothing"
        f" was sent. Whoever runs me: `python -m bot audit verify`.{end_of_one(note, request)}"
    )


def closed(note: Note, request: OpsRequest) -> str:
    actions = [str(action_id) for action_id in note.get("action_ids", ())]
    still = f" DigitalOcean may still be at work on action {', '.join(actions)}." if actions else ""
    why = safe(str(note.get("reason", "")), 300)
    return (
        f"Closed by an operator at the command line: “{why}”.{still}"
        f" Request {request.id} is closed. {mentioned(note, request)}"
    ).rstrip()


def retried(note: Note, request: OpsRequest) -> str:
    mentioned = summaries.mentioned(request)
    return f"{who(note)} asked again for what failed: request {note['as']}. {mentioned}"


def card_lost(note: Note, request: OpsRequest) -> str:
    cause = cause_of(note["cause"])
    why = causes.of_slack(cause) if cause else ""
    return (
        f"I cannot post in <#{request.channel}> any more ({safe(why, 100)})."
        f" The request goes on: it {formats.is_now(request.state)}."
    )


def reminded(_note: Note, request: OpsRequest) -> str:
    until = formats.moment(request.expires_at) if request.expires_at else "soon"
    return f"it still waits for your approval and expires {until}."


def asked_again(_note: Note, request: OpsRequest) -> str:
    asked = formats.people(approvals.asked(request))
    return (
        ":warning: My database was restored from a backup. What was said and done here after that"
        " is not known to me, and approvals given before it are void."
        f" {asked}: look again, and decide with the buttons on the card. What may have been sent"
        f" since is looked for before anything is sent. {formats.person(request.requester)}"
    )
