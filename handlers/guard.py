"""Before every handler: nobody types faster than the bot should work; what comes is counted."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from slack_bolt import App, BoltResponse

from bot.about import tell
from bot.rate import PerPerson
from handlers.help import NAMES
from handlers.payloads import Body, person

log = logging.getLogger(__name__)

Count = Callable[[str, bool], None]
"""Told of each payload: what it is, and whether it was refused for coming too fast."""

_KINDS = {"block_actions": "button", "view_submission": "form", "event_callback": "event"}
_SUBCOMMANDS = {name.split()[0] for name in NAMES}


Span = Callable[..., AbstractContextManager[Any]]
"""Opens a span of a trace: its name, then attributes."""


def register(app: App, pace: PerPerson, count: Count, span: Span) -> None:
    """Stand before the handlers. Buttons are never refused: each is about one request."""

    @app.middleware
    def guard(body: Body, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's
        what = kind(body)
        wait = pace.wait(person(body)) if _is_typed(body) else 0.0
        count(what, wait > 0)
        tell(log, f"took {what}", actor=person(body), channel=_channel(body))
        with span(what, actor=person(body), channel=_channel(body)):
            return _refusal(body, pace.limit, wait) if wait else next()


def kind(body: Body) -> str:
    """What a payload is: `command transfer`, `button`, `form`, `event`, `other`; few words."""
    if "command" in body:
        first = str(body.get("text") or "").split(maxsplit=1)[:1]
        typed = first[0].lower() if first else "help"
        return f"command {typed if typed in _SUBCOMMANDS else 'other'}"
    return _KINDS.get(str(body.get("type")), "other")


def too_fast(limit: int, wait: float) -> str:
    """What a person is told who types too fast."""
    return (
        f"That is more than {limit} commands in a minute. Nothing was changed;"
        f" the next one is taken in {math.ceil(wait)} s."
    )


def _is_typed(body: Body) -> bool:
    event = body.get("event")
    return "command" in body or (isinstance(event, dict) and event.get("type") == "app_mention")


def _refusal(body: Body, limit: int, wait: float) -> BoltResponse:
    if "command" not in body:
        return BoltResponse(status=200, body="")  # a mention: an answer would be as much work
    answer = json.dumps({"text": too_fast(limit, wait), "response_type": "ephemeral"})
    return BoltResponse(status=200, body=answer, headers={"content-type": "application/json"})


def _channel(body: Body) -> str:
    channel = body.get("channel")
    found = channel.get("id") if isinstance(channel, dict) else body.get("channel_id")
    return str(found or "")[:32]
