"""The card: the root message of an ops request, drawn for the state it is in.

What, where and the state stand in its first two lines: a phone shows little more.
"""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk.models.blocks import Block

from bot.domain.estimates import Outlook
from bot.domain.resources import DROPLET_TYPE, VOLUME_TYPE
from bot.domain.states import State
from bot.store.rows import OpsRequest, Step
from bot.views import (
    action_buttons,
    amounts,
    approvals,
    causes,
    consequences,
    control_panel,
    formats,
    progress,
    summaries,
)
from bot.views.blocks import paragraphs, section, small
from bot.views.escape import safe
from bot.views.message import Message, message

_ROWS_LIMIT = 2_900
_SMALL_LIMIT = 1_900


def draw(
    request: OpsRequest, now: float, outlook: Outlook | None = None, reader: str = ""
) -> Message:
    """The card of a request as it stands.

    Args:
        now: epoch seconds, for elapsed times.
        outlook: what is known of the time such things take; None: nothing is said of it.
        reader: the person it is sent to directly; empty: it stands in a channel.
    """
    blocks = (
        _to_be_approved(request, outlook, now, reader)
        if request.state is State.PENDING
        else _under_way_or_ended(request, outlook, now)
    )
    is_pending = request.state is State.PENDING
    text = _asks(request, reader) if is_pending else _fallback(request, now, outlook)
    return message(text, blocks)


def _under_way_or_ended(request: OpsRequest, outlook: Outlook | None, now: float) -> list[Block]:
    blocks: list[Block] = [section("\n".join(_head(request, now)))]
    blocks += [section(part) for part in paragraphs(_rows(request, outlook, now), _ROWS_LIMIT)]
    if outlook and (waits := progress.waits(request, outlook)):
        blocks.append(section(waits))
    if ended := _how_it_ended(request):
        blocks.append(section(ended))
    blocks.extend(action_buttons.draw(request))
    noun = formats.wording(request.specs[0]).noun  # as commands and the policy call it
    facts = " · ".join(
        [*(f"{noun} of {number}" for number in _numbers(request)), *_image_facts(request)]
    )
    below = [*filter(None, [facts]), _small_print(request)]
    blocks += [small(part) for part in paragraphs(below, _SMALL_LIMIT)]
    return blocks


def _to_be_approved(
    request: OpsRequest, outlook: Outlook | None, now: float, reader: str
) -> list[Block]:
    """What is asked, of whom, and the buttons; the rest stands below them, in small print.

    What nothing brings back stands above the buttons.
    """
    lines = [f"*{formats.imperative(request)}*", _needs(request)]
    if others := approvals.later(request):
        lines.append(others)
    lines.extend(_asked_by(request))
    lines.extend(_denied_before(request))
    follows = consequences.on_a_card(request)
    blocks: list[Block] = [section("\n".join(lines))]
    blocks += [section(part) for part in paragraphs(_rows(request, outlook, now), _ROWS_LIMIT)]
    blocks += [section(part) for part in paragraphs(follows.first, _ROWS_LIMIT)]
    blocks.extend(action_buttons.draw(request, reader))
    facts = [
        f"Pending approval: {approvals.so_far(request)}",
        *_numbers(request),
        *_image_facts(request),
        *_usual(request, outlook),
    ]
    below = [" · ".join(facts), *follows.rest, _small_print(request)]
    blocks += [small(part) for part in paragraphs(below, _SMALL_LIMIT)]
    return blocks


def _asked_by(request: OpsRequest) -> Iterator[str]:
    """Who asked, and why; of a schedule nobody did."""
    who = formats.person(request.requester)
    if request.reason:
        yield f"{who}: “{safe(request.reason, 600)}”"
    elif request.schedule:
        yield f"Schedule {safe(request.schedule, 40)} asks for it in the name of {who}"
    else:
        yield f"{who} asked for it"
    if ticket := _ticket(request):
        yield f"Ticket {ticket}"


def _numbers(request: OpsRequest) -> Iterator[str]:
    """`image 62137902`: the names stand in the first line."""
    if len(request.targets) == 1:
        yield str(request.targets[0])


def _denied_before(request: OpsRequest) -> Iterator[str]:
    """Earlier denials of the same, for whoever decides now."""
    for denial in request.gate.denials:
        why = f": “{safe(denial.reason, 200)}”" if denial.reason else ""
        yield (
            f":no_entry_sign: Denied before by {formats.person(denial.person)},"
            f" {formats.moment(denial.at)} (request {denial.request_id}){why}"
        )


def _needs(request: OpsRequest) -> str:
    """Who has approved, whose approval it waits for, and until when."""
    voted = _voters(request, "approve")
    given = f"{approvals.so_far(request)} approvals: {voted}. " if voted else ""
    until = f", by {formats.moment(request.expires_at)}" if request.expires_at else ""
    how = ", confirmed with a second factor" if request.gate.step_up else ""
    return f":raised_hand: {given}Needs {approvals.still_needed(request)}{how}{until}"


def _ticket(request: OpsRequest) -> str:
    """The ticket that the rule asked for, linked where the rule says how."""
    ticket, link = request.gate.ticket, request.gate.ticket_link
    if link.startswith("https://") and not set(link) & set("<>| "):
        return f"<{link}|{safe(ticket, 64)}>"
    return f"`{safe(ticket, 64)}`" if ticket else ""


def _image_facts(request: OpsRequest) -> Iterator[str]:
    """What it is done to: `snapshot, 12 GB, in nyc1`, `3 images, 45 GB together`."""
    images = request.evidence.images if request.evidence else ()
    first = images[0] if images else None
    if first and first.type == DROPLET_TYPE:
        where = f", in {first.regions[0]}" if first.regions else ""
        disk = f" with a disk of {first.size_gigabytes:g} GB" if first.size_gigabytes else ""
        yield f"Droplet{disk}{where}"
    elif first and first.type == VOLUME_TYPE:
        where = f", in {first.regions[0]}" if first.regions else ""
        of = amounts.size(first.size_gigabytes)
        yield f"volume{f' of {of}' * bool(of)}{where}"
    elif first and len(images) == 1:
        where = ", ".join(first.regions[:20])
        kind = safe(first.type, 20) or "image"
        told = (kind, amounts.size(first.size_gigabytes), f"in {where}" * bool(where))
        yield ", ".join(filter(None, told))
    elif images:
        size = amounts.together([seen.size_gigabytes for seen in images])
        yield f"{len(images)} images" + (f", {size} together" if size else "")


def _asks(request: OpsRequest, reader: str) -> str:
    """What a phone shows of a card that waits for approval: who asks whom for what."""
    your = "your approval" if reader and approvals.is_asked(request, reader) else "approval"
    asked = formats.in_sentence(formats.imperative(request))
    why = f" (“{safe(request.reason, 300)}”)" if request.reason else ""
    return (
        f"{formats.person(request.requester)} needs {your}: {asked}{why}. Request {request.id}."
        f" {formats.asked(request)}: {approvals.so_far(request)} approvals."
    )


def _fallback(request: OpsRequest, now: float, outlook: Outlook | None) -> str:
    """The card in a sentence or two, for notifications and screen readers."""
    text = f"Request {request.id}: {formats.asked(request)} for {formats.person(request.requester)}"
    some = summaries.in_part(request)
    text += f": {some}" if some else f" {formats.stands(request)}"
    if (
        not some
        and not request.offered
        and request.state in (State.COMPLETED, State.ERRORED)
        and request.steps[0].started_at
    ):
        text += f" after {formats.duration(summaries.took(request, now))}"
    spoken = progress.spoken(request, outlook, now) if outlook else ""
    emergency = f"Break-glass: {safe(request.break_glass, 300)}." if request.break_glass else ""
    return " ".join(
        part for part in (f"{text}.", spoken, emergency, causes.outcome(request)) if part
    )


def _head(request: OpsRequest, now: float) -> Iterator[str]:
    yield f"*{formats.imperative(request)}*"
    yield _state(request, now)
    if request.break_glass:
        review = {"open": ", to be reviewed", "closed": ", reviewed"}.get(request.review, "")
        yield f":rotating_light: Break-glass{review}: {safe(request.break_glass, 500)}".rstrip()
        yield from _denied_before(request)
    yield from _asked_by(request)
    if request.state is State.NEEDS_ATTENTION and (who := approvals.asked(request)):
        yield f"{formats.people(who)} may decide"


def _state(request: OpsRequest, now: float) -> str:
    text = formats.state_words(request)
    if request.state is State.APPROVED and any(step.attempts for step in request.steps):
        text = ":ballot_box_with_check: Approved, not sent yet"
    elif request.state is State.IN_PROGRESS and len(request.steps) == 1:
        text += f" since {formats.moment(request.steps[0].started_at or now)}"
    elif request.state is State.DENIED and (denied := _voters(request, "deny")):
        text += f" by {denied}"
        text += f": {said}" if (said := causes.outcome(request)) else ""
    elif formats.is_standing(request) and request.state is State.COMPLETED:
        days = request.steps[0].spec.params["terms"]["approval_days"]
        text = f":white_check_mark: Approved: it runs by itself for {days} days"
    elif request.offered:
        text += ", not accepted yet"
    elif request.state is State.COMPLETED and request.steps[0].started_at:
        text += f" in {formats.duration(summaries.took(request, now))}"
    elif some := summaries.in_part(request):
        text = f":warning: {some}"
    elif request.state is State.ERRORED and request.steps[0].started_at:
        text += f" after {formats.duration(summaries.took(request, now))}"
    return text


def _rows(request: OpsRequest, outlook: Outlook | None, now: float) -> Iterator[str]:
    """A row for each of several image actions; for a single one, how far it is."""
    several = len(request.steps) > 1
    for step in request.steps:
        far = progress.of(step, outlook, now) if outlook else ""
        if not several:
            yield from filter(None, (far or _cannot_send(step),))
        # while all of them wait for approval, the head has said so
        elif request.state is not State.PENDING or step.state is not State.PENDING:
            yield _row(step, request, far, now)


def _cannot_send(step: Step) -> str:
    if step.state is not State.APPROVED or not step.attempts or not step.cause:
        return ""
    why = causes.in_short_in_slack(step.cause, 300).rstrip(".")
    return f"It cannot be sent now: {why}. It is tried again."


def _row(step: Step, request: OpsRequest, far: str, now: float) -> str:
    took = formats.duration(formats.elapsed(step, now)) if step.started_at else ""
    # Why people are asked stands with the question; of what runs, only how far it is.
    shown_elsewhere = step.state in (State.NEEDS_ATTENTION, State.IN_PROGRESS)
    said = "called off" if step.withdrawn else causes.in_short_in_slack(step.cause, 200)
    detail = "" if shown_elsewhere else said
    what = f"{formats.step_state(step, request)}: {formats.step_among(request, step)}"
    parts = [what, far or took, detail]
    return " · ".join(part for part in parts if part)


def _usual(request: OpsRequest, outlook: Outlook | None) -> Iterator[str]:
    """How long such steps took before."""
    if outlook and request.evidence:
        yield from progress.usual([s for s in request.steps if not s.finished], outlook)


def _how_it_ended(request: OpsRequest) -> str:
    """What is to be known of the end, and what can be done then; may be empty."""
    said = causes.outcome(request) if request.state is not State.DENIED else ""
    if request.state is not State.ERRORED:
        return said
    if request.retried_as is not None:
        return f"{said} Asked again as request {request.retried_as}.".strip()
    unexplained = any(s.state is State.ERRORED and not s.cause for s in request.steps)
    return said or ("DigitalOcean gives no reason." if unexplained else "")


def _small_print(request: OpsRequest) -> str:
    parts = [f"Request {request.id}"]
    if request.state is not State.PENDING:  # Slack shows the time of a card that is new
        parts.append(f"asked {formats.moment(request.created_at)}")
    if request.rule:
        parts.append(f"rule “{safe(request.rule, 80)}”")
    if request.state is not State.PENDING and (approved := _voters(request, "approve")):
        parts.append(f"approved by {approved}")  # while it waits they stand in the head
    if panel := _panel(request):
        parts.append(panel)
    if ids := [str(step.action_id) for step in request.steps if step.action_id]:
        parts.append(f"action{'s' if len(ids) > 1 else ''} {', '.join(ids)}")
    return " · ".join(parts)


def _panel(request: OpsRequest) -> str:
    """Where DigitalOcean shows what the first step is done to."""
    images = request.evidence.images if request.evidence else ()
    target = request.steps[0].spec.target
    return control_panel.link(control_panel.of_target(target, images[0].type if images else ""))


def _voters(request: OpsRequest, choice: str) -> str:
    return formats.listed(
        [formats.person(v.person) for v in request.votes if v.choice == choice][:20]
    )
