"""Which direct messages a person gets: their own choice, and what holds until they make it."""

from __future__ import annotations

from enum import StrEnum

FEW = 5
"""So many people at most are asked for their approval directly, unless they chose otherwise."""


class DirectMessages(StrEnum):
    """A person's choice. The value is what they type, and what the database holds."""

    DEFAULT = "default"
    """What they may approve, where few may; of their own requests the thread tells, by mention."""
    ALL = "all"
    """What they may approve, and how their own requests end."""
    APPROVALS = "approvals"
    MINE = "mine"
    NONE = "none"

    @property
    def tells_of_ends(self) -> bool:
        """Whether the end of a request of one's own comes directly, in place of the mention."""
        return self in (DirectMessages.ALL, DirectMessages.MINE)

    def asks(self, approvers: int) -> bool:
        """Whether the card of a request comes directly to one of `approvers` people who may
        approve it."""
        if self is DirectMessages.DEFAULT:
            return approvers <= FEW
        return self in (DirectMessages.ALL, DirectMessages.APPROVALS)
