"""What has changed since people decided: asked just before the POST. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.evidence import SeenImage, drift, left_out
from bot.operations.registry import operation_of
from bot.policy.decide import Decision, Verdict
from bot.policy.review import Choice, ReviewedRequest, Tally, Vote, tally
from bot.requests.assessment import Assessment
from bot.store.rows import OpsRequest, Step
from bot.views import blockers, changes, decisions


def what_changed(request: OpsRequest, step: Step, now: Assessment) -> tuple[str, ...]:
    """Why the approval is void, in words; empty while it holds.

    Args:
        now: the request assessed anew, with the policy and the groups of this moment.
    """
    blocker = now.blockers[step.position]
    if operation_of(step.spec).is_looked_up and now.images.get(step.spec.target) is None:
        if blocker and blocker.done_already:
            return ()
        return (blockers.problem(blocker) if blocker else "the image is gone",)
    if now.evidence is None or request.evidence is None:
        return ("nobody saw the image before it was approved",)

    def own_changes(then: SeenImage, today: SeenImage) -> frozenset[str]:
        own = (s for s in request.specs if s.target == then.target)
        return frozenset().union(*(operation_of(s).own_changes(then, today, s) for s in own))

    found = [changes.in_words(c) for c in drift(request.evidence, now.evidence, own_changes)]
    if blocker and not blocker.done_already:
        found.append(blockers.problem(blocker))
    if now.decision.verdict is Verdict.REFUSE:
        found.append(decisions.sentence(now.decision))
    elif now.decision.break_glass and not request.review:
        # Nobody was told of an emergency, and nobody will review one.
        found.append("emergency access is needed now, and was not when this was asked")
    elif now.decision.verdict is Verdict.ASK:
        counted = tally(now.decision, as_reviewed(request))
        if not counted.complete:
            found.append(_too_few(counted, now.decision))
    return tuple(dict.fromkeys(found))


def untold(request: OpsRequest, now: Assessment) -> str:
    """What DigitalOcean leaves out just now that people saw, in words; empty: nothing."""
    if request.evidence is None or now.evidence is None:
        return ""
    ids = ", ".join(str(image.id) for image in left_out(request.evidence, now.evidence))
    return f"DigitalOcean's answer leaves out the name or the type of {ids}." if ids else ""


def undecided(request: OpsRequest, now: Assessment) -> bool:
    """Whether the policy cannot be asked yet, because who is in a user group is not known.

    A vote may be rightful by a group that Slack does not tell of just now: that is no “no”.
    """
    decision = now.decision
    if decision.verdict is Verdict.ASK and decision.groups_needed:
        return not tally(decision, as_reviewed(request)).complete
    return decision.verdict in (Verdict.NEEDS_DIRECTORY, Verdict.NEEDS_IMAGE)


def why_undecided(now: Assessment) -> str:
    """What the policy waits for, in words."""
    decision = now.decision
    if decision.verdict is Verdict.ASK:
        return decisions.group_unknown(decision.rule or "", decision.groups_needed, to_approve=True)
    return decisions.sentence(decision)


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


def _too_few(counted: Tally, now: Decision) -> str:
    given = now.approvals - counted.missing
    return f"{given} of {now.approvals} approvals are by people who may approve now"
