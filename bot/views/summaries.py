"""How image actions end, and the requests they are of: in a sentence, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Collection

from bot.domain.states import State
from bot.store.rows import OpsRequest, Step
from bot.views import formats
from bot.views.escape import safe

_MOST_MARKED = 16
_MOST_MENTIONED = 21


def mentioned(request: OpsRequest, directly: Collection[str] = ()) -> str:
    """Everybody who waits for the end, as mentions, but for those who hear of it `directly`."""
    waiting = [p for p in (request.requester, *request.followers) if p not in directly]
    return " ".join(formats.person(p) for p in waiting[:_MOST_MENTIONED])


def of_one(
    one: Step,
    request: OpsRequest,
    word: str,
    seconds: float | None,
    why: str,
    directly: Collection[str] = (),
) -> str:
    """One image action ended.

    Args:
        word: `completed` or `failed`; where there are several, the whole has it for itself.
        seconds: how long it took; None: it is not known.
        why: what DigitalOcean or the bot said of it; may be empty.
        directly: who hears of it in a direct message, and is not mentioned.
    """
    after = f" after {formats.duration(seconds)}" if seconds is not None else ""
    because = f" {safe(why, 400)}" if why else ""
    if formats.is_standing(request) and word == State.COMPLETED:
        days = one.spec.params["terms"]["approval_days"]
        asked = formats.asked_step(request, one)
        lasts = f"It runs by itself for {days} days, or until it is changed."
        return f"{mentioned(request, directly)} {asked} completed. {lasts}".strip()
    if len(request.steps) == 1:
        said = f"{formats.asked_step(request, one)} {word}{after}.{because}"
        return f"{mentioned(request, directly)} {said}".strip()
    ended = "done" if word == State.COMPLETED else "failed"
    follows = _what_follows(one, request)
    return f"{formats.opening(formats.step_among(request, one))} {ended}{after}.{because}{follows}"


def _what_follows(one: Step, request: OpsRequest) -> str:
    """What waited for this image action starts now, or never will."""
    waited = [s for s in request.steps if s.after == one.position and not s.withdrawn]
    runs = [s for s in waited if s.state is not State.CANCELLED]
    if runs:
        return f" {formats.opening(formats.these(runs))} starts now."
    return f" {formats.opening(formats.these(waited))} will not run." if waited else ""


def of_all(request: OpsRequest, directly: Collection[str] = ()) -> str:
    """The last of several ended, told in the thread, above its button."""
    return f"{mentioned(request, directly)} {summary(request)}".strip()


def summary(request: OpsRequest) -> str:
    """How a request with several image actions ended, each of them named."""
    done = [s for s in request.steps if s.state is State.COMPLETED]
    stopped = [s for s in request.steps if s.withdrawn]
    failed = [s for s in request.steps if s not in done and s not in stopped]
    off = f" Called off: {formats.these(stopped)}." if stopped else ""
    made = _made(request)
    if failed and done:
        return f":warning: {in_part(request)}. {formats.asked(request)}.{made}{off}"
    if failed:
        ran = [s for s in failed if s.state is not State.CANCELLED]
        rest = [s for s in failed if s not in ran] if ran else []
        never = f" {formats.opening(formats.these(rest))} did not run." if rest else ""
        listed = _listed(request, ran or failed)
        return f"{formats.asked(request)} failed: {listed}.{never}{off}"
    known = any(s.started_at and s.completed_at for s in done)
    after = f" after {formats.duration(took(request))}" if known else ""
    if stopped and len(done) == 1:
        return f"{formats.asked_step(request, done[0])} completed{after}.{off}"
    return f"{formats.asked(request)} completed{after}.{made}{off}"


def took(request: OpsRequest, now: float = 0.0) -> float:
    """Seconds that a request has taken at DigitalOcean: of steps that wait for each other the sum.

    Args:
        now: epoch seconds, for what still runs.
    """
    each = [formats.elapsed(step, now) for step in request.steps if step.started_at]
    in_turn = any(step.after is not None for step in request.steps)
    return sum(each) if in_turn else max(each, default=0.0)


def _made(request: OpsRequest) -> str:
    """The image that the first steps made and later ones worked with."""
    made = dict.fromkeys(s.resolved_id for s in request.steps if s.spec.target.new_name)
    numbers = [str(image_id) for image_id in made if image_id is not None]
    return f" The new image is {formats.listed(numbers)}." if numbers else ""


def in_part(request: OpsRequest) -> str:
    """`1 of 3 done, 1 failed, 1 not run: nyc3 ✓ · sfo3 ✗ · the deletion –`, of a request that
    failed but in part; else empty."""
    meant = [step for step in request.steps if not step.withdrawn]
    done = [step for step in meant if step.state is State.COMPLETED]
    if request.state is not State.ERRORED or not done:
        return ""
    waited = [s for s in meant if s.state is State.CANCELLED and s.after is not None]
    marks = [
        f"{formats.told_apart(request, s)} {'✓' if s in done else '–' if s in waited else '✗'}"
        for s in meant[:_MOST_MARKED]
    ]
    more = [f"{len(meant) - _MOST_MARKED} more"] if len(meant) > _MOST_MARKED else []
    said = f"{len(done)} of {len(meant)} done, {len(meant) - len(done) - len(waited)} failed"
    said += f", {len(waited)} not run" if waited else ""
    return f"{said}: {' · '.join([*marks, *more])}"


def stands(request: OpsRequest) -> str:
    """Where a request stands, as a sentence goes on with it; of one that failed in part, what."""
    some = in_part(request)
    return f"ended in part: {some}" if some else formats.stands(request)


def _listed(request: OpsRequest, steps: list[Step]) -> str:
    return formats.listed([formats.told_apart(request, one) for one in steps])
