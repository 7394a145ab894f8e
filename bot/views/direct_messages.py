"""Direct messages: what one person is told of a request, with the way to its thread."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block

from bot.domain.states import State
from bot.domain.steps import StepSpec
from bot.store.rows import OpsRequest
from bot.views import causes, formats, notes, summaries, thread_replies
from bot.views.blocks import button, section
from bot.views.escape import unmarked
from bot.views.message import Message, message
from bot.views.notes import Note

BUTTONS = {"ask_yourself": "Ask for it yourself"}
"""The button of a direct message by its `action_id`."""
_NOT_DONE = {State.CANCELLED, State.DENIED, State.EXPIRED, State.REFUSED}


def of_end(
    note: Note,
    request: OpsRequest,
    person: str,
    only: Sequence[StepSpec] | None = None,
) -> Message:
    """How a request ended, for somebody who is told directly.

    Whoever joined one that others ended is offered to ask for the same themselves.

    Args:
        only: the steps that they asked for, where they may read no more of the request; None: all.
    """
    if only is not None:
        text = _end_of(request, only)
    elif request.state in (State.COMPLETED, State.ERRORED):
        everybody = [request.requester, *request.followers]
        text = (
            summaries.summary(request)
            if len(request.steps) > 1
            else thread_replies.draw({**note, "direct": everybody}, request).text
        )
    else:
        text = f"{formats.asked(request)} {formats.is_now(request.state)}"
        said = causes.outcome(request)
        if request.state is State.DENIED:
            text = f"{text} by {notes.who(note)}{f': {said}' if said else ''}."
        else:
            text = f"{text}. {said}".strip()
    where = f" <{request.permalink}|Open the thread>" if request.permalink and only is None else ""
    text = f"Request {request.id}: {formats.in_sentence(text)}{where}"
    blocks: list[Block] = [section(text)]
    can_ask = request.state in _NOT_DONE and request.evidence_digest
    if can_ask and person in request.followers:
        ask = button(
            BUTTONS["ask_yourself"],
            "ask_yourself",
            formats.button_value(request),
            about=unmarked(_asked(request, only)).replace("*", ""),
        )
        blocks.append(ActionsBlock(block_id="ask", elements=[ask]))
    return message(text, blocks)


def _asked(request: OpsRequest, only: Sequence[StepSpec] | None) -> str:
    return formats.asked_in_part(request, request.specs if only is None else only)


def _end_of(request: OpsRequest, only: Sequence[StepSpec]) -> str:
    """How these steps ended, without a word of who decided, why, or what else was asked."""
    ends = {step.state for step in request.steps if step.spec in only}
    end = ends.pop() if request.state is State.ERRORED and len(ends) == 1 else request.state
    ended = "is offered" if request.offered else formats.is_now(end)
    return f"{_asked(request, only)} {ended}."


def of_note(note: Note, request: OpsRequest) -> Message:
    """The same reply, sent to one person: with the way to the thread."""
    where = f"<{request.permalink}|the thread>" if request.permalink else f"<#{request.channel}>"
    asked = formats.in_sentence(formats.asked(request))
    text = f"Request {request.id}, {asked}: {thread_replies.draw(note, request).text} See {where}."
    return message(text, [section(text)])
