"""What became of an image that was offered to somebody else, in sentences."""

from __future__ import annotations

from bot.operations.base import Handover
from bot.views.escape import safe

_TAKE_BACK = "in DigitalOcean's control panel under Backups & Snapshots"


def in_words(handover: Handover) -> str:
    """Whether it was taken, and what can still be done."""
    if handover.taken:
        return "The image is not in this account any more."
    if handover.taken is None:
        return "Whether it was taken at once is not known: `/image show` tells. " + _back(handover)
    to = safe(handover.recipient, 100)
    return f"It is offered to {to}, and stays here until they accept it. {_back(handover)}"


def _back(handover: Handover) -> str:
    number = f" (transfer {handover.transfer_id})" if handover.transfer_id else ""
    return f"Until they accept it, it can be taken back {_TAKE_BACK}{number}."
