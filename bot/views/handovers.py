"""What became of an image that was offered to somebody else, in sentences."""

from __future__ import annotations

from bot.operations.base import Handover
from bot.views.escape import safe


def in_words(handover: Handover) -> str:
    """Whether it was taken, and what can still be done."""
    if handover.taken:
        return "The image is not in this account any more."
    to = safe(handover.recipient, 100)
    if handover.taken is None:
        return f"Whether {to} took it at once is not known. If not, {_taken_back(handover)}"
    back = _taken_back(handover)
    return f"It is offered to {to}, and stays here until they accept it. Till then {back}"


def _taken_back(handover: Handover) -> str:
    number = f" with transfer_id {handover.transfer_id}" if handover.transfer_id else ""
    call = f"POST /v2/images/{handover.image_id}/account_transfer/cancel{number}"
    return f"it can be taken back at DigitalOcean: in its control panel, or by {call}."
