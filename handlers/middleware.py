"""Before and around every handler.

People of our own workspace alone, none faster than the bot should work; acks first, each traced.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from slack_bolt import App, BoltResponse

from bot.domain.membership import Actor, Standing
from bot.observability.log_context import log_event
from bot.slack.rate_limit import PerPerson
from bot.views.form import no_options
from bot.views.message import Message
from bot.views.turned_away import STRANGER, TOO_MANY_LETTERS, UNKNOWN, too_fast
from handlers.commands.help import NAMES
from handlers.failures import TellAtOnce, refusal
from handlers.identity import Body, actor, delivery_key, person

log = logging.getLogger(__name__)

Count = Callable[[str, bool], None]
"""Told of each payload: what it is, and whether it was refused for coming too fast."""

_KINDS = {"block_actions": "button", "view_submission": "form", "event_callback": "event"}
_SUBCOMMANDS = {name.split()[0] for name in NAMES}


Span = Callable[..., AbstractContextManager[Any]]
"""Opens a span of a trace: its name, then attributes."""


def register(
    app: App,
    command_limit: PerPerson,
    click_limit: PerPerson,
    count: Count,
    standing: Callable[[Actor], Standing],
    note_channel: Callable[[str, str], None],
    tell_at_once: TellAtOnce,
) -> None:
    """Stand before the handlers: who is a stranger, or much too fast, gets no further.

    Args:
        command_limit: how much one person may type.
        click_limit: how much else, which comes more often: letters in a menu, clicks.
        standing: whether somebody belongs to us; what is not known is refused.
        note_channel: takes a channel's id and the name that the payload gives it.
        tell_at_once: answers one person alone.
    """

    @app.middleware
    def middleware(body: Body, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's
        what = kind(body)
        who = actor(body)
        # Slack's own events name nobody; no handler does anything for nobody.
        found = standing(who) if who.person else Standing.MEMBER
        if found is not Standing.MEMBER:
            said = f"turned away {what} by a {found} of {who.team or 'no team'}"
            log_event(log, said, actor=who.person, channel=_channel(body))
            return _turned_away(body, found, tell_at_once)
        metered = command_limit if _is_typed(body) else click_limit
        wait = metered.wait(who.person, delivery_key(body)) if who.person else 0.0
        count(what, wait > 0)
        log_event(log, f"took {what}", actor=person(body), channel=_channel(body))
        if not wait:
            note_channel(_channel(body), _channel_name(body))
        return _too_fast(body, metered.limit, wait, tell_at_once) if wait else next()


def answering(
    span: Span,
    acks: AbstractContextManager[None],
    seat: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Callable[[Body], AbstractContextManager[None]]:
    """What is held around the answering of a payload, its listener included.

    Args:
        acks: counts what is being answered.
        seat: waits for one's turn.
    """

    @contextmanager
    def around(body: Body) -> Iterator[None]:
        with acks, seat(), span(kind(body), actor=person(body), channel=_channel(body)):
            yield

    return around


def kind(body: Body) -> str:
    """What a payload is: `command transfer`, `button`, `form`, `event`, `other`; few words."""
    if "command" in body:
        first = str(body.get("text") or "").split(maxsplit=1)[:1]
        typed = first[0].lower() if first else "help"
        return f"command {typed if typed in _SUBCOMMANDS else 'other'}"
    return _KINDS.get(str(body.get("type")), "other")


def _is_typed(body: Body) -> bool:
    event = body.get("event")
    return "command" in body or (isinstance(event, dict) and event.get("type") == "app_mention")


def _too_fast(body: Body, limit: int, wait: float, tell_at_once: TellAtOnce) -> BoltResponse:
    if "event" in body:
        return BoltResponse(status=200, body="")  # a mention: an answer would be as much work
    if body.get("type") == "block_suggestion":
        options = json.dumps({"options": no_options(TOO_MANY_LETTERS)})
        return BoltResponse(status=200, body=options, headers={"content-type": "application/json"})
    kinds = "commands" if "command" in body else "clicks"
    return refusal(body, Message(too_fast(limit, kinds, wait)), tell_at_once)


def _turned_away(body: Body, found: Standing, tell_at_once: TellAtOnce) -> BoltResponse:
    if found is Standing.UNKNOWN:
        return refusal(body, Message(UNKNOWN), tell_at_once)
    if not ("command" in body or body.get("response_url")):
        return BoltResponse(status=200, body="")  # no way to them but a message of ours
    return refusal(body, Message(STRANGER), tell_at_once)


def _channel_name(body: Body) -> str:
    channel = body.get("channel")
    found = channel.get("name") if isinstance(channel, dict) else body.get("channel_name")
    return str(found or "")


def _channel(body: Body) -> str:
    channel = body.get("channel")
    found = channel.get("id") if isinstance(channel, dict) else body.get("channel_id")
    return str(found or "")[:32]
