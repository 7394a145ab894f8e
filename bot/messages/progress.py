"""What a card says of time: how far it is, how long such ones take, when it is looked at."""

from __future__ import annotations

from bot.lifecycle import State
from bot.messages import words
from bot.pace import CELLS, Estimate, Outlook, filled
from bot.store.rows import OpsRequest, Step

_FULL, _EMPTY = "▰", "▱"


def usual(request: OpsRequest, outlook: Outlook) -> str:
    """How long those before took: what people want to know when they decide."""
    lines = [_usual(request, step, outlook.estimates.get(step.position)) for step in request.steps]
    return "\n".join(dict.fromkeys(lines))


def under_way(request: OpsRequest, outlook: Outlook, now: float) -> str:
    """The bar of each image action in flight, and what keeps us from looking; may be empty."""
    flying = [s for s in request.steps if s.state is State.IN_PROGRESS and s.started_at]
    several = len(request.steps) > 1
    lines = [_line(step, outlook, now, named=several) for step in flying]
    if flying and outlook.waits_until:
        lines.append(
            "DigitalOcean asked us to wait: it runs on, and we are checking again at"
            f" {words.clock(outlook.waits_until)}."
        )
    elif flying and outlook.every:
        lines.append(
            f"Very much is in flight: we are checking about every {words.duration(outlook.every)}."
        )
    return "\n".join(lines)


def spoken(request: OpsRequest, outlook: Outlook, now: float) -> str:
    """The same without a bar, for notifications and screen readers; may be empty."""
    flying = [s for s in request.steps if s.state is State.IN_PROGRESS and s.started_at]
    if len(flying) != 1 or len(request.steps) != 1:
        return ""
    return _words(flying[0], outlook.estimates.get(flying[0].position), now)


def _usual(request: OpsRequest, step: Step, learnt: Estimate | None) -> str:
    what = words.step(step)
    if learnt is None:
        return f"How long a {what} takes is not known yet: too few came before it."
    took = words.about(learnt.typical)
    return f"Such ones ({what}) took about {took} ({learnt.of} earlier ones)."


def _line(step: Step, outlook: Outlook, now: float, *, named: bool) -> str:
    learnt = outlook.estimates.get(step.position)
    name = f"{words.step(step)}: " if named else ""
    text = _words(step, learnt, now)
    drawn = f"{bar(filled(words.elapsed(step, now), learnt))} " if learnt else ""
    return name + drawn + text


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
