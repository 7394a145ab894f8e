"""Direct messages: what one person is told of a request, with the way to its thread."""

from __future__ import annotations

from bot.lifecycle import State
from bot.messages import endings, notes, words
from bot.messages.blocks import section
from bot.messages.message import Message, message
from bot.store.rows import OpsRequest


def of_end(note: notes.Note, request: OpsRequest) -> Message:
    """How a request ended, for somebody who is told directly."""
    if request.state in (State.COMPLETED, State.ERRORED):
        text = (
            endings.summary(request) if len(request.steps) > 1 else notes.draw(note, request).text
        )
        text = (
            text.removeprefix(endings.heard(request)).removesuffix(endings.heard(request)).strip()
        )
    else:
        text = f"{words.asked(request)} {words.is_now(request.state)}"
        said = words.outcome(request)
        if request.state is State.DENIED:
            text = f"{text} by {notes.who(note)}{f': {said}' if said else ''}."
        else:
            text = f"{text}. {said}".strip()
    where = f" <{request.permalink}|Open the thread>" if request.permalink else ""
    text = f"Request {request.id}: {words.in_sentence(text)}{where}"
    return message(text, [section(text)])


def of_note(note: notes.Note, request: OpsRequest) -> Message:
    """The same reply, sent to one person: with the way to the thread."""
    where = f"<{request.permalink}|the thread>" if request.permalink else f"<#{request.channel}>"
    asked = words.in_sentence(words.asked(request))
    text = f"Request {request.id}, {asked}: {notes.draw(note, request).text} See {where}."
    return message(text, [section(text)])
