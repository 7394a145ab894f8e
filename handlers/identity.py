"""Who did it, and which act it was: the two identities in a Slack payload."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from bot.domain.membership import Actor

Body = Mapping[str, Any]


def person(body: Body) -> str:
    """The Slack user id of whoever did it, in whatever kind of payload."""
    event, user = body.get("event"), body.get("user")
    if isinstance(event, Mapping):
        return _text(event.get("user"))[:32]
    found = user.get("id") if isinstance(user, Mapping) else body.get("user_id")
    return _text(found)[:32]


def actor(body: Body) -> Actor:
    """Who did it, with the workspace or organisation that the payload says of the person.

    The envelope is not asked: `authorizations`, `enterprise`, `enterprise_id` and an event's
    `team_id` name the installation that Slack delivers to, whoever acted.
    """
    return Actor(person(body), _team(body)[:32])


def _team(body: Body) -> str:
    event, user = body.get("event"), body.get("user")
    if isinstance(event, Mapping):
        profile = event.get("user_profile")
        of_profile = profile.get("team") if isinstance(profile, Mapping) else None
        for says in (event.get("user_team"), event.get("source_team"), of_profile):
            if says:
                return _text(says)
        # In a channel shared with others `team` can be the one that owns the channel.
        told = _text(event.get("team"))
        return "" if body.get("is_ext_shared_channel") and _is_home(body, told) else told
    if isinstance(user, Mapping):
        return _text(user.get("team_id"))
    return _text(body.get("team_id"))  # a slash command: where it was typed, by a member of it


def _is_home(body: Body, team: str) -> bool:
    return team == body.get("team_id")


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


def delivery_key(body: Body) -> str:
    """The identity of a payload: the same for a repeated delivery, another for another act.

    Channel and `ts` identify a message and each edit of it, for Slack brings one message under
    several `event_id`s; `event_id` identifies any other event and `trigger_id` all else that a
    person does. The digest of what was done is added because a `trigger_id` alone says nothing
    of the content. Without any of them every payload is one of its own.
    """
    act = {
        "command": body.get("text"),
        "actions": [
            (a.get("action_id"), a.get("value"), a.get("action_ts"))
            for a in body.get("actions") or ()
        ],
        "view": (body.get("view") or {}).get("id"),
        "state": (body.get("view") or {}).get("state"),
        "person": person(body),
    }
    digest = hashlib.sha256(json.dumps(act, sort_keys=True, default=str).encode()).hexdigest()
    identity = _message(body) or body.get("event_id") or body.get("trigger_id") or uuid.uuid4().hex
    return f"{str(identity)[:180]}:{digest[:32]}"


def _message(body: Body) -> str:
    event = body.get("event")
    if not isinstance(event, Mapping) or not (event.get("ts") and event.get("channel")):
        return ""
    edited = event.get("edited")
    edit = edited.get("ts") if isinstance(edited, Mapping) else ""
    return f"message:{event['channel']}:{event['ts']}:{edit or ''}"
