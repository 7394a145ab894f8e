"""What became of an image that was offered to somebody else, in sentences."""

from __future__ import annotations

from bot.operations.base import Handover
from bot.views.escape import safe


def in_words(handover: Handover, what: str = "It") -> str:
    """Whether it was taken, what happens next, and what can still be done.

    Args:
        what: the image, as the first sentence names it.
    """
    if handover.taken:
        return "The image is not in this account any more."
    to = safe(handover.recipient, 100)
    looked_up = f"/image show {handover.image_id} tells whether it is still here"
    if handover.taken is None:
        return (
            f"{what} is offered to {to}; the handover is completed once they take it. Whether they"
            f" did at once is not known: {looked_up}. If it is, {_taken_back(handover)}"
        )
    return (
        f"{what} is offered to {to}, and stays here until they accept it; the handover is completed"
        f" then. I do not hear of that: {looked_up}. Until then {_taken_back(handover)}"
    )


def _taken_back(handover: Handover) -> str:
    number = f" with transfer_id {handover.transfer_id}" if handover.transfer_id else ""
    call = f"POST /v2/images/{handover.image_id}/account_transfer/cancel{number}"
    return f"it can be taken back at DigitalOcean: in its control panel, or by {call}."
