"""What became of an image that was offered to somebody else, in sentences."""

from __future__ import annotations

from bot.operations.base import Handover
from bot.views.escape import safe


def in_short(handover: Handover) -> str:
    """Whether it was taken, and what happens next, for the card."""
    if handover.taken:
        return _GONE
    to = safe(handover.recipient, 100)
    stays = "If they did not take it at once, it" if handover.taken is None else "It"
    return (
        f"It is offered to {to}. {stays} stays here until they accept it, and can be taken back"
        f" until then in DigitalOcean's control panel. {_looked_up(handover)}."
    )


def in_words(handover: Handover, what: str) -> str:
    """The same in full, for the thread.

    Args:
        what: the image, as the first sentence names it.
    """
    if handover.taken:
        return _GONE
    to = safe(handover.recipient, 100)
    if handover.taken is None:
        return (
            f"{what} is offered to {to}; the handover is completed once they take it. Whether they"
            f" did at once is not known. {_looked_up(handover)}. If it is, {_taken_back(handover)}"
        )
    return (
        f"{what} is offered to {to}, and stays here until they accept it; the handover is completed"
        f" then. I do not hear of that. {_looked_up(handover)}. Until then {_taken_back(handover)}"
    )


_GONE = "The image is not in this account any more."


def _looked_up(handover: Handover) -> str:
    return f"/image show {handover.image_id} tells whether it is still here"


def _taken_back(handover: Handover) -> str:
    number = f" with transfer_id {handover.transfer_id}" if handover.transfer_id else ""
    call = f"POST /v2/images/{handover.image_id}/account_transfer/cancel{number}"
    return f"it can be taken back at DigitalOcean: in its control panel, or by {call}."
