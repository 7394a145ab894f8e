"""What Slack sends to an app, as data: slash commands, interactions, events.

Source: Slack's payload reference. A payload is the same over HTTP and Socket Mode.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

from rehearsal.slack.messages import Json, Message, View
from rehearsal.slack.people import APP_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, Channel, User

VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - deprecated, and guards nothing

Kind = Literal["command", "interactive", "event"]

_ENVELOPE_TYPES: dict[Kind, str] = {
    "command": "slash_commands",
    "interactive": "interactive",
    "event": "events_api",
}
_TAKES_RESPONSE = {"command", "interactive"}


@dataclass(frozen=True)
class Payload:
    """One thing to tell the bot; `summary` names it in the log."""

    kind: Kind
    data: Json
    user: str
    channel: str | None
    summary: str

    def http_body(self) -> tuple[bytes, str]:
        """Body and content type of the POST."""
        if self.kind == "event":
            return json.dumps(self.data).encode(), "application/json"
        form = self.data if self.kind == "command" else {"payload": json.dumps(self.data)}
        return urlencode(form).encode(), "application/x-www-form-urlencoded"

    def envelope(self, retry: int = 0, reason: str = "") -> Json:
        """The Socket Mode envelope."""
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": _ENVELOPE_TYPES[self.kind],
            "payload": self.data,
            "accepts_response_payload": self.kind in _TAKES_RESPONSE,
        }
        if self.kind == "event":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        return envelope


def command(
    name: str, text: str, user: User, channel: Channel, trigger_id: str, response_url: str
) -> Payload:
    """A slash command; everything in it is text."""
    data = {
        "token": VERIFICATION_TOKEN,
        "team_id": user.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }
    return Payload("command", data, user.id, channel.id, f"{user.name}: {name} {text[:200]}")


def block_actions(
    user: User,
    channel: Channel | None,
    where: Message | View,
    action: Json,
    trigger_id: str,
    response_url: str,
    state: Json,
) -> Payload:
    """A click on a button, or a choice in a menu, of a message or a view."""
    data = _interaction("block_actions", user, trigger_id) | {
        "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
        "state": {"values": state},
    }
    if isinstance(where, View):
        data |= {"container": {"type": "view", "view_id": where.id}, "view": where.json(state)}
    else:
        data |= _of_message(where, channel) | {"response_url": response_url}
    summary = f"{user.name} clicks {action['action_id']}"
    return Payload("interactive", data, user.id, where_is(where), summary)


def view_submission(user: User, view: View, state: Json, trigger_id: str) -> Payload:
    data = _interaction("view_submission", user, trigger_id) | {
        "view": view.json(state),
        "response_urls": [],
    }
    return Payload("interactive", data, user.id, None, f"{user.name} submits {view.title!r}")


def view_closed(user: User, view: View, is_cleared: bool = False) -> Payload:
    data = _interaction("view_closed", user) | {"view": view.json(), "is_cleared": is_cleared}
    return Payload("interactive", data, user.id, None, f"{user.name} closes {view.title!r}")


def block_suggestion(
    user: User,
    where: Message | View,
    channel: Channel | None,
    element: Json,
    block_id: str,
    typed: str,
) -> Payload:
    """A person types into a menu whose options the app supplies."""
    data = _interaction("block_suggestion", user) | {
        "action_id": element["action_id"],
        "block_id": block_id,
        "value": typed,
    }
    if isinstance(where, View):
        data |= {"container": {"type": "view", "view_id": where.id}, "view": where.json()}
    else:
        data |= _of_message(where, channel)
    summary = f"{user.name} types {typed!r} into {element['action_id']}"
    return Payload("interactive", data, user.id, where_is(where), summary)


def global_shortcut(user: User, callback_id: str, trigger_id: str) -> Payload:
    data = _interaction("shortcut", user, trigger_id) | {
        "callback_id": callback_id,
        "action_ts": f"{time.time():.6f}",
    }
    return Payload("interactive", data, user.id, None, f"{user.name}: shortcut {callback_id}")


def message_shortcut(
    user: User,
    channel: Channel,
    message: Message,
    callback_id: str,
    trigger_id: str,
    response_url: str,
) -> Payload:
    data = _interaction("message_action", user, trigger_id) | {
        "callback_id": callback_id,
        "action_ts": f"{time.time():.6f}",
        "message_ts": message.ts,
        "message": message.json(),
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "response_url": response_url,
    }
    return Payload("interactive", data, user.id, channel.id, f"{user.name}: {callback_id}")


def event(event_: Json, user: str, channel: str | None, event_time: float | None = None) -> Payload:
    """An Events API callback with an id of its own, of something that happens now, or did then."""
    data = {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event_,
        "type": "event_callback",
        "event_id": "Ev" + uuid.uuid4().hex[:12].upper(),
        "event_time": int(event_time or float(event_.get("event_ts") or time.time())),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
    return Payload("event", data, user, channel, f"event {event_['type']} by {user}")


def delivered_to(payload: Payload, enterprise: str | None, is_shared: bool) -> Payload:
    """The payload as an installation on Enterprise Grid gets it.

    Its envelope names the installation's organisation, whoever acted.
    """
    data = dict(payload.data)
    if payload.kind == "event" and "authorizations" in data:
        to = [{**each, "enterprise_id": enterprise} for each in data["authorizations"]]
        data |= {"authorizations": to, "is_ext_shared_channel": is_shared}
    elif enterprise and payload.kind == "command":
        data |= {"enterprise_id": enterprise, "enterprise_name": enterprise.lower()}
    elif enterprise and payload.kind == "interactive":
        data |= {"enterprise": {"id": enterprise, "name": enterprise.lower()}}
    return replace(payload, data=data)


def url_verification(challenge: str) -> Payload:
    data = {"token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}
    return Payload("event", data, BOT_USER, None, "url_verification")


def where_is(where: Message | View) -> str | None:
    return where.channel if isinstance(where, Message) else None


def _interaction(kind: str, user: User, trigger_id: str | None = None) -> Json:
    data: dict[str, Any] = {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }
    return data if trigger_id is None else {**data, "trigger_id": trigger_id}


def _of_message(message: Message, channel: Channel | None) -> Json:
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.visible_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    name = _channel_name(channel) if channel else ""
    found: Json = {"container": container, "channel": {"id": message.channel, "name": name}}
    # Slack leaves the message out where it is ephemeral.
    return found if message.visible_to else {**found, "message": message.json()}


def _channel_name(channel: Channel) -> str:
    if channel.is_direct:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
