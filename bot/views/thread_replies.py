"""Notes: the replies in a request's thread, and the messages sent to one person about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
)

from bot.domain.causes import CauseKind, cause_of
from bot.domain.events import Event
from bot.domain.states import State
from bot.domain.steps import TargetKind
from bot.domain.trouble import Trouble
from bot.operations.base import Handover
from bot.store.rows import OpsRequest, Step
from bot.views import (
    action_buttons,
    causes,
    formats,
    handovers,
    partial_cancel,
    summaries,
    troubles,
)
from bot.views.blocks import button, section
from bot.views.escape import safe
from bot.views.message import Message, message

Note = Mapping[str, Any]
"""As `bot.store.events` wrote it: `event`, `actor`, `at` (epoch seconds), and its own facts."""


def draw(note: Note, request: OpsRequest) -> Message:
    """One reply; every fact that people or DigitalOcean wrote is made harmless."""
    notes = [note, *note.get("then", ())]
    event = Event(notes[-1]["event"])
    text = _SAID[event](note, request) if len(notes) == 1 else _so_far(notes, request)
    blocks: list[Block] = [section(text)]
    next_step = _next_step(event, request)
    if next_step:
        blocks.append(ActionsBlock(block_id="next", elements=[next_step]))
    return message(text, blocks)


def _next_step(event: Event, request: OpsRequest) -> ButtonElement | None:
    """What people mostly do after a request has ended so."""
    if event is Event.EXPIRED:
        return _start(request, "Ask again…")
    several = len(request.steps) > 1
    if event not in ({Event.ENDED} if several else {Event.COMPLETED, Event.ERRORED}):
        return None
    if request.state is State.ERRORED and request.retried_as is None and request.retryable:
        value, about = formats.button_value(request), f"request {request.id}"
        return button(action_buttons.retry(request), "retry_failed", value, about=about)
    if request.state is State.COMPLETED:
        offer = formats.wording(request.specs[-1]).next_offer
        return _start(request, offer) if offer else None
    return None


def _start(request: OpsRequest, label: str) -> ButtonElement | None:
    """The form, opened for the one image of a request."""
    if len(request.targets) > 1 or request.targets[0].kind is not TargetKind.IMAGE:
        return None
    return button(label, "start", request.targets[0].id, about=f"image {request.targets[0].id}")


def who(note: Note) -> str:
    return formats.person(str(note["actor"]))


def _quoted(note: Note, key: str = "reason") -> str:
    return f": “{safe(str(note[key]), 500)}”" if note.get(key) else ""


def _step_of(note: Note, request: OpsRequest) -> Step:
    return next(s for s in request.steps if s.position == note.get("position", 0))


def _it(note: Note, request: OpsRequest, alone: str = "it") -> str:
    """`the transfer to nyc3` where the request has several image actions, else `alone`."""
    if len(request.steps) == 1:
        return alone
    return formats.these([_step_of(note, request)])


def _which(note: Note, request: OpsRequest, sentence: str) -> str:
    """A sentence, about one image action where there are several: `Transfer to nyc3: the …`."""
    if len(request.steps) == 1:
        return sentence
    said = sentence if sentence.startswith("DigitalOcean") else formats.in_sentence(sentence)
    return f"{formats.opening(formats.step_among(request, _step_of(note, request)))}: {said}"


def _is(note: Note, request: OpsRequest, state: str) -> str:
    """`In progress`, or `Transfer to nyc3 is in progress` where there are several."""
    if len(request.steps) == 1:
        return formats.opening(state)
    return f"{formats.opening(formats.step_among(request, _step_of(note, request)))} is {state}"


def _so(note: Note, request: OpsRequest) -> str:
    """The end in one word, where this is the end: a request with several has a summary for it."""
    if len(request.steps) > 1:
        return ""
    return f" Request {request.id} failed. {_mentioned(note, request)}".rstrip()


def _mentioned(note: Note, request: OpsRequest) -> str:
    """Who waits for the end, but for whoever caused it or hears of it directly."""
    return summaries.mentioned(request, (*note.get("direct", ()), str(note["actor"])))


def _joined(note: Note, _request: OpsRequest) -> str:
    return f"{who(note)} asked for the same and will hear how it ends."


def _delayed(note: Note, request: OpsRequest) -> str:
    if note.get("not_yet"):
        return _not_yet(note, request)
    trouble = Trouble(note["trouble"]) if "trouble" in note else None
    if trouble is None:  # the policy cannot be asked yet
        said = f"Not yet: {_said(note)}"
        return f"{_which(note, request, said)} Nothing is lost: it is tried again by itself."
    said = troubles.sentence(trouble, _said(note), str(note.get("scopes", "")))
    return f"{_which(note, request, said)} Nothing is lost: {troubles.goes_on(trouble)}"


def _stumbled(note: Note, request: OpsRequest) -> str:
    return (
        _which(note, request, "Something went wrong on my side before anything was sent.")
        + f" Reference {safe(str(note['reference']), 40)}, for whoever runs me."
        " It is tried again by itself."
    )


def _so_far(notes: Sequence[Note], request: OpsRequest) -> str:
    """Who approved and what began, in one reply that is edited as it goes on."""
    started = [note for note in notes if note["event"] == Event.ACCEPTED]
    voted = [note for note in notes if note["event"] in _VOTES]
    parts = []
    if notes[0]["event"] == Event.BREAK_GLASS_USED:
        parts.append(_break_glass_used(notes[0], request))
    if voted:
        parts.append(_votes(voted, request, is_sent=bool(started)))
    if started:
        parts.append(_started(started, request))
    return " ".join(parts)


_VOTES = (Event.VOTED, Event.VOTE_WITHDRAWN, Event.APPROVED)


def _votes(notes: Sequence[Note], request: OpsRequest, *, is_sent: bool) -> str:
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
    elif request.schedule and request.due_at is None:
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


def _started(notes: Sequence[Note], request: OpsRequest) -> str:
    if len(request.steps) == 1:
        return f"In progress: DigitalOcean started it (action {notes[-1]['action_id']})."
    begun = [(formats.step_among(request, _step_of(n, request)), n["action_id"]) for n in notes]
    steps = [f"{step} (action {number})" for step, number in begun]
    return f"In progress: {formats.listed(steps)}."


def _voted(note: Note, request: OpsRequest) -> str:
    return _votes([note], request, is_sent=False)


def _escalated(note: Note, request: OpsRequest) -> str:
    others = formats.people([str(entry) for entry in note["to"]][:20])
    waited = formats.duration(float(note["waited"]))
    return f"It has waited for {waited}: {others} may approve it too from now on."


def _break_glass_used(note: Note, request: OpsRequest) -> str:
    return (
        f":rotating_light: {who(note)} used emergency access{_quoted(note)}. It runs at once;"
        " somebody else who may approve has to close the review on the card."
    )


def _review_closed(note: Note, _request: OpsRequest) -> str:
    return f"{who(note)} closed the review of the emergency access."


def _denied(note: Note, request: OpsRequest) -> str:
    return f"Denied by {who(note)}{_quoted(note)}. {_mentioned(note, request)}".rstrip()


def _cancelled(note: Note, request: OpsRequest) -> str:
    sent = causes.sent_so_far(request)
    return f"Cancelled by {who(note)}. {sent} {_mentioned(note, request)}".strip()


def _superseded(note: Note, request: OpsRequest) -> str:
    return (
        f"{who(note)} used emergency access for the same: request {note['by']}. This one is closed."
        f" {_mentioned(note, request)}"
    ).rstrip()


def _withdrawn(note: Note, request: OpsRequest) -> str:
    by = "by a restored backup" if note["actor"] == "image-bot" else f"by {who(note)}"
    return f"Called off {by}. {partial_cancel.said(note, request)}"


def _expired(note: Note, request: OpsRequest) -> str:
    return (
        "Expired: not approved in time. Nothing was sent. Ask again if it is still needed."
        f" {_mentioned(note, request)}"
    ).rstrip()


def _approval_expired(note: Note, request: OpsRequest) -> str:
    return (
        f"It was approved more than {note['cause']['hours']} h ago, and nothing was sent of"
        f" {_it(note, request)}. If it is still needed, ask again.{_so(note, request)}"
    )


def _drifted(note: Note, request: OpsRequest) -> str:
    return (
        _which(note, request, "The image has changed since it was asked for")
        + f" ({safe(_because(note), 600)}). The approval is void and nothing was sent."
        f" Ask again if it is still needed.{_so(note, request)}"
    )


def _contradicted(note: Note, request: OpsRequest) -> str:
    about = formats.listed([safe(str(what), 40) for what in note.get("what", ())])
    return (
        f":rotating_light: The database and the audit log contradict each other about"
        f" {_it(note, request, 'this request')} ({about}): somebody changed one of them. Nothing"
        f" was sent. Whoever runs me: `python -m bot audit verify`.{_so(note, request)}"
    )


def _not_arrived(note: Note, request: OpsRequest) -> str:
    if note.get("not_yet"):
        return _not_yet(note, request)
    again = f"It is sent again at {formats.clock(float(note['retry_at']))}."
    trouble = Trouble(note.get("trouble", Trouble.UNREACHABLE))
    return f"{_which(note, request, troubles.sentence(trouble, _said(note)))} {again}"


def _not_yet(note: Note, request: OpsRequest) -> str:
    said = f"DigitalOcean cannot do it yet ({_said(note).rstrip('. ')})."
    return f"{_which(note, request, said)} It is tried again by itself for up to 30 minutes."


def _rejected(note: Note, request: OpsRequest) -> str:
    cause = cause_of(note["cause"])
    if cause and cause.kind is CauseKind.SEVERAL_IMAGES:  # DigitalOcean was not asked for it
        return f"{_which(note, request, _said(note))}{_so(note, request)}"
    said = safe(causes.answer(cause) if cause else "", 400).rstrip(".")
    return (
        f"DigitalOcean refused {_it(note, request)}: {said}."
        f" Nothing was changed.{_so(note, request)}"
    )


def _ambiguous(note: Note, request: OpsRequest) -> str:
    return (
        _which(note, request, _unclear(note)) + " It is not asked twice: I look whether it arrived."
    )


def _unclear(note: Note) -> str:
    """Nobody knows whether it was taken: no answer came, or one that does not tell."""
    what = (
        "answer does not tell whether it was taken" if note.get("answered") else "answer was lost"
    )
    return f"DigitalOcean's {what} ({_said(note).rstrip('. ')})."


def _resent(note: Note, request: OpsRequest) -> str:
    return (
        _which(note, request, _unclear(note))
        + " Sending it twice does the same as once, so it is sent again."
    )


def _accepted(note: Note, request: OpsRequest) -> str:
    return _started([note], request)


def _adopted(note: Note, request: OpsRequest) -> str:
    by = "" if note["actor"] == "image-bot" else f" {who(note)} chose it."
    return (
        f"{_is(note, request, 'in progress')}: found at DigitalOcean as action"
        f" {note['action_id']}.{by}"
    )


def _needs_attention(note: Note, request: OpsRequest) -> str:
    asked = formats.people(request.gate.approvers[:20])
    calls = f"{formats.person(request.requester)}{', ' + asked if asked else ''}"
    one = _it(note, request, "")
    needs = formats.opening(f"{one} needs attention".strip())
    return (
        f":warning: {needs}: {safe(_because(note), 400)}."
        f" Nothing was sent a second time. {calls}: decide with the buttons on the card."
    )


def _attention_reminded(note: Note, request: OpsRequest) -> str:
    asked = formats.people(request.gate.approvers[:20])
    calls = f"{formats.person(request.requester)}{', ' + asked if asked else ''}"
    since = formats.duration(float(note["seconds"]))
    return (
        f":bell: This still needs attention, for {since} now. {calls}: look in DigitalOcean's"
        " control panel, and decide with the buttons on the card."
    )


def _post_again(note: Note, request: OpsRequest) -> str:
    one = _it(note, request, "")
    return f"{who(note)} chose to send {one or 'it'} again. I look once more first."


def _post_again_voted(note: Note, request: OpsRequest) -> str:
    left = int(note.get("missing", 1))
    more = "1 more person has" if left == 1 else f"{left} more people have"
    one = _it(note, request, "")
    return f"{who(note)} chose to send {one or 'it'} again; {more} to choose it too."


def _stopped_following(note: Note, request: OpsRequest) -> str:
    return (
        f"{who(note)} stopped following {_it(note, request)}. Action {note['action_id']} may still"
        " run at DigitalOcean; nothing here waits for it any more, and it can be asked for"
        f" again.{_so(note, request)}"
    )


def _closed(note: Note, request: OpsRequest) -> str:
    actions = [str(action_id) for action_id in note.get("action_ids", ())]
    still = f" DigitalOcean may still be at work on action {', '.join(actions)}." if actions else ""
    why = safe(str(note.get("reason", "")), 300)
    return (
        f"Closed by an operator at the command line: “{why}”.{still}"
        f" Request {request.id} is closed. {_mentioned(note, request)}"
    ).rstrip()


def _given_up(note: Note, request: OpsRequest) -> str:
    return (
        f"{who(note)} closed {_it(note, request)} without knowing how it ended."
        f" It may have run at DigitalOcean.{_so(note, request)}"
    )


def _stuck(note: Note, request: OpsRequest) -> str:
    return (
        f"{_is(note, request, 'still in progress')} after"
        f" {formats.duration(float(note['seconds']))}, longer than usual. I keep following it."
    )


def _ended(note: Note, request: OpsRequest) -> str:
    took = note.get("seconds")
    if request.offered and (offered := note.get("handover")):
        waits = handovers.in_words(Handover(**offered), formats.image(request))
        return f"{summaries.mentioned(request, note.get('direct', ()))} {waits}".strip()
    return summaries.of_one(
        _step_of(note, request),
        request,
        "completed" if note["event"] == Event.COMPLETED else "failed",
        float(took) if took is not None else None,
        " ".join([_because(note), *_made(note)]).strip(),
        note.get("direct", ()),
    )


def _made(note: Note) -> list[str]:
    """The image that came of a step, or where it went."""
    if offered := note.get("handover"):
        return [handovers.in_short(Handover(**offered))]
    if made := note.get("made"):
        return [f"Its snapshot is {safe(str(made), 80)}."]
    return [f"Its image is {note['image_id']}."] if note.get("image_id") else []


def _all_ended(note: Note, request: OpsRequest) -> str:
    return summaries.of_all(request, note.get("direct", ()))


def _retried(note: Note, request: OpsRequest) -> str:
    mentioned = summaries.mentioned(request)
    return f"{who(note)} asked again for what failed: request {note['as']}. {mentioned}"


def _card_lost(note: Note, request: OpsRequest) -> str:
    cause = cause_of(note["cause"])
    why = causes.of_slack(cause) if cause else ""
    return (
        f"I cannot post in <#{request.channel}> any more ({safe(why, 100)})."
        f" The request goes on: it {formats.is_now(request.state)}."
    )


def _reminded(_note: Note, request: OpsRequest) -> str:
    until = formats.moment(request.expires_at) if request.expires_at else "soon"
    return f"it still waits for your approval and expires {until}."


def _asked_again(_note: Note, request: OpsRequest) -> str:
    asked = formats.people(request.gate.approvers[:20])
    return (
        ":warning: My database was restored from a backup. What was said and done here after that"
        " is not known to me, and approvals given before it are void."
        f" {asked}: look again, and decide with the buttons on the card. What may have been sent"
        f" since is looked for before anything is sent. {formats.person(request.requester)}"
    )


def _because(note: Note) -> str:
    """Why it is so, as people and DigitalOcean wrote it; may be empty."""
    return causes.in_short(cause_of(note.get("cause")))


def _said(note: Note) -> str:
    return safe(_because(note), 400)


_SAID: Mapping[Event, Callable[[Note, OpsRequest], str]] = {
    Event.JOINED: _joined,
    Event.DELAYED: _delayed,
    Event.INTERNAL_ERROR: _stumbled,
    Event.VOTED: _voted,
    Event.VOTE_WITHDRAWN: _voted,
    Event.APPROVED: _voted,
    Event.BREAK_GLASS_USED: _break_glass_used,
    Event.REVIEW_CLOSED: _review_closed,
    Event.DENIED: _denied,
    Event.CANCELLED: _cancelled,
    Event.CLOSED: _closed,
    Event.SUPERSEDED: _superseded,
    Event.WITHDRAWN: _withdrawn,
    Event.EXPIRED: _expired,
    Event.APPROVAL_EXPIRED: _approval_expired,
    Event.DRIFTED: _drifted,
    Event.CONTRADICTED: _contradicted,
    Event.NOT_ARRIVED: _not_arrived,
    Event.REJECTED: _rejected,
    Event.AMBIGUOUS: _ambiguous,
    Event.RESENT: _resent,
    Event.ACCEPTED: _accepted,
    Event.ADOPTED: _adopted,
    Event.NEEDS_ATTENTION: _needs_attention,
    Event.ATTENTION_REMINDED: _attention_reminded,
    Event.POST_AGAIN: _post_again,
    Event.GIVEN_UP: _given_up,
    Event.POST_AGAIN_VOTED: _post_again_voted,
    Event.STOPPED_FOLLOWING: _stopped_following,
    Event.STUCK: _stuck,
    Event.COMPLETED: _ended,
    Event.ERRORED: _ended,
    Event.ENDED: _all_ended,
    Event.RETRIED: _retried,
    Event.CARD_LOST: _card_lost,
    Event.REMINDED: _reminded,
    Event.ESCALATED: _escalated,
    Event.ASKED_AGAIN: _asked_again,
}
