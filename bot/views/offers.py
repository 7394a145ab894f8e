"""Answers that offer the next step as a button."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block

from bot.domain.causes import Cause
from bot.domain.states import State
from bot.errors import BotError
from bot.store.rows import OpsRequest
from bot.views import action_buttons, answers, causes, formats, overviews
from bot.views.blocks import button, paragraphs, section
from bot.views.message import Message, message

BUTTONS = {
    "plan": "Convert, then transfer",
    "open_form": "Open the form",
    "explain_details": "Why this rule",
    "run_this": "Run this",
}
"""Every button of these answers by its `action_id`."""
_LONGEST_VALUE = 2_000
"""Characters that the value of a button can have (Slack's reference of the button element)."""

_LONGEST = 1500


def closed(request: OpsRequest, state: State, cause: Cause, *, plan: bool = False) -> Message:
    """A request that ended before anybody was asked; `plan`: it can be done after a convert."""
    text = f"Request {request.id} {state}: {causes.in_slack(cause, _LONGEST)}"
    if not plan:
        return message(text)
    offer = (
        "Both steps can be one plan with one approval: the transfer starts by itself when the"
        " conversion is completed."
    )
    value, about = formats.button_value(request), f"request {request.id}"
    take = button(BUTTONS["plan"], "plan", value, style="primary", about=about)
    blocks: list[Block] = [
        section(text),
        section(offer),
        ActionsBlock(block_id="plan", elements=[take]),
    ]
    return message(f"{text} {offer}", blocks)


def status(request: OpsRequest, now: float, wanted: str = "") -> Message:
    """One request in a few lines, with what can be decided about it.

    Args:
        wanted: the `action_id` of a button; where it is there now, it is pointed out.
    """
    decided = action_buttons.draw(request)
    lines = overviews.lines_about(request, now)
    if wanted in action_buttons.offered(request):
        lines.insert(0, f"{_takes(wanted)}, here or on the card.")
    blocks: list[Block] = [section(part) for part in paragraphs(lines)]
    return message("\n".join(lines), [*blocks, *decided])


def overview(
    requests: Sequence[OpsRequest], now: float, most: int, hidden: int, wanted: str
) -> Message:
    """What is open now; `wanted`: the `action_id` of a button that is looked for."""
    text = overviews.overview(requests, now, most, hidden)
    return Message(f"{_takes(wanted)} on the card of a request.\n{text}" if wanted else text)


def _takes(action_id: str) -> str:
    return f"That takes the button _{action_buttons.BUTTONS[action_id]}_"


def explained(text: str, command: str) -> Message:
    """What the policy makes of a command, with the way to how each rule was tried."""
    if len(command) > _LONGEST_VALUE:
        return Message(text)
    details = button(BUTTONS["explain_details"], "explain_details", command, about=command)
    row = ActionsBlock(block_id="explain", elements=[details])
    return message(text, [section(text), row])


def corrected(problem: BotError) -> Message:
    """What went wrong, with what was meant as a button, where that is plain."""
    text, meant = answers.error(problem), getattr(problem, "meant", "")
    if not meant or len(meant) > _LONGEST_VALUE:
        return Message(text)
    run = button(BUTTONS["run_this"], "run_this", meant, style="primary", about=meant)
    return message(text, [section(text), ActionsBlock(block_id="meant", elements=[run])])


def help_with_form(text: str) -> Message:
    """The help, with the way to the form."""
    blocks: list[Block] = [section(part) for part in paragraphs(text.split("\n"))]
    form = button(BUTTONS["open_form"], "open_form", "new", about="what to do with an image")
    blocks.append(ActionsBlock(block_id="form", elements=[form]))
    return message(text, blocks)
