"""What every handler takes from a Slack payload: who, where, how to answer, and its identity."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.search import Asker
from bot.requests import Click

Body = Mapping[str, Any]


def delivery_key(body: Body) -> str:
    """The identity of a payload: the same for a repeated delivery, another for another act.

    `event_id` identifies an event and `trigger_id` everything a person does; the digest of
    what was done is added because a `trigger_id` alone says nothing of the content. Without
    either nothing can be recognised again, so every payload is one of its own.
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
    identity = body.get("event_id") or body.get("trigger_id") or uuid.uuid4().hex
    return f"{str(identity)[:180]}:{digest[:32]}"


def person(body: Body) -> str:
    """The Slack user id of whoever did it."""
    user = body.get("user")
    found = user.get("id") if isinstance(user, Mapping) else body.get("user_id")
    return str(found or "")[:32]


def is_stranger(body: Body, ours: Collection[str]) -> bool:
    """Whether somebody of another workspace did it, in a channel shared with theirs.

    Such people see the bot's cards and can click and mention it. In interactions Slack puts their
    workspace into `user.team_id`, in events into `event.user_team`; it can be an organisation's.

    Args:
        ours: the ids of our workspace and its organisation; empty: not known yet.
    """
    to = body.get("authorizations") or ()  # of whom the event was delivered to: of us
    ids = {*ours, *_ids(told.get(key) for told in to for key in ("team_id", "enterprise_id"))}
    organisation = _id(body.get("enterprise")) or body.get("enterprise_id")
    theirs = _ids([_team(body), organisation])
    return bool(ids and theirs) and not ids & theirs


def _ids(found: Iterable[object]) -> set[str]:
    """Those that are ids at all; Slack leaves some out, and a payload can hold anything."""
    return {each for each in found if isinstance(each, str) and each}


def _team(body: Body) -> object:
    event, user = body.get("event"), body.get("user")
    if isinstance(event, Mapping):
        return event.get("user_team") or event.get("team")
    of_user = user.get("team_id") if isinstance(user, Mapping) else None
    return of_user or _id(body.get("team")) or body.get("team_id")


def _id(thing: object) -> object:
    return thing.get("id") if isinstance(thing, Mapping) else thing


def click(body: Body) -> Click:
    """A click on a button of a card. Its value is `17`, or `17:1` for one image action of several.

    Raises:
        ValueError: the value is not one that the bot writes.
    """
    request_id, position = _value(str(body["actions"][0].get("value", "")))
    channel = body.get("channel") or {}
    return Click(
        delivery=delivery_key(body),
        person=person(body),
        request_id=request_id,
        position=position,
        channel=str(channel.get("id", "")),
        response_url=str(body.get("response_url") or ""),
    )


def who(body: Body) -> Click:
    """A click on a button that is about no request: who, where, and how to answer."""
    channel = body.get("channel") or {}
    return Click(
        delivery=delivery_key(body),
        person=person(body),
        request_id=0,
        channel=str(channel.get("id", "")),
        response_url=str(body.get("response_url") or ""),
    )


def button_value(body: Body) -> str:
    """What a button carries."""
    return str(body["actions"][0].get("value", ""))


def image_click(body: Body) -> int:
    """The image that a button is about.

    Raises:
        ValueError: the value is not one that the bot writes.
    """
    return int(button_value(body))


def pick(body: Body) -> tuple[Click, int]:
    """One of several images: the look-up that offered them as a click's id, and the image.

    Raises:
        ValueError: the value is not one that the bot writes.
    """
    look_up_id, image_id = _value(button_value(body))
    return replace(who(body), request_id=look_up_id), image_id


def asker(body: Body) -> Asker:
    """Whoever typed or clicked, as one to be answered alone."""
    channel = body.get("channel") or {}
    return Asker(
        person(body),
        str(body.get("channel_id") or channel.get("id") or ""),
        str(body.get("thread_ts") or ""),
        str(body.get("response_url") or ""),
    )


def form_metadata(of: Click) -> dict[str, Any]:
    """What a modal must carry to go on where the click left off; no right, no decision."""
    return {
        "request": f"{of.request_id}:{of.position}",
        "channel": of.channel,
        "response_url": of.response_url,
    }


def submitted(body: Body) -> Click:
    """A submitted modal, as the click that opened it.

    Raises:
        ValueError: the metadata is not what the bot writes.
    """
    metadata = json.loads(body["view"]["private_metadata"])
    request_id, position = _value(str(metadata["request"]))
    return Click(
        delivery=delivery_key(body),
        person=person(body),
        request_id=request_id,
        position=position,
        channel=str(metadata.get("channel", "")),
        response_url=str(metadata.get("response_url", "")),
    )


def field(body: Body, block_id: str) -> str:
    """What a person put into the field of a modal (its action has the block's own name)."""
    state = body["view"]["state"]["values"][block_id][block_id]
    chosen = state.get("selected_option")
    return str(chosen["value"] if chosen else state.get("value") or "")


def _value(text: str) -> tuple[int, int]:
    request_id, _, position = text.partition(":")
    return int(request_id), int(position or 0)


def trigger(body: Body) -> str:
    """What opens a form within 3 s; empty where the payload brought none."""
    return str(body.get("trigger_id") or "")
