"""One message for Slack: its blocks, and the text for notifications and screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.models.blocks import Block


@dataclass(frozen=True)
class Message:
    """What `chat.postMessage` and `chat.update` take; `text` stands alone where blocks cannot."""

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)


def message(text: str, blocks: Sequence[Block] = ()) -> Message:
    """Draw blocks through the models, which check most of Slack's limits."""
    return Message(text=text, blocks=[block.to_dict() for block in blocks])
