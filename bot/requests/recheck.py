"""What has changed since people decided: asked just before the POST. Pure."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from bot.domain.causes import Cause, CauseKind, blocked
from bot.domain.evidence import SeenImage, drift, left_out
from bot.operations.registry import operation_of
from bot.policy.decide import Decision, Verdict
from bot.policy.review import Choice, ReviewedRequest, Tally, Vote, tally
from bot.policy.stored import cause_of_decision, group_unknown
from bot.requests.assessment import Assessment
from bot.store.rows import OpsRequest, Step


def what_changed(request: OpsRequest, step: Step, now: Assessment) -> tuple[Cause, ...]:
    """Why the approval is void; empty while it holds.

    Args:
        now: the request assessed anew, with the policy and the groups of this moment.
    """
    blocker = now.blockers[step.position]
    if operation_of(step.spec).is_looked_up and now.images.get(step.spec.target) is None:
        if blocker and blocker.done_already:
            return ()
        return (blocked([blocker]) if blocker else Cause(CauseKind.IMAGE_GONE),)
    if now.evidence is None or request.evidence is None:
        return (Cause(CauseKind.UNSEEN),)

    def own_changes(then: SeenImage, today: SeenImage) -> frozenset[str]:
        own = (s for s in request.specs if s.target == then.target)
        return frozenset().union(*(operation_of(s).own_changes(then, today, s) for s in own))

    changes = drift(request.evidence, now.evidence, own_changes)
    found = [Cause(CauseKind.CHANGED, asdict(change)) for change in changes]
    if blocker and not blocker.done_already:
        found.append(blocked([blocker]))
    if now.decision.verdict is Verdict.REFUSE:
        found.append(cause_of_decision(now.decision))
    elif now.decision.break_glass and not request.review:
        # Nobody was told of an emergency, and nobody will review one.
        found.append(Cause(CauseKind.EMERGENCY_NEEDED))
    elif now.decision.verdict is Verdict.ASK:
        counted = tally(now.decision, as_reviewed(request))
        if not counted.complete:
            found.append(_too_few(counted, now.decision))
    return tuple(found)


def untold(request: OpsRequest, now: Assessment) -> list[str]:
    """The ids of what people saw whose name or type DigitalOcean leaves out just now."""
    if request.evidence is None or now.evidence is None:
        return []
    return [str(image.id) for image in left_out(request.evidence, now.evidence)]


def undecided(request: OpsRequest, now: Assessment) -> bool:
    """Whether the policy cannot be asked yet, because who is in a user group is not known.

    A vote may be rightful by a group that Slack does not tell of just now: that is no “no”.
    """
    decision = now.decision
    if decision.verdict is Verdict.ASK and decision.groups_needed:
        return not tally(decision, as_reviewed(request)).complete
    return decision.verdict in (Verdict.NEEDS_DIRECTORY, Verdict.NEEDS_IMAGE)


def why_undecided(now: Assessment) -> Cause:
    """What the policy waits for."""
    asks = now.decision.verdict is Verdict.ASK
    return group_unknown(now.decision) if asks else cause_of_decision(now.decision)


def as_reviewed(request: OpsRequest) -> ReviewedRequest:
    """A request as the policy's review knows it."""
    expires = request.expires_at if request.expires_at is not None else request.created_at
    return ReviewedRequest(
        requester=request.requester,
        rule=request.rule,
        state=request.state,
        expires_at=datetime.fromtimestamp(expires, UTC),
        votes=tuple(Vote(v.person, Choice(v.choice), v.step_up) for v in request.votes),
        approvers_then=frozenset(request.gate.people),
    )


def _too_few(counted: Tally, now: Decision) -> Cause:
    facts = {"given": now.approvals - counted.missing, "needed": now.approvals}
    return Cause(CauseKind.TOO_FEW_APPROVALS, facts)
