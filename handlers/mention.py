"""`@image-bot …` in channels and threads, where Slack allows no slash command.

The answer goes to its sender alone. In the thread of a request, what names no request or image
means that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import App

from bot.domain.search import Asker
from bot.domain.steps import TargetKind
from bot.errors import CommandError
from bot.requests import Dependencies, Sender, query
from bot.requests.telling import Tell, tell_once
from bot.views import answers, offers
from bot.views.message import Message
from handlers.commands.help import help_text
from handlers.commands.model import ThreadContext
from handlers.identity import Body, delivery_key
from handlers.review import Ack
from handlers.slash_command import answer

_SLACKBOT = "USLACKBOT"
_ANYBODY = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_REASON = re.compile(r"\bbecause\b|break-glass", re.IGNORECASE)
_AFTER_A_NAME = ",;.!|…，、；：。！・ \t\n\xa0"
_AT_ITS_START = re.compile(rf"(?:['’]s\s)?(?:[{_AFTER_A_NAME}]|:(?![\w+'-]+:))*")
"""What follows a name says nothing; a colon may begin an emoji, as `:wave:`."""
_PAUSES = _AFTER_A_NAME + ":-–—"
"""What stands alone beside a name says nothing."""


LATE_SECONDS = 420.0
"""A mention older than this is not acted on: Slack's last ordinary retry comes after six minutes,
and what it brings hours later (delayed events) is not what people wait for any more."""


def register(app: App, deps: Dependencies, clock: Callable[[], float]) -> None:
    """Answer mentions of the bot; `clock` gives epoch seconds."""

    @app.event("app_mention")
    def mentioned(ack: Ack, body: Body) -> None:
        event = body["event"]
        if _is_persons(event):
            told = _answer(body, deps, _late(body, clock()))
            by = Sender(f"{delivery_key(body)}:told", _asker(event))
            tell_once(deps, Tell(by, told))
        ack()


def _is_persons(event: dict[str, Any]) -> bool:
    """Whether a person wrote it: not a bot, nor a reminder, which Slackbot writes for anybody.

    Whoever makes another say it would ask under another's name, and could then approve it.
    """
    by_a_bot = any(event.get(key) for key in ("bot_id", "bot_profile", "app_id"))
    return bool(event.get("user")) and event["user"] != _SLACKBOT and not by_a_bot


def _late(body: Body, now: float) -> float:
    """How late it came, in seconds; 0: in time. What says that it is older is believed."""
    age = max(now - _epoch(says, now) for says in (body.get("event_time"), body["event"].get("ts")))
    return age if age > LATE_SECONDS else 0.0


def _epoch(says: object, unless: float) -> float:
    try:
        return float(says) if isinstance(says, str | int | float) else unless
    except ValueError:
        return unless


def _answer(body: Body, deps: Dependencies, late: float) -> Message:
    event, said = body["event"], _said(body)
    if event.get("edited"):
        return Message(answers.edited)
    if late:
        return Message(answers.came_late(late, said))
    if not said:
        return offers.help_with_form(help_text(None))
    thread = str(event.get("thread_ts") or "")
    command = {
        "event_id": body["event_id"],
        "event": event,
        "text": said,
        "user_id": event["user"],
        "channel_id": event["channel"],
        "thread_ts": thread,
    }
    try:
        return answer(command, deps, here=_here(deps, str(event["channel"]), thread))
    except CommandError as problem:
        return offers.corrected(problem)


def _here(deps: Dependencies, channel: str, thread: str) -> ThreadContext:
    found = query.request_of_thread(deps, channel, thread) if thread else None
    if found is None:
        return ThreadContext()
    target = found.targets[0] if len(found.targets) == 1 else None
    image = target.number if target and target.kind is TargetKind.IMAGE else None
    return ThreadContext(found.id, image)


def _asker(event: dict[str, Any]) -> Asker:
    return Asker(str(event["user"]), str(event["channel"]), str(event.get("thread_ts") or ""))


def _said(body: Body) -> str:
    """What is said to the bot: after its name, or before it where nothing follows."""
    text = str(body["event"].get("text") or "")
    me = next((a.get("user_id") for a in body.get("authorizations") or ()), None)
    if not me or f"<@{me}" not in text:
        found = _ANYBODY.search(text)
        me = found.group(1) if found else ""
    name = re.compile(f"<@{re.escape(me)}(?:\\|[^>]*)?>")
    before, *after = name.split(text, maxsplit=1)
    return _without(name, "".join(after)) or _without(name, before)


def _without(name: re.Pattern[str], text: str) -> str:
    """The text without the bot's name said again; a reason stays as it was written."""
    told, reason = _split_at_reason(text)
    said = _AT_ITS_START.sub("", name.sub(" ", told).strip(), count=1)
    return f"{said} {reason}".strip() if said.strip(_PAUSES) else ""


def _split_at_reason(text: str) -> tuple[str, str]:
    found = _REASON.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")
