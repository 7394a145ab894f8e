"""The words for states, regions, times and money: the same word for the same thing everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.evidence import DIGEST_SHOWN
from bot.domain.states import State
from bot.domain.steps import StepSpec, Target, TargetKind
from bot.operations.base import Wording
from bot.operations.registry import operation_of
from bot.policy.fields import ROTA, is_group, is_rota
from bot.store.rows import OpsRequest, Step
from bot.views.escape import plain, safe

_MOST_NAMED = 3
"""Images that a sentence names; of more it says how many."""
_MARKUP = re.compile(r"[*~]|\b_|_\b|:[\w+-]+:")
"""What Slack would draw as bold, struck, italic or an emoji, and a reader would not see."""

STATE_WORDS: dict[State, str] = {
    State.CHECKING: ":mag: Looking at the image",
    State.PENDING: ":raised_hand: Pending approval",
    State.APPROVED: ":ballot_box_with_check: Approved, about to be sent",
    State.SUBMITTING: ":arrow_right: Being sent to DigitalOcean",
    State.IN_PROGRESS: ":hourglass_flowing_sand: In progress",
    State.COMPLETED: ":white_check_mark: Completed",
    State.ERRORED: ":x: Failed",
    State.DENIED: ":no_entry_sign: Denied",
    State.CANCELLED: ":wastebasket: Cancelled",
    State.EXPIRED: ":alarm_clock: Expired",
    State.REFUSED: ":no_entry_sign: Refused",
    State.NEEDS_ATTENTION: ":warning: Needs attention",
}


_SPOKEN: dict[State, str] = {
    State.CHECKING: "is being looked at",
    State.PENDING: "is pending approval",
    State.APPROVED: "is approved and about to be sent",
    State.SUBMITTING: "is being sent to DigitalOcean",
    State.IN_PROGRESS: "is in progress",
    State.COMPLETED: "completed",
    State.ERRORED: "failed",
    State.EXPIRED: "expired",
    State.NEEDS_ATTENTION: "needs attention",
}


def is_now(state: State) -> str:
    """A state as a sentence goes on with it: `is pending approval`, `completed`, `was denied`."""
    return _SPOKEN.get(state, f"was {state}")


def state_words(request: OpsRequest) -> str:
    """Where a request stands, for its card and the Home."""
    return ":outbox_tray: Offered" if request.offered else STATE_WORDS[request.state]


def stands(request: OpsRequest) -> str:
    """The same as a sentence goes on with it."""
    return "is offered" if request.offered else is_now(request.state)


_PROPER = ("DigitalOcean", "Droplet", "Slack")


def in_sentence(text: str) -> str:
    """The same, where it does not begin a sentence: `transfer of …`."""
    return text if text.startswith(_PROPER) else text[:1].lower() + text[1:]


def opening(text: str) -> str:
    """The same, where it begins a sentence: `The transfer to …`."""
    return text[:1].upper() + text[1:]


def step_state(one: Step, request: OpsRequest) -> str:
    """The state of an image action, in the light of its request's."""
    if one.state is State.PENDING and request.state not in (State.CHECKING, State.PENDING):
        return f":double_vertical_bar: Waits for {_awaited(one, request)}"
    if one.state is State.APPROVED and one.attempts:
        return ":repeat: Tried again by itself"
    if one.offered:
        return state_words(request)
    if one.unfollowed:
        return ":x: No longer followed"
    if one.state is State.CANCELLED and request.state is not State.CANCELLED:
        return ":no_entry_sign: Not sent"
    return STATE_WORDS[one.state]


def _awaited(one: Step, request: OpsRequest) -> str:
    """`the conversion`: what a step waits for."""
    before = next((each for each in request.steps if each.position == one.after), request.steps[0])
    return f"the {step(before)}"


def person(user_id: str) -> str:
    """A mention: it notifies."""
    return f"<@{user_id}>"


def _entry(entry: str) -> str:
    if is_rota(entry):
        return f"whoever is on call for `{entry.removeprefix(ROTA)}`"
    return f"<!subteam^{entry}>" if is_group(entry) else person(entry)


def people(entries: Sequence[str]) -> str:
    """Users and user groups as mentions, and rotas, in a sentence."""
    said = [_entry(entry) for entry in entries]
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} or {said[-1]}"


def places(entries: Sequence[str]) -> str:
    """Channels, users and user groups, in a sentence."""
    said = [f"<#{e}>" if e[:1] in "CG" else people([e]) for e in entries]
    return " and ".join(part for part in (", ".join(said[:-1]), *said[-1:]) if part)


def moment(at: float) -> str:
    """A time in each reader's own zone (docs.slack.dev, "Date formatting"), UTC as fallback."""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} at {{time}}|{fallback}>"


def ago(at: float, now: float) -> str:
    """`3 min ago` for what is recent, else the time."""
    return f"{duration(now - at)} ago" if now - at < 3600 else moment(at)


def plain_name(name: str) -> str:
    """A name as one plain line, for menus, which know no mrkdwn."""
    return " ".join(plain(name).split())


def listed(items: Sequence[str]) -> str:
    """`nyc3`, `nyc3 and sfo3`, `nyc3, sfo3 and ams3`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def clock(at: float) -> str:
    """A time of day in each reader's own zone, UTC as fallback."""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%H:%M UTC")
    return f"<!date^{int(at)}^{{time_secs}}|{fallback}>"


def about(seconds: float) -> str:
    """A duration that is an estimate: `40 s`, `4 min`, `2 h 10 min`."""
    if seconds < 90:
        return duration(max(5, round(seconds / 5) * 5))
    return duration(round(seconds / 60) * 60)


def duration(seconds: float) -> str:
    """`42 s`, `3 min 5 s`, `2 h 10 min`, `3 days`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if whole < 172_800:
        hours, rest = divmod(whole // 60, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{whole // 86_400} days"


def named(name: str, limit: int = 120) -> str:
    """The name of an image, in bold; one that holds Slack's markup as it is, in a code span."""
    said = safe(name, limit) or "no name"
    return f"`{said}`" if _MARKUP.search(said) else f"*{said}*"


def image(request: OpsRequest) -> str:
    """`*name* (62137902)`, or the number alone while the name is not known; of a snapshot, the
    Droplet."""
    return _images(request, _subjects(request.specs))


def _subjects(steps: Sequence[StepSpec]) -> list[Target]:
    """What a request is about: what its first operation is done to."""
    first = [step.target for step in steps if step.operation == steps[0].operation]
    return list(dict.fromkeys(first))


def _images(request: OpsRequest, targets: Sequence[Target]) -> str:
    if len(targets) > _MOST_NAMED:
        return f"{len(targets)} images"
    return listed([_one_image(request, target) for target in targets])


def _one_image(request: OpsRequest, target: Target) -> str:
    if target.new_name:
        return f"the new image {named(target.new_name)}"
    if target.kind is TargetKind.SCHEDULE:
        return f"schedule {named(target.id)}"
    seen = request.evidence.seen(target) if request.evidence else None
    return f"{named(seen.name)} ({seen.id})" if seen and seen.name else str(target)


def numbered(steps: Sequence[StepSpec]) -> str:
    """`image 62137902`: while its name is not known."""
    return listed([str(target) for target in _subjects(steps)])


def wording(one: StepSpec) -> Wording:
    """The words for a step, with what people typed made harmless."""
    words = operation_of(one).wording(one)
    return replace(words, detail=safe(words.detail, 120))


def step(one: Step) -> str:
    """`transfer to nyc3`, `conversion`."""
    return wording(one.spec).phrase


def step_among(request: OpsRequest, one: Step) -> str:
    """The same among others of its request: `deletion of *web-2026-11-01*`, where it is not done
    to what all of them are done to."""
    words = wording(one.spec)
    to = f" {words.joint} {words.detail}" if words.detail else ""
    return f"{words.noun}{_of_which(request, one)}{to}"


def _of_which(request: OpsRequest, one: Step) -> str:
    detail = wording(one.spec).detail
    same = [s for s in request.specs if s.operation == one.spec.operation]
    alike = [s for s in same if wording(s).detail == detail]
    seen = request.evidence.seen(one.spec.target) if request.evidence else None
    if len(alike) < 2 or seen is None:
        return ""
    return f" of {named(seen.name, 80)}"


def told_apart(request: OpsRequest, one: Step) -> str:
    """What tells a step from the others of its request: `nyc3`, `the conversion`."""
    words = wording(one.spec)
    if words.detail and not operation_of(one.spec).makes_image:
        return f"{words.detail}{_of_which(request, one)}"
    return f"the {words.noun}{_of_which(request, one)}"


def these(steps: Sequence[Step]) -> str:
    """`the conversion`, `the transfer to nyc3 and sfo3`, `the conversion and the transfer to …`."""
    return listed([f"the {group}" for group in _grouped([one.spec for one in steps])])


def _grouped(steps: Sequence[StepSpec]) -> list[str]:
    """One phrase an operation, in the order in which they come: `transfer to nyc3 and sfo3`."""
    groups: dict[str, list[StepSpec]] = {}
    for one in steps:
        groups.setdefault(one.operation, []).append(one)
    return [
        _phrase(
            [wording(one) for one in group],
            _of_older(len(group)) if operation_of(group[0]).runs_last else "",
        )
        for group in groups.values()
    ]


def _of_older(count: int) -> str:
    return " of one older image" if count == 1 else f" of {count} older images"


def _phrase(words: Sequence[Wording], of: str = "") -> str:
    details = list(dict.fromkeys(each.detail for each in words if each.detail))
    to = f" {words[0].joint} {listed(details)}" if details else ""
    return f"{words[0].noun}{of}{to}"


def asked(request: OpsRequest) -> str:
    """`Transfer of *web* (62137902) to nyc3 and sfo3`, as a request is named everywhere."""
    return asked_of(image(request), request.specs)


def asked_in_part(request: OpsRequest, steps: Sequence[StepSpec]) -> str:
    """The same of some steps of a request, without a word of the others."""
    return asked_of(_images(request, _subjects(steps)), steps)


def imperative(request: OpsRequest) -> str:
    """`Copy web-2026-11-20 → nyc3 and sfo3`: what is to be approved, for the first line.

    Not in markup of its own: it is drawn in bold, and Slack knows no bold within bold. Nobody is
    asked for what is so already.
    """
    specs = request.specs
    if request.state is State.PENDING:
        specs = tuple(one.spec for one in request.steps if not one.finished) or specs
    first = wording(specs[0])
    same = [wording(one) for one in specs if one.operation == specs[0].operation]
    details = list(dict.fromkeys(each.detail for each in same if each.detail))
    to = f" {first.arrow} {listed(details)}" if details else ""
    then = _grouped([one for one in specs if one.operation != specs[0].operation])
    named_ = plain_names(request)
    return ", then ".join([f"{first.imperative} {named_}{to}", *then])


def is_standing(request: OpsRequest) -> bool:
    """Whether it asks for the approval of a schedule, and sends nothing itself."""
    return bool(request.schedule) and request.due_at is None


def plain_names(request: OpsRequest) -> str:
    """The images by their names, without markup; by their numbers while those are not known."""
    targets = _subjects(request.specs)
    if len(targets) > _MOST_NAMED:
        return f"{len(targets)} images"
    found = []
    for target in targets:
        seen = request.evidence.seen(target) if request.evidence else None
        name = safe(_MARKUP.sub(" ", seen.name), 80) if seen and seen.name else ""
        found.append(name or safe(target.new_name, 80) or str(target))
    return listed(found)


def asked_of(image: str, steps: Sequence[StepSpec]) -> str:
    """The same of an image, in words: `Conversion of *web*, then transfer to nyc3`."""
    first = [wording(one) for one in steps if one.operation == steps[0].operation]
    then = _grouped([one for one in steps if one.operation != steps[0].operation])
    return opening(", then ".join([_phrase(first, f" of {image}"), *then]))


def elapsed(one: Step, now: float) -> float:
    """Seconds that an image action has taken so far, or took."""
    return max(0.0, (one.completed_at or now) - (one.started_at or now))


def asked_step(request: OpsRequest, one: Step) -> str:
    """`Transfer of *web* (62137902) to nyc3`: one step, named in full."""
    return asked_of(_one_image(request, one.spec.target), [one.spec])


def button_value(request: OpsRequest, position: int = 0) -> str:
    """What a button of a request carries: `17:0-a1b2c3d4e5f6`, its number, the place of the step
    and the beginning of the digest of what the card showed. It gives no right."""
    return f"{request.id}:{position}-{request.evidence_digest[:DIGEST_SHOWN]}".rstrip("-")
