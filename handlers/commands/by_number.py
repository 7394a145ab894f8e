"""The words of what is about one request: `status`, `cancel`, and votes, which take a button."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.model import Cancel, Status
from handlers.commands.tokens import Token, option, pieces, refuse_invisible, too_much
from handlers.commands.values import (
    OPS_REQUEST,
    SUBJECT,
    ImageName,
    is_numberish,
    whole_number,
)

_AROUND_AN_ID = {"ops", "request", "ops-request", "the", "my", "number", "no", "nr"}
_AROUND_A_SUBJECT = _AROUND_AN_ID | {"of", "for", "image", "action", "id"}
_THIS_ONE = {"it", "this", "that"}
"""Words for the thread's request."""

BY_BUTTON = {
    "approve": "approve",
    "deny": "deny",
    "reject": "deny",
    "retry": "retry_failed",
}
"""The `action_id` of the button for what people may type."""
_WHOSE = {
    **dict.fromkeys([("mine",), ("my",), ("my", "requests"), ("of", "mine")], "mine"),
    **dict.fromkeys([("waiting",), ("waiting", "for", "me")], "waiting"),
}
"""Which of what is open somebody wants to see."""
_EVERYTHING = {("all",), ("open",), ("everything",)}


def read_status(context: ParseContext) -> Status:
    """Read what follows `status`: a request, an action, an image, or whose.

    Raises:
        CommandError: it is neither.
    """
    keys = tuple(option(w, ()) or w.key for w in context.words if not w.quoted)
    if keys in _WHOSE:
        return Status(whose=_WHOSE[keys])
    if keys in _EVERYTHING:
        return Status()
    words = _request_words(context, _AROUND_A_SUBJECT)
    if words and words[0].quoted and context.allow_names and not is_numberish(words[0].core):
        return Status(image=ImageName(words[0].text))
    return Status(whole_number(words[0].core, SUBJECT) if words else context.here.ops_request)


def by_button(context: ParseContext) -> Status:
    """`approve 17`: a vote takes a button, so the request is shown with its buttons."""
    end = next((i for i, w in enumerate(context.words) if w.key == "because"), None)
    words = [word for word in context.words[:end] if word.key != "failed"]
    words = _request_words(replace(context, words=words))
    subject = whole_number(words[0].core, OPS_REQUEST) if words else context.here.ops_request
    return Status(subject, wanted=BY_BUTTON[context.name])


def read_cancel(context: ParseContext) -> Cancel:
    """Read which request `cancel` is about; in a request's thread, that one.

    Raises:
        CommandError: no request is named, or something else.
    """
    words = _request_words(context)
    if not words and context.here.ops_request is not None:
        return Cancel(context.here.ops_request)
    if not words:
        raise CommandError("Which request?", f"For example `/image cancel 17`. {OPS_REQUEST.find}")
    return Cancel(whole_number(words[0].core, OPS_REQUEST))


def _request_words(
    context: ParseContext, around: Collection[str] = frozenset(_AROUND_AN_ID)
) -> list[Token]:
    refuse_invisible(context.words)
    words = [word for word in pieces(context.words) if word.key not in around]
    if len(words) == 1 and words[0].key in _THIS_ONE and context.here.ops_request is not None:
        return []
    if len(words) > 1:
        help_ = f"`/image {context.name}` takes one id."
        raise CommandError(*too_much(f"{context.name} {words[0].core}", words[1:], help_))
    return words
