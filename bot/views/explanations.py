"""Why each rule holds or does not, and what another policy would have said, line by line.

Plain lines, for a terminal or a code block. Slack ids stand in them as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.policy.decide import Decision, Verdict
from bot.policy.explain import Change, Explanation, StepExplanation
from bot.views.decisions import sentence, span

_FITS = {True: "matches", False: "does not match", None: "cannot be told yet"}


def text(found: Explanation) -> str:
    """The decision, who is in it, and how the rules were tried for each step."""
    decision = found.decision
    lines = [sentence(decision), f"verdict: {decision.verdict} ({decision.reason})"]
    lines += _people(decision)
    for step in found.steps:
        lines += _tried(step)
    return "\n".join(lines)


def _tried(step: StepExplanation) -> Iterator[str]:
    yield f"{step.step}:"
    for fit in step.trial:
        yield f"  rule “{fit.rule.name}” {_FITS[fit.fits]}"
        if not fit.matchers:
            yield "    it has no matchers, so it matches everything"
        for matcher in fit.matchers:
            if matcher.fits is not True or fit.fits is not False:
                yield f"    {matcher.key}: {matcher.why}"
    if step.not_tried:
        names = ", ".join(f"“{name}”" for name in step.not_tried)
        yield f"  not tried, since the first that matches holds: {names}"


def _people(decision: Decision) -> Iterator[str]:
    if decision.rule is None:
        return
    yield f"rule: {decision.rule}"
    yield f"approvals: {decision.approvals}"
    if len(decision.groups) > 1:
        for group in decision.groups:
            could = ", ".join(sorted(group.people)) or "nobody"
            yield f"  {group.count} of {', '.join(group.entries)}: could be {could}"
    if decision.escalates_after:
        later = ", ".join(decision.escalates_to)
        yield f"after {span(decision.escalates_after)} also: {later}"
    if decision.step_up:
        yield f"each approval is confirmed by: {decision.step_up}"
    if decision.ticket:
        yield f"ticket: {decision.ticket}"
    if decision.approver_entries:
        who = ", ".join(sorted(decision.approvers)) or "nobody"
        listed = ", ".join(decision.approver_entries)
        yield f"could approve this one: {who} (the rule lists {listed})"
    if decision.groups_needed:
        yield f"members not known: {', '.join(decision.groups_needed)}"
    yield f"notified: {', '.join(decision.notify) or 'nobody'}"


def change(found: Change) -> str:
    """`17: so far 1 approval under “old”; then refused`."""
    past, now = found.past, found.now
    before = _outcome(past.verdict, past.rule, past.approvals)
    then = _outcome(now.verdict, now.rule, now.approvals)
    return f"{past.label}: so far {before}; then {then}"


def _outcome(verdict: Verdict, rule: str | None, approvals: int) -> str:
    under = f" under “{rule}”" if rule else ""
    match verdict:
        case Verdict.ASK:
            said = "1 approval" if approvals == 1 else f"{approvals} approvals"
        case Verdict.RUN:
            said = "runs at once"
        case Verdict.REFUSE:
            said = "refused"
        case _:
            said = "cannot be told"
    return f"{said}{under}"
