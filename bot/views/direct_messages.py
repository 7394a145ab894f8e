"""Direct messages: what one person is told of a request, with the way to its thread."""

from __future__ import annotations

from slack_sdk.models.blocks import ActionsBlock, Block

from bot.domain.states import State
from bot.store.rows import OpsRequest
from bot.views import formats, summaries, thread_replies
from bot.views.blocks import button, section
from bot.views.escape import unmarked
from bot.views.message import Message, message

BUTTONS = {"ask_yourself": "Ask for it yourself"}
"""The button of a direct message by its `action_id`."""
_NOT_DONE = {State.CANCELLED, State.DENIED, State.EXPIRED, State.REFUSED}


def of_end(note: thread_replies.Note, request: OpsRequest, person: str) -> Message:
    """How a request ended, for somebody who is told directly.

    Whoever joined one that others ended is offered to ask for the same themselves.
    """
    if request.state in (State.COMPLETED, State.ERRORED):
        text = (
            summaries.summary(request)
            if len(request.steps) > 1
            else thread_replies.draw(note, request).text
        )
        text = (
            text.removeprefix(summaries.heard(request))
            .removesuffix(summaries.heard(request))
            .strip()
        )
    else:
        text = f"{formats.asked(request)} {formats.is_now(request.state)}"
        said = formats.outcome(request)
        if request.state is State.DENIED:
            text = f"{text} by {thread_replies.who(note)}{f': {said}' if said else ''}."
        else:
            text = f"{text}. {said}".strip()
    where = f" <{request.permalink}|Open the thread>" if request.permalink else ""
    text = f"Request {request.id}: {formats.in_sentence(text)}{where}"
    blocks: list[Block] = [section(text)]
    can_ask = request.state in _NOT_DONE and request.evidence_digest
    if can_ask and person in request.followers:
        ask = button(
            BUTTONS["ask_yourself"],
            "ask_yourself",
            formats.button_value(request),
            about=unmarked(formats.asked(request)).replace("*", ""),
        )
        blocks.append(ActionsBlock(block_id="ask", elements=[ask]))
    return message(text, blocks)


def of_note(note: thread_replies.Note, request: OpsRequest) -> Message:
    """The same reply, sent to one person: with the way to the thread."""
    where = f"<{request.permalink}|the thread>" if request.permalink else f"<#{request.channel}>"
    asked = formats.in_sentence(formats.asked(request))
    text = f"Request {request.id}, {asked}: {thread_replies.draw(note, request).text} See {where}."
    return message(text, [section(text)])
