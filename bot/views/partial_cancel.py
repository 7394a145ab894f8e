"""Calling off what was not sent yet: the words for what stops, and for what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

from bot.domain.states import FINISHED, State
from bot.store.rows import OpsRequest, Step
from bot.views import formats
from bot.views.blocks import button

LABEL = "Call off the transfer"
"""What `cancel` is called once a part of the request was sent."""


def facts(stopped: Sequence[Step], rest: Sequence[Step]) -> dict[str, Any]:
    """What the audit log keeps of it: the positions of what stops, goes on, and is done."""
    return {
        "stopped": [s.position for s in stopped],
        "goes_on": [s.position for s in rest if s.state not in FINISHED],
        "done": [s.position for s in rest if s.state is State.COMPLETED],
    }


def said(known: Mapping[str, Any], request: OpsRequest) -> str:
    """`The transfer to nyc3 will not be sent. What was sent goes on: the conversion.`"""

    def these(key: str) -> str:
        return formats.these([s for s in request.steps if s.position in known[key]])

    parts = [f"{formats.opening(these('stopped'))} will not be sent."]
    if known["goes_on"]:
        parts.append(f"What was sent goes on: {these('goes_on')}.")
    if known["done"]:
        parts.append(f"Done already: {these('done')}.")
    return " ".join(parts)


def can_be(request: OpsRequest) -> bool:
    """Whether a card offers it: after the approval, while something waits to be sent.

    What is sent for the first time is so in a moment, and offers nothing.
    """
    after = request.state in (State.APPROVED, State.SUBMITTING, State.IN_PROGRESS)
    waits = (s.state is State.PENDING or s.attempts for s in request.steps if s.unsent)
    return (after or request.state is State.NEEDS_ATTENTION) and any(waits)


def draw(request: OpsRequest, whole: str) -> ButtonElement:
    """The button; called `whole` where nothing was sent yet."""
    rest = [s for s in request.steps if not s.unsent and s.state is not State.CANCELLED]
    if not rest:
        return button(whole, "cancel", formats.button_value(request))
    unsent = [s for s in request.steps if s.unsent]
    sure = ConfirmObject(
        title="Call it off?",
        text=said(facts(unsent, rest), request),
        confirm="Call it off",
        deny="Back",
    )
    label = LABEL if len(unsent) == 1 else f"{LABEL}s"
    return button(label, "cancel", formats.button_value(request), confirm=sure)
