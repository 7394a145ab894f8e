"""Who may read of a request: what was asked in private stays with its people. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

_NAMES_OF_PRIVATE = ("privategroup", "directmessage", "mpdm-")
"""What Slack writes in place of a private conversation's name in a payload's `channel_name`."""


def is_private(channel_id: str, name: str) -> bool:
    """Whether a payload came from a private channel or a direct message.

    Source: Slack's reference of slash commands: only a public channel is named by its name.
    """
    return not channel_id.startswith("C") or name.startswith(_NAMES_OF_PRIVATE)


@dataclass(frozen=True)
class Reader:
    """Who reads, and where.

    Attributes:
        public: ids of the channels that are known to be public. What is not known is private.
    """

    person: str
    channel: str
    public: Collection[str]

    def may_read(self, channel: str, people: Collection[str]) -> bool:
        """Whether something asked in `channel` may be shown; `people` are those it is about."""
        return channel in ("", self.channel) or channel in self.public or self.person in people
