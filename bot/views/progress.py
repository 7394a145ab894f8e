"""What a card says of time: how far it is, how long such ones take, when it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.estimates import CELLS, Estimate, Outlook, filled
from bot.domain.states import State
from bot.store.rows import OpsRequest, Step
from bot.views import formats

_FULL, _EMPTY = "▰", "▱"


def usual(steps: Sequence[Step], outlook: Outlook) -> Iterator[str]:
    """How long those before took, as far as that is known: what people want to know first."""
    learnt = [(s, e) for s in steps if (e := outlook.estimates.get(s.position))]
    operations = dict.fromkeys(step.spec.operation for step in steps)
    for operation in operations:
        alike = [each for each in learnt if each[0].spec.operation == operation]
        if alike:
            noun = formats.wording(alike[0][0].spec).noun
            yield f"{noun} {_usual(alike)}" if len(operations) > 1 else _usual(alike)


def _usual(learnt: Sequence[tuple[Step, Estimate]]) -> str:
    """A few words, however many they are: on a phone fifteen would hide the buttons."""
    least, most = (formats.about(f(e.typical for _, e in learnt)) for f in (min, max))
    if len(learnt) == 1:
        return f"usually about {most}"
    return f"usually about {most if least == most else f'{least} to {most}'} each"


def of(step: Step, outlook: Outlook, now: float) -> str:
    """How far an image action in flight is, with a bar; empty for one that is not."""
    if not _flies(step):
        return ""
    learnt = outlook.estimates.get(step.position)
    drawn = f"{bar(filled(formats.elapsed(step, now), learnt))} " if learnt else ""
    return drawn + _words(step, learnt, now)


def waits(request: OpsRequest, outlook: Outlook) -> str:
    """What keeps us from looking; may be empty."""
    if not any(_flies(step) for step in request.steps):
        return ""
    if outlook.waits_until:
        return (
            "DigitalOcean asked us to wait: it runs on, and we are checking again at"
            f" {formats.clock(outlook.waits_until)}."
        )
    if outlook.every:
        every = formats.duration(outlook.every)
        return f"Many transfers are running: we are checking about every {every}."
    return ""


def spoken(request: OpsRequest, outlook: Outlook, now: float) -> str:
    """The same without a bar, for notifications and screen readers; may be empty."""
    if len(request.steps) != 1 or not _flies(request.steps[0]):
        return ""
    (step,) = request.steps
    said = _words(step, outlook.estimates.get(step.position), now)
    return f"{formats.opening(said)}."


def _flies(step: Step) -> bool:
    return step.state is State.IN_PROGRESS and step.started_at is not None


def _words(step: Step, learnt: Estimate | None, now: float) -> str:
    elapsed = formats.elapsed(step, now)
    checked = step.looked_at or step.started_at or now
    so_far, seen = formats.duration(elapsed), f"last checked at {formats.clock(checked)}"
    if learnt is None:
        begun = so_far if elapsed >= 1 else "just begun"
        return f"{begun}, {seen}"
    if elapsed > learnt.typical:
        return f"{so_far}, longer than the usual {formats.about(learnt.typical)}, {seen}"
    share = filled(elapsed, learnt) * 100 // CELLS
    return f"about {share}%, {so_far} of about {formats.about(learnt.typical)}, {seen}"


def bar(full: int) -> str:
    """`▰▰▰▱▱▱▱▱▱▱`: always beside words that say the same."""
    return _FULL * full + _EMPTY * (CELLS - full)
