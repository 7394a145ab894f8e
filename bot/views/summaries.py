"""How image actions end, and the requests they are of: in a sentence, for whoever waits for it."""

from __future__ import annotations

from bot.domain.states import State
from bot.store.rows import OpsRequest, Step
from bot.views import formats
from bot.views.escape import safe


def heard(request: OpsRequest) -> str:
    """Everybody who waits for the end, as mentions."""
    return f"{formats.person(request.requester)} {followers(request)}".strip()


def followers(request: OpsRequest) -> str:
    """Those who asked for the same meanwhile, as mentions; may be empty."""
    return " ".join(formats.person(p) for p in request.followers[:20])


def of_one(one: Step, request: OpsRequest, word: str, seconds: float | None, why: str) -> str:
    """One image action ended.

    Args:
        word: `completed` or `failed`; where there are several, the whole has it for itself.
        seconds: how long it took; None: it is not known.
        why: what DigitalOcean or the bot said of it; may be empty.
    """
    after = f" after {formats.duration(seconds)}" if seconds is not None else ""
    because = f" {safe(why, 400)}" if why else ""
    if request.schedule and request.due_at is None and word == State.COMPLETED:
        days = one.spec.params["terms"]["approval_days"]
        asked = formats.asked_step(request, one)
        lasts = f"It runs by itself for {days} days, or until it is changed."
        return f"{heard(request)} {asked} completed. {lasts}"
    if len(request.steps) == 1:
        return f"{heard(request)} {formats.asked_step(request, one)} {word}{after}.{because}"
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


def of_all(request: OpsRequest) -> str:
    """The last of several ended, told in the thread, above its button."""
    said = f"{heard(request)} {summary(request)}"
    if request.state is State.COMPLETED:
        return said
    return f"{said} _Retry failed_ asks again for what failed." if request.retryable else said


def summary(request: OpsRequest) -> str:
    """How a request with several image actions ended, each of them named."""
    done = [s for s in request.steps if s.state is State.COMPLETED]
    stopped = [s for s in request.steps if s.withdrawn]
    failed = [s for s in request.steps if s not in done and s not in stopped]
    off = f" Called off: {formats.these(stopped)}." if stopped else ""
    if failed:
        well = f" Done: {_listed(request, done)}." if done else ""
        return f"{formats.asked(request)} failed: {_listed(request, failed)}.{well}{off}"
    took = [formats.elapsed(s, 0.0) for s in done if s.started_at and s.completed_at]
    in_turn = any(s.after is not None for s in request.steps)
    seconds = sum(took) if in_turn else max(took, default=0.0)
    after = f" after {formats.duration(seconds)}" if took else ""
    if stopped and len(done) == 1:
        return f"{formats.asked_step(request, done[0])} completed{after}.{off}"
    return f"{formats.asked(request)} completed{after}.{off}"


def _listed(request: OpsRequest, steps: list[Step]) -> str:
    return formats.listed([formats.told_apart(request, one) for one in steps])
