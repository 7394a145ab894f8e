"""The card: the root message of an ops request, drawn for the state it is in."""

from __future__ import annotations

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.image_actions import ActionType
from bot.lifecycle import OPEN, State
from bot.messages import progress, words
from bot.messages.blocks import paragraphs
from bot.messages.escape import safe
from bot.messages.message import Message, message
from bot.pace import Outlook
from bot.store.rows import OpsRequest, Step

BUTTONS = {
    "approve": "Approve",
    "deny": "Deny",
    "cancel": "Cancel",
    "adopt": "It is this one",
    "post_again": "Post again",
    "give_up": "Give up",
    "close_review": "Close the review",
    "retry_failed": "Retry failed",
}
"""Every button of a card by its `action_id`. A button carries the request's id, nothing else."""

_ROWS_LIMIT = 2_900
_BACKUP_RETENTION_DAYS = (7, 28)
"""Daily and weekly backups are purged after these (docs.digitalocean.com, "Backups")."""


def draw(request: OpsRequest, now: float, outlook: Outlook | None = None) -> Message:
    """The card of a request as it stands.

    Args:
        now: epoch seconds, for elapsed times.
        outlook: what is known of the time such things take; None: nothing is said of it.
    """
    blocks: list[Block] = [_headline(request, now)]
    if len(request.steps) > 1:
        rows = paragraphs((_step_row(s, request, now) for s in request.steps), _ROWS_LIMIT)
        blocks += [_section(part) for part in rows]
    if request.state is State.PENDING:
        said = [_consequences(request, now)]
        said += [progress.usual(request, outlook)] if outlook else []
        blocks.append(_section("\n".join(said)))
    if outlook and (told := progress.under_way(request, outlook, now)):
        blocks += [_section(part) for part in paragraphs(told.split("\n"), _ROWS_LIMIT)]
    if request.state is State.NEEDS_ATTENTION:
        blocks.extend(_section(_question(s)) for s in request.steps if _asks(s))
    if request.outcome:
        blocks.append(_section(safe(request.outcome, 600)))
    blocks.append(_small_print(request))
    blocks.extend(buttons(request))
    fallback = _fallback(request, now)
    if outlook and (spoken := progress.spoken(request, outlook, now)):
        fallback = f"{fallback} {spoken.capitalize()}."
    return message(fallback, blocks)


def _fallback(request: OpsRequest, now: float) -> str:
    text = f"Request {request.id}: {words.asked(request)} for {words.person(request.requester)}"
    text += f" {words.is_now(request.state)}"
    if request.state is State.PENDING:
        text += f": {len(request.approvals)} of {request.gate.approvals} approvals"
    if request.state in (State.COMPLETED, State.ERRORED) and request.steps[0].started_at:
        text += f" after {words.duration(max(words.elapsed(s, now) for s in request.steps))}"
    return f"{text}. {words.outcome(request)}".strip()


def _headline(request: OpsRequest, now: float) -> SectionBlock:
    image = words.image(request)
    fields = [
        f"*Image*\n{image}",
        f"*Requester*\n{words.person(request.requester)}",
        f"*Type*\n{' and '.join(dict.fromkeys(s.type for s in request.steps))}",
        f"*State*\n{_state(request, now)}",
    ]
    regions = [s.region for s in request.steps if s.region]
    if regions:
        fields.insert(3, f"*Target region*\n{', '.join(regions)}")
    return SectionBlock(
        text=MarkdownTextObject(text=f"{words.asked(request)}"),
        fields=[MarkdownTextObject(text=f) for f in fields],
    )


def _state(request: OpsRequest, now: float) -> str:
    text = words.STATE_WORDS[request.state]
    if request.state is State.PENDING:
        missing = request.gate.approvals - len(request.approvals)
        text += f"\n{len(request.approvals)} of {request.gate.approvals}, {missing} missing"
    elif request.state is State.IN_PROGRESS and len(request.steps) == 1:
        text += f" since {words.moment(request.steps[0].started_at or now)}"
    elif request.state is State.COMPLETED and request.steps[0].started_at:
        longest = max(words.elapsed(s, now) for s in request.steps)
        text += f" in {words.duration(longest)}"
    return text


def _step_row(one: Step, request: OpsRequest, now: float) -> str:
    took = f" · {words.duration(words.elapsed(one, now))}" if one.started_at else ""
    detail = f" · {safe(one.detail, 200)}" if one.detail else ""
    return f"{words.step_state(one, request)}: {words.step(one)}{took}{detail}"


def _consequences(request: OpsRequest, now: float) -> str:
    evidence = request.evidence
    if evidence is None:
        return "Nothing is known of the image yet."
    lines = []
    if any(s.type == ActionType.CONVERT for s in request.steps):
        price = words.dollars(evidence.size_gigabytes * words.SNAPSHOT_PRICE)
        lines.append(
            f"The backup becomes a snapshot and leaves the list of backups."
            f" It costs about {price} a month ({evidence.size_gigabytes:g} GB"
            f" × ${words.SNAPSHOT_PRICE}). It cannot be undone."
        )
    regions = [s.region for s in request.steps if s.region]
    if regions:
        lines.append(
            f"The image is copied to {', '.join(regions)} and stays in"
            f" {', '.join(evidence.regions) or 'its region'}. It costs $0 more: a snapshot has one"
            " price, whatever the number of regions. It cannot be taken out of one region again."
        )
    if evidence.image_type == "backup" and evidence.created_at:
        daily, weekly = (
            words.moment(evidence.created_at + d * 86_400) for d in _BACKUP_RETENTION_DAYS
        )
        lines.append(
            f"DigitalOcean purges a daily backup around {daily}, a weekly one around {weekly}."
        )
    return "\n".join(lines)


def _asks(one: Step) -> bool:
    return one.state is State.NEEDS_ATTENTION


def _question(one: Step) -> str:
    known = [f"action {c['id']}, {safe(str(c['status']), 40)}" for c in one.candidates[:10]]
    seen = f" Seen at DigitalOcean: {'; '.join(known)}." if known else ""
    why = f": {safe(one.detail, 300).rstrip('.')}" if one.detail else ""
    return (
        f"*{words.step(one).capitalize()}*: it is not known whether DigitalOcean took the"
        f" request{why}.{seen}\n"
        "_It is this one_ follows the action that was seen. _Post again_ looks once more, then"
        " asks DigitalOcean again. _Give up_ ends the request."
    )


def _small_print(request: OpsRequest) -> ContextBlock:
    parts = [f"Request {request.id}", f"asked {words.moment(request.created_at)}"]
    if request.rule:
        parts.append(f"rule “{safe(request.rule, 80)}”")
    if request.reason:
        parts.append(f"because {safe(request.reason, 500)}")
    if request.break_glass:
        parts.append(f":rotating_light: break-glass: {safe(request.break_glass, 300)}")
    parts += [f":+1: {words.person(v.person)}" for v in request.approvals[:20]]
    parts += [f":-1: {words.person(v.person)}" for v in request.votes if v.choice == "deny"]
    if request.state is State.PENDING and request.gate.approvers:
        parts.append(f"{words.people(request.gate.approvers[:20])} may approve")
    if request.state is State.PENDING and request.expires_at:
        parts.append(f"expires {words.moment(request.expires_at)}")
    parts += [f"action {s.action_id}" for s in request.steps if s.action_id]
    if request.retried_as is not None:
        parts.append(f"asked again as request {request.retried_as}")
    return ContextBlock(elements=[MarkdownTextObject(text=" · ".join(parts))])


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=text))


def buttons(request: OpsRequest) -> list[ActionsBlock]:
    """What can be decided about a request as it stands."""
    value = str(request.id)
    rows = []
    if request.state is State.PENDING:
        rows.append(
            [
                _button("approve", value, style="primary"),
                _button("deny", value, style="danger"),
                _button("cancel", value),
            ]
        )
    if request.state is State.NEEDS_ATTENTION:
        several = len(request.steps) > 1
        rows += [
            _attention(f"{value}:{s.position}" if several else value)
            for s in request.steps
            if _asks(s)
        ]
    last = []
    if request.review == "open" and request.state not in OPEN:
        last.append(_button("close_review", value))
    if request.state is State.ERRORED and request.retried_as is None:
        last.append(_button("retry_failed", value))
    if last:
        rows.append(last)
    return [ActionsBlock(elements=row, block_id=f"buttons-{n}") for n, row in enumerate(rows)]


def _attention(value: str) -> list[ButtonElement]:
    sure = ConfirmObject(
        title="Post again?",
        text="If DigitalOcean did take the first request, it will run twice.",
        confirm="Post again",
        deny="Back",
    )
    return [
        _button("adopt", value, style="primary"),
        _button("post_again", value, confirm=sure),
        _button("give_up", value, style="danger"),
    ]


def _button(
    action_id: str, value: str, style: str | None = None, confirm: ConfirmObject | None = None
) -> ButtonElement:
    return ButtonElement(
        text=BUTTONS[action_id], action_id=action_id, value=value, style=style, confirm=confirm
    )
