"""The replies in a request's thread: which event is told by which, and with what button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
)

from bot.domain.events import Event
from bot.domain.states import State
from bot.domain.steps import TargetKind
from bot.store.rows import OpsRequest
from bot.views import (
    action_buttons,
    formats,
    gate_replies,
    step_replies,
)
from bot.views.blocks import button, section
from bot.views.message import Message, message
from bot.views.notes import Note


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


def _so_far(notes: Sequence[Note], request: OpsRequest) -> str:
    """Who approved and what began, in one reply that is edited as it goes on."""
    started = [note for note in notes if note["event"] == Event.ACCEPTED]
    voted = [note for note in notes if note["event"] in gate_replies.VOTES]
    parts = []
    if notes[0]["event"] == Event.BREAK_GLASS_USED:
        parts.append(gate_replies.break_glass_used(notes[0], request))
    if voted:
        parts.append(gate_replies.votes(voted, request, is_sent=bool(started)))
    if started:
        parts.append(step_replies.started(started, request))
    return " ".join(parts)


_SAID: Mapping[Event, Callable[[Note, OpsRequest], str]] = {
    Event.JOINED: gate_replies.joined,
    Event.DELAYED: step_replies.delayed,
    Event.INTERNAL_ERROR: step_replies.internal_error,
    Event.VOTED: gate_replies.voted,
    Event.VOTE_WITHDRAWN: gate_replies.voted,
    Event.APPROVED: gate_replies.voted,
    Event.BREAK_GLASS_USED: gate_replies.break_glass_used,
    Event.REVIEW_CLOSED: gate_replies.review_closed,
    Event.DENIED: gate_replies.denied,
    Event.CANCELLED: gate_replies.cancelled,
    Event.CLOSED: gate_replies.closed,
    Event.SUPERSEDED: gate_replies.superseded,
    Event.WITHDRAWN: gate_replies.withdrawn,
    Event.EXPIRED: gate_replies.expired,
    Event.APPROVAL_EXPIRED: gate_replies.approval_expired,
    Event.DRIFTED: gate_replies.drifted,
    Event.CONTRADICTED: gate_replies.contradicted,
    Event.NOT_ARRIVED: step_replies.not_arrived,
    Event.REJECTED: step_replies.rejected,
    Event.AMBIGUOUS: step_replies.ambiguous,
    Event.RESENT: step_replies.resent,
    Event.ACCEPTED: step_replies.accepted,
    Event.ADOPTED: step_replies.adopted,
    Event.NEEDS_ATTENTION: step_replies.needs_attention,
    Event.ATTENTION_REMINDED: step_replies.attention_reminded,
    Event.POST_AGAIN: step_replies.post_again,
    Event.GIVEN_UP: step_replies.given_up,
    Event.POST_AGAIN_VOTED: step_replies.post_again_voted,
    Event.STOPPED_FOLLOWING: step_replies.stopped_following,
    Event.STUCK: step_replies.stuck,
    Event.COMPLETED: step_replies.ended,
    Event.ERRORED: step_replies.ended,
    Event.ENDED: step_replies.all_ended,
    Event.RETRIED: gate_replies.retried,
    Event.CARD_LOST: gate_replies.card_lost,
    Event.REMINDED: gate_replies.reminded,
    Event.ESCALATED: gate_replies.escalated,
    Event.ASKED_AGAIN: gate_replies.asked_again,
}
