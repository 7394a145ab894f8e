"""What a card says of time: how far it is, how long such ones take, when it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.lifecycle import State
from bot.messages import words
from bot.pace import CELLS, Estimate, Outlook, filled
from bot.store.rows import OpsRequest, Step

_FULL, _EMPTY = "▰", "▱"


def usual(steps: Sequence[Step], outlook: Outlook) -> Iterator[str]:
    """How long those before took: what people want to know when they decide."""
    unknown = []
    for step in steps:
        learnt = outlook.estimates.get(step.position)
        if learnt is None:
            unknown.append(step)
        else:
            took = words.about(learnt.typical)
            what = _what([step]) if len(steps) > 1 else "It"
            yield f"{what} usually takes about {took} ({learnt.of} earlier ones)."
    if unknown:
        what = _what(unknown) if len(unknown) < len(steps) else "it"
        yield f"How long {what[0].lower()}{what[1:]} takes is not known yet: too few came before."


def _what(steps: Sequence[Step]) -> str:
    """`The conversion`, `The transfer to nyc3`, `The transfer to nyc3, sfo3 and ams3`."""
    regions = words.listed([step.region for step in steps if step.region])
    conversion = ["conversion"] if any(not step.region for step in steps) else []
    transfer = [f"transfer to {regions}"] if regions else []
    return f"The {words.listed([*conversion, *transfer])}"


def of(step: Step, outlook: Outlook, now: float) -> str:
    """How far an image action in flight is, with a bar; empty for one that is not."""
    if not _flies(step):
        return ""
    learnt = outlook.estimates.get(step.position)
    drawn = f"{bar(filled(words.elapsed(step, now), learnt))} " if learnt else ""
    return drawn + _words(step, learnt, now)


def waits(request: OpsRequest, outlook: Outlook) -> str:
    """What keeps us from looking; may be empty."""
    if not any(_flies(step) for step in request.steps):
        return ""
    if outlook.waits_until:
        return (
            "DigitalOcean asked us to wait: it runs on, and we are checking again at"
            f" {words.clock(outlook.waits_until)}."
        )
    if outlook.every:
        return (
            f"Very much is in flight: we are checking about every {words.duration(outlook.every)}."
        )
    return ""


def spoken(request: OpsRequest, outlook: Outlook, now: float) -> str:
    """The same without a bar, for notifications and screen readers; may be empty."""
    if len(request.steps) != 1 or not _flies(request.steps[0]):
        return ""
    (step,) = request.steps
    said = _words(step, outlook.estimates.get(step.position), now)
    return f"{said[0].upper()}{said[1:]}."


def _flies(step: Step) -> bool:
    return step.state is State.IN_PROGRESS and step.started_at is not None


def _words(step: Step, learnt: Estimate | None, now: float) -> str:
    elapsed = words.elapsed(step, now)
    so_far = f"{words.duration(elapsed)} at {words.clock(now)}"
    if learnt is None:
        return f"{so_far}; too few came before it to tell how long it takes"
    if elapsed > learnt.typical:
        return f"{so_far}: longer than most, which took about {words.about(learnt.typical)}"
    share = filled(elapsed, learnt) * 100 // CELLS
    return f"about {share}%: {so_far}, of about {words.about(learnt.typical)}"


def bar(full: int) -> str:
    """`▰▰▰▱▱▱▱▱▱▱`: always beside words that say the same."""
    return _FULL * full + _EMPTY * (CELLS - full)
