"""What can be decided about a request as it stands: its buttons, each under its question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject

from bot.domain.states import OPEN, State
from bot.operations.registry import operation_of
from bot.store.rows import OpsRequest, Step
from bot.views import approvals, causes, formats, partial_cancel, summaries
from bot.views.blocks import button, labelled, section, small
from bot.views.escape import safe, unmarked

BUTTONS = {
    "approve": "Approve",
    "take_back": "Take back approval",
    "deny": "Deny",
    "cancel": "Cancel",
    "adopt": "Follow this action",
    "post_again": "Send again",
    "give_up": "Stop and close",
    "stop_following": "Stop following",
    "close_review": "Close the review",
    "retry_failed": "Retry failed",
}
"""Every button of a card by its `action_id`."""
_MOST_RETRIED = 4
_LABEL_LIMIT = 75
LOOK_AGAIN = "Look again"
"""What `adopt` is called while there is nothing that could be this one: it looks again."""


def retry(request: OpsRequest) -> str:
    """`Retry fra1` where some of it went well, else `Retry failed`."""
    where = [formats.wording(step.spec).detail for step in request.retryable]
    if summaries.in_part(request) and all(where) and len(where) <= _MOST_RETRIED:
        label = f"Retry {unmarked(formats.listed(where))}"
        return label if len(label) <= _LABEL_LIMIT else BUTTONS["retry_failed"]
    return BUTTONS["retry_failed"]


def draw(request: OpsRequest, reader: str = "") -> list[Block]:
    """The buttons of a request; where it needs attention, each row under what it is about.

    Args:
        reader: the person who alone sees them; empty, or a channel: they are for all.
    """
    attention = request.state is State.NEEDS_ATTENTION
    rows = _questions(request) if attention else _row(request, "buttons-0", reader)
    asked = unmarked(formats.asked(request)).replace("*", "")  # bold in mrkdwn
    return labelled([*rows, *_slow(request)], f"request {request.id}, {asked}")


def _row(request: OpsRequest, block_id: str, reader: str = "") -> list[Block]:
    value, styles = formats.button_value(request), {"approve": "primary", "deny": "danger"}
    row = [
        partial_cancel.draw(request, BUTTONS["cancel"])
        if name == "cancel" and request.state is not State.PENDING
        else _pending_button(name, request)
        if request.state is State.PENDING
        else button(retry(request), name, value)
        if name == "retry_failed"
        else _button(name, value, style=styles.get(name))
        for name in offered(request)
        if not reader.startswith(("U", "W")) or _is_of_use(name, request, reader)
    ]
    return [ActionsBlock(elements=row, block_id=block_id)] if row else []


def _is_of_use(name: str, request: OpsRequest, person: str) -> bool:
    """Whether a button of a request that waits is anything for this person."""
    if request.state is not State.PENDING:
        return True
    if name == "cancel":
        return person == request.requester
    voted = person in {vote.person for vote in request.approvals}
    return (name == "take_back") == voted and (voted or approvals.is_asked(request, person))


def votes(request: OpsRequest) -> list[Block]:
    """*Approve* and *Deny*, where the card is not shown: not of what nothing brings back, which
    is decided where its consequences stand."""
    if request.state is not State.PENDING or _is_final(request):
        return []
    row = [_pending_button(name, request) for name in ("approve", "deny")]
    asked = unmarked(formats.imperative(request))
    blocks: list[Block] = [ActionsBlock(elements=row, block_id=f"vote-{request.id}")]
    return labelled(blocks, f"request {request.id}, {asked}")


def _is_final(request: OpsRequest) -> bool:
    """Whether nothing brings back what it takes away; a schedule's runs may."""
    return any(
        operation_of(step.spec).irreversible or step.spec.params.get("deletes")
        for step in request.steps
    )


def _pending_button(name: str, request: OpsRequest) -> ButtonElement:
    """*Withdraw* is what its requester does beside *Deny*; what nothing brings back asks twice."""
    label = "Withdraw" if name == "cancel" else BUTTONS[name]
    style = {"approve": "primary", "deny": "danger"}.get(name)
    confirm = _surely_approve(request) if name == "approve" and _is_final(request) else None
    confirm = _surely_take_back() if name == "take_back" else confirm
    return button(label, name, formats.button_value(request), style=style, confirm=confirm)


def _surely_approve(request: OpsRequest) -> ConfirmObject:
    deletes_later = formats.is_standing(request)
    cannot = "Nothing brings back what it deletes." if deletes_later else "It cannot be undone."
    return ConfirmObject(
        title="Approve this?",
        text=f"{formats.imperative(request)[:200]}. {cannot}",
        confirm="Approve",
        deny="Back",
    )


def _surely_take_back() -> ConfirmObject:
    return ConfirmObject(
        title="Take your approval back?",
        text="It counts no longer. You can approve again, or deny, while the request waits.",
        confirm="Take back",
        deny="Keep it",
    )


def offered(request: OpsRequest) -> list[str]:
    """The buttons that concern the request as a whole, by their `action_id`."""
    names = ["approve", "deny", "cancel"] if request.state is State.PENDING else []
    if names and request.approvals:
        names.insert(2, "take_back")
    if partial_cancel.can_be(request):
        names.append("cancel")
    if request.review == "open" and request.state not in OPEN:
        names.append("close_review")
    if request.state is State.ERRORED and request.retried_as is None and request.retryable:
        names.append("retry_failed")
    return names


def _questions(request: OpsRequest) -> list[Block]:
    several = len(request.steps) > 1
    blocks: list[Block] = []
    asking = [step for step in request.steps if step.state is State.NEEDS_ATTENTION]
    for step in asking:
        value = formats.button_value(request, step.position)
        blocks.append(section(_question(request, step)))
        which = f"{request.id}:{step.position}" if several else str(request.id)
        blocks.append(ActionsBlock(elements=_choices(step, value), block_id=f"buttons-{which}"))
    blocks.append(small(" ".join(_meanings(asking))))
    return [*blocks, *_row(request, "buttons-unsent")]


def _slow(request: OpsRequest) -> list[Block]:
    """What takes longer than usual can be closed, each step by itself."""
    several = len(request.steps) > 1
    blocks: list[Block] = []
    for step in request.steps:
        if step.state is State.IN_PROGRESS and step.stuck_told:
            value = formats.button_value(request, step.position)
            which = f"{request.id}:{step.position}" if several else str(request.id)
            label = BUTTONS["stop_following"]
            label = f"{label}: {formats.told_apart(request, step)}" if several else label
            stop = button(label[:75], "stop_following", value, confirm=_surely_stop(step))
            blocks.append(ActionsBlock(elements=[stop], block_id=f"buttons-slow-{which}"))
    return blocks


def _surely_stop(step: Step) -> ConfirmObject:
    return ConfirmObject(
        title="Stop following?",
        text=f"Request closed as failed; action {step.action_id} may still run at DigitalOcean."
        " Look there first.",
        confirm="Stop following",
        deny="Back",
    )


def _meanings(asking: Sequence[Step]) -> Iterator[str]:
    if any(step.candidates for step in asking):
        yield f"_{BUTTONS['adopt']}_ follows what was seen."
    if not all(step.candidates for step in asking):
        yield f"_{LOOK_AGAIN}_ asks DigitalOcean for its list once more."
    yield "_Send again_ looks once more, and sends it again if nothing is there; it takes as many"
    yield "people as had to approve."
    yield "_Stop and close_ ends the request; what DigitalOcean did stays unknown."


def _question(request: OpsRequest, step: Step) -> str:
    seen = [
        f"• action {c['id']}, {safe(str(c['status']), 40)}, begun {_time(str(c['started_at']))}"
        for c in step.candidates[:10]
    ]
    said = causes.in_short_in_slack(step.cause, 300).rstrip(".")
    why = f": {said}" if said else ""
    which = formats.opening(formats.step_among(request, step).replace("*", ""))
    asked = f"*{which}*: I do not know whether DigitalOcean took it{why}."
    chose = formats.listed([formats.person(person) for person in step.resend_votes])
    again = [f"Send again: chosen by {chose}; more people are needed."] if chose else []
    return "\n".join([asked, *(["Seen at DigitalOcean:", *seen] if seen else []), *again])


def _time(written: str) -> str:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return safe(written, 40)
    return formats.moment((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _choices(step: Step, value: str) -> list[ButtonElement]:
    sure = ConfirmObject(
        title="Send again?",
        text="If DigitalOcean did take the first request, it will run twice.",
        confirm="Send again",
        deny="Back",
    )
    label = BUTTONS["adopt"] if step.candidates else LOOK_AGAIN
    return [
        button(label, "adopt", value, style="primary"),
        _button("post_again", value, confirm=sure),
        _button("give_up", value, style="danger", confirm=_surely_close()),
    ]


def _surely_close() -> ConfirmObject:
    return ConfirmObject(
        title="Stop and close?",
        text="The request ends as failed. What DigitalOcean did of it stays unknown.",
        confirm="Stop and close",
        deny="Back",
    )


def _button(
    action_id: str, value: str, style: str | None = None, confirm: ConfirmObject | None = None
) -> ButtonElement:
    return button(BUTTONS[action_id], action_id, value, style=style, confirm=confirm)
