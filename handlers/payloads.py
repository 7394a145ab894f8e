"""What handlers take from a Slack payload: the click, its value, where and how to answer."""

from __future__ import annotations

import json
from typing import Any

from bot.domain.search import Asker
from bot.requests import Click, Sender
from handlers.identity import Body, delivery_key, person


def click(body: Body) -> Click:
    """A click on a button of a card. Its value is what `bot.views.formats.button_value` writes.

    Raises:
        ValueError: the value is not one that the bot writes.
    """
    request_id, position, digest = _card_value(str(body["actions"][0].get("value", "")))
    channel = body.get("channel") or {}
    return Click(
        delivery=delivery_key(body),
        person=person(body),
        request_id=request_id,
        position=position,
        channel=str(channel.get("id", "")),
        response_url=str(body.get("response_url") or ""),
        digest=digest,
        message_ts=str((body.get("container") or {}).get("message_ts") or ""),
    )


def sender(body: Body) -> Sender:
    """Who sent it, which payload it is, and how to answer."""
    return Sender(delivery_key(body), asker(body))


def button_value(body: Body) -> str:
    """What a button carries."""
    return str(body["actions"][0].get("value", ""))


def image_click(body: Body) -> int:
    """The image that a button is about.

    Raises:
        ValueError: the value is not one that the bot writes.
    """
    return int(button_value(body))


def pick(body: Body) -> tuple[int, int]:
    """One of several images: the number of the look-up that offered them, and the image.

    Raises:
        ValueError: the value is not one that the bot writes.
    """
    return _value(button_value(body))


def asker(body: Body) -> Asker:
    """Whoever typed or clicked, as one to be answered alone."""
    channel = body.get("channel")
    in_channel = channel.get("id") if isinstance(channel, dict) else body.get("channel_id")
    return Asker(
        person(body),
        str(in_channel or ""),
        str(body.get("thread_ts") or ""),
        str(body.get("response_url") or ""),
    )


def form_metadata(of: Click) -> dict[str, Any]:
    """What a modal must carry to go on where the click left off; no right, no decision."""
    return {
        "request": f"{of.request_id}:{of.position}-{of.digest or ''}",
        "ts": of.message_ts,
        "channel": of.channel,
        "response_url": of.response_url,
    }


def submitted(body: Body) -> Click:
    """A submitted modal, as the click that opened it.

    Raises:
        ValueError: the metadata is not what the bot writes.
    """
    metadata = json.loads(body["view"]["private_metadata"])
    request_id, position, digest = _card_value(str(metadata["request"]))
    return Click(
        delivery=delivery_key(body),
        person=person(body),
        request_id=request_id,
        position=position,
        channel=str(metadata.get("channel", "")),
        response_url=str(metadata.get("response_url", "")),
        digest=digest,
        message_ts=str(metadata.get("ts", "")),
    )


def field(body: Body, block_id: str) -> str:
    """What a person put into the field of a modal (its action has the block's own name)."""
    state = body["view"]["state"]["values"][block_id][block_id]
    chosen = state.get("selected_option")
    return str(chosen["value"] if chosen else state.get("value") or "")


def _card_value(text: str) -> tuple[int, int, str]:
    numbers, _, digest = text.partition("-")
    return *_value(numbers), digest


def _value(text: str) -> tuple[int, int]:
    request_id, _, position = text.partition(":")
    return int(request_id), int(position or 0)


def trigger(body: Body) -> str:
    """What opens a form within 3 s; empty where the payload brought none."""
    return str(body.get("trigger_id") or "")
