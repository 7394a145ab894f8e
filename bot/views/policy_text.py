"""What the policy says, for one person to read in Slack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.policy.decide import Decision, Verdict
from bot.policy.explain import Explanation
from bot.policy.schema import Policy
from bot.views import approvals, decisions, explanations, formats, policy_words
from bot.views.blocks import paragraphs
from bot.views.escape import safe
from bot.views.voice import SLACK


def refused(decision: Decision) -> str:
    """Why the policy refuses."""
    return f"Refused, nothing was sent. {decisions.sentence(decision, SLACK)}"


def rules(policy: Policy) -> str:
    """The policy's rules in order, a line each."""
    lines = policy_words.in_words(policy, SLACK)
    return paragraphs(["*The rules*, the first that matches decides", *lines], 2_900)[0]


def in_short(decision: Decision) -> str:
    """What would follow if it was asked for, in a line; empty where more has to be said."""
    if decision.verdict is Verdict.ASK:
        patience = formats.duration(decision.expires_after.total_seconds())
        how = ", with a second factor," if decision.step_up else ""
        what = f"{_who(decision)} must approve{how} within {patience}"
    elif decision.verdict is Verdict.RUN:
        what = "emergency access is used" if decision.break_glass else "it runs at once"
    else:
        return ""
    told = formats.places(decision.notify)
    also = f"; {told} {'is' if len(decision.notify) == 1 else 'are'} told" if told else ""
    return f"If you ask: {what}{also}. The rule is “{safe(decision.rule or '', 200)}”."


def preview(
    decision: Decision, consequences: Iterable[str], seconds: float | None
) -> Iterator[str]:
    """What would follow if it was asked for: who decides, what it brings about, how long it takes.

    Args:
        seconds: that such things usually take; None: not known.
    """
    yield in_short(decision) or f":no_entry: {decisions.sentence(decision, SLACK)}"
    yield from consequences
    if seconds is not None:
        yield f"It usually takes about {formats.about(seconds)}."


def _who(decision: Decision) -> str:
    if len(decision.groups) > 1:
        return formats.listed(
            [
                f"{group.count} of {formats.people(approvals.may(group.entries, group.people))}"
                for group in decision.groups
            ]
        )
    many = f"{decision.approvals} of " if decision.approvals > 1 else ""
    return f"{many}{formats.people(approvals.may(decision.approver_entries, decision.approvers))}"


def explanation(found: Explanation) -> str:
    """What the policy makes of a command nobody has asked for, line by line."""
    return paragraphs(explanations.lines(found, SLACK), 2_900)[0]
