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
            said = _said(event, body, core)
            core.tell(_asker(event), _answer(said, body, core), f"{delivery_key(body)}:told")
        ack()


def _answer(said: str, body: Body, core: OpsRequests) -> Message:
    if not said:
        return offers.help_with_form(help_text(None))
    event = body["event"]
    command = {
        "event_id": body["event_id"],
        "text": said,
        "user_id": event["user"],
        "channel_id": event["channel"],
        "thread_ts": event.get("thread_ts", ""),
    }
    try:
        return Message(answer(command, core))
    except CommandError as problem:
        return Message(answers.error(problem))


def _asker(event: dict[str, Any]) -> Asker:
    return Asker(str(event["user"]), str(event["channel"]), str(event.get("thread_ts") or ""))


def _said(event: dict[str, Any], body: Body, core: OpsRequests) -> str:
    """What stands after the bot's name, with the number of the thread's request where it lacks."""
    me = next((a.get("user_id") for a in body.get("authorizations") or ()), None)
    parts = re.split(
        f"<@{me or '[A-Z0-9]+'}(?:\\|[^>]*)?>", str(event.get("text") or ""), maxsplit=1
    )
    said = parts[-1].strip()
    word = said.strip(" .?!").lower()
    if word in _OF_THIS_REQUEST and event.get("thread_ts"):
        request_id = core.request_of_thread(str(event["channel"]), str(event["thread_ts"]))
        return f"{word} {request_id}" if request_id else said
    return said
