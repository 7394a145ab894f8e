"""What a person is told when a handler fails: the one place for it."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltResponse

from bot.domain.search import Asker
from bot.errors import BotError
from bot.views import answers, offers
from bot.views.message import Message
from handlers.identity import Body
from handlers.payloads import asker

log = logging.getLogger(__name__)

TellAtOnce = Callable[[Asker, Message], None]
"""Tells one person alone, in the background."""


def register(app: App, tell_at_once: TellAtOnce) -> None:
    """Answer every failure: a known one with help, an unknown one with a reference."""

    @app.error
    def failed(error: Exception, body: Body) -> BoltResponse:
        return refusal(body, _told(error), tell_at_once)


def refusal(body: Body, told: Message, tell_at_once: TellAtOnce) -> BoltResponse:
    """The ack of what was not done, by which its sender alone is told why.

    An event is not acked: Slack brings it again, at once, after a minute and after five.
    """
    if body.get("type") == "event_callback":
        return BoltResponse(status=503, body="")
    if "command" in body:
        blocks = {"blocks": told.blocks} if told.blocks else {}
        return _json({"text": told.text, "response_type": "ephemeral", **blocks})
    if field := _first_field(body):
        return _json({"response_action": "errors", "errors": {field: told.text}})
    if body.get("type") != "block_suggestion":  # one for each letter that is typed
        tell_at_once(asker(body), told)
    return BoltResponse(status=200, body="")


def _json(answer: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=200, body=json.dumps(answer), headers={"content-type": "application/json"}
    )


def _told(error: Exception) -> Message:
    if isinstance(error, BotError):
        return offers.corrected(error)
    reference = uuid.uuid4().hex[:8]
    log.error("a handler failed, reference %s", reference, exc_info=error)
    return Message(answers.unexpected(reference))


def _first_field(body: Body) -> str:
    """The first field of a form that was submitted: what went wrong is told under it."""
    if body.get("type") != "view_submission":
        return ""
    blocks = body["view"].get("blocks") or ()
    return next((str(b["block_id"]) for b in blocks if b.get("type") == "input"), "")
