"""`@image-bot …` in channels and threads, where Slack allows no slash command.

The answer goes to its sender alone. In the thread of a request, `status` and `cancel` without a
number mean that request.
"""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import App

from bot.errors import CommandError
from bot.messages import answers, offers
from bot.messages.message import Message
from bot.ops_requests import OpsRequests
from bot.search import Asker
from handlers.help import help_text
from handlers.image_command import answer
from handlers.payloads import Body, delivery_key
from handlers.review import Ack

_OF_THIS_REQUEST = {"status", "cancel"}


def register(app: App, core: OpsRequests) -> None:
    """Answer mentions of the bot."""

    @app.event("app_mention")
    def mentioned(ack: Ack, body: Body) -> None:
        event = body["event"]
        if event.get("user") and not event.get("bot_id"):
            core.tell(_asker(event), _answer(body, core), f"{delivery_key(body)}:told")
        ack()


def _answer(body: Body, core: OpsRequests) -> Message:
    event, said = body["event"], _said(body)
    if not said:
        return offers.help_with_form(help_text(None))
    word = said.strip(" .?!").lower()
    thread = str(event.get("thread_ts") or "")
    if word in _OF_THIS_REQUEST and thread:
        request_id = core.request_of_thread(str(event["channel"]), thread)
        if request_id is not None and word == "status":
            return core.status_with_buttons(request_id)
        said = f"{word} {request_id or ''}".strip()
    command = {
        "event_id": body["event_id"],
        "text": said,
        "user_id": event["user"],
        "channel_id": event["channel"],
        "thread_ts": thread,
    }
    try:
        return Message(answer(command, core))
    except CommandError as problem:
        return Message(answers.error(problem))


def _asker(event: dict[str, Any]) -> Asker:
    return Asker(str(event["user"]), str(event["channel"]), str(event.get("thread_ts") or ""))


def _said(body: Body) -> str:
    """What stands after the bot's name."""
    me = next((a.get("user_id") for a in body.get("authorizations") or ()), None)
    name = f"<@{re.escape(me) if me else '[A-Z0-9]+'}(?:\\|[^>]*)?>"
    return re.split(name, str(body["event"].get("text") or ""), maxsplit=1)[-1].strip()
