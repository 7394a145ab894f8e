"""What has changed since people decided: asked just before the POST. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.evidence import drift
from bot.policy.decide import Decision, Verdict
from bot.policy.review import Choice, ReviewedRequest, Tally, Vote, tally
from bot.requests.assessment import Assessment
from bot.store.rows import OpsRequest, Step


def what_changed(request: OpsRequest, step: Step, now: Assessment) -> tuple[str, ...]:
    """Why the approval is void, in words; empty while it holds.

    Args:
        now: the request assessed anew, with the policy and the groups of this moment.
    """
    obstacle = now.obstacles[step.position]
    if now.evidence is None or request.evidence is None:
        return (obstacle.problem if obstacle else "the image is gone",)
    changes = list(drift(request.evidence, now.evidence))
    if obstacle and not obstacle.done_already:
        changes.append(obstacle.problem)
    if now.decision.verdict is Verdict.REFUSE:
        changes.append(now.decision.sentence)
    elif now.decision.verdict is Verdict.ASK:
        counted = tally(now.decision, as_reviewed(request))
        if not counted.complete:
            changes.append(_too_few(counted, now.decision))
    return tuple(dict.fromkeys(changes))


def undecided(now: Assessment) -> bool:
    """Whether the policy cannot be asked yet, because a user group was never read."""
    return now.decision.verdict in (Verdict.NEEDS_DIRECTORY, Verdict.NEEDS_IMAGE)


def as_reviewed(request: OpsRequest) -> ReviewedRequest:
    """A request as the policy's review knows it."""
    expires = request.expires_at if request.expires_at is not None else request.created_at
    return ReviewedRequest(
        requester=request.requester,
        rule=request.rule,
        state=request.state,
        expires_at=datetime.fromtimestamp(expires, UTC),
        votes=tuple(Vote(v.person, Choice(v.choice)) for v in request.votes),
        approvers_then=frozenset(request.gate.people),
    )


def _too_few(counted: Tally, now: Decision) -> str:
    return (
        f"{len(counted.approved_by)} of {now.approvals} approvals are by people who may approve now"
    )
