"""What of an ack fits into one Socket Mode frame. Pure.

Slack closes the connection on a frame of more than 20,480 bytes (code 1009), and delivers the
payload again: an ack that is too long would end every connection it is sent over. What counts is
bytes of JSON, in which slack_sdk writes a Cyrillic letter as 6 and an emoji as 12.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FRAME_BYTES = 20_480
_ENVELOPE_BYTES = 256
"""Room for `{"envelope_id": "…", "payload": }`, whose id is 36 characters."""

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Fitted:
    """An ack that fits.

    Attributes:
        ack: what is sent.
        rest: a message (`text`, `blocks`) that did not fit and goes by `response_url`; or empty.
    """

    ack: Json
    rest: Json = field(default_factory=dict)


def fit(ack: Json, limit: int = FRAME_BYTES - _ENVELOPE_BYTES) -> Fitted:
    """Leave out the last options of a menu, or all of a message; `limit` is bytes of JSON."""
    if _size(ack) <= limit:
        return Fitted(ack)
    if "options" in ack:
        return Fitted({**ack, "options": _first(ack["options"], limit - _size({"options": []}))})
    if "option_groups" in ack:
        return Fitted({**ack, "option_groups": _first_groups(ack["option_groups"], limit)})
    return Fitted({}, ack)


def _first(options: list[Json], room: int) -> list[Json]:
    """As many as there is room for."""
    kept = []
    for option in options:
        room -= _size(option) + len(", ")
        if room < 0:
            break
        kept.append(option)
    return kept


def _first_groups(groups: list[Json], limit: int) -> list[Json]:
    room = limit - _size({"option_groups": []})
    kept: list[Json] = []
    for group in groups:
        room -= _size({**group, "options": []}) + len(", ")
        options = _first(group["options"], room)
        if not options:
            break
        room -= sum(_size(option) + len(", ") for option in options)
        kept.append({**group, "options": options})
    return kept


def _size(value: object) -> int:
    return len(json.dumps(value))
