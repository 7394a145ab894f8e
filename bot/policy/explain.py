"""Why each rule holds or does not, and what another policy would have said. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.policy.decide import Decision, Verdict, decide
from bot.policy.match import Directory, PolicyInput, RuleFit, Step, evaluate_rules
from bot.policy.schema import Policy
from bot.policy.sentences import span

_FITS = {True: "matches", False: "does not match", None: "cannot be told yet"}


@dataclass(frozen=True)
class StepExplanation:
    """How the rules were tried for one step, in order, up to the one that holds."""

    step: Step
    trial: tuple[RuleFit, ...]
    not_tried: tuple[str, ...]
    """The names of the rules below it."""

    def lines(self) -> Iterator[str]:
        yield f"{self.step}:"
        for fit in self.trial:
            yield f"  rule “{fit.rule.name}” {_FITS[fit.fits]}"
            if not fit.matchers:
                yield "    it has no matchers, so it matches everything"
            for matcher in fit.matchers:
                if matcher.fits is not True or fit.fits is not False:
                    yield f"    {matcher.key}: {matcher.why}"
        if self.not_tried:
            names = ", ".join(f"“{name}”" for name in self.not_tried)
            yield f"  not tried, since the first that matches holds: {names}"


@dataclass(frozen=True)
class Explanation:
    """A decision, and the way to it."""

    decision: Decision
    steps: tuple[StepExplanation, ...]

    def text(self) -> str:
        """Plain lines, for a terminal or a code block. Slack ids stand in it as they are."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.decision.sentence
        yield f"verdict: {self.decision.verdict} ({self.decision.reason})"
        yield from self._people()
        for step in self.steps:
            yield from step.lines()

    def _people(self) -> Iterator[str]:
        decision = self.decision
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
            yield f"could approve this one: {who} (the rule lists {_listed(decision)})"
        if decision.groups_needed:
            yield f"members not known: {', '.join(decision.groups_needed)}"
        yield f"notified: {', '.join(decision.notify) or 'nobody'}"


def explain(policy: Policy, asked: PolicyInput, directory: Directory) -> Explanation:
    """Decide, and say why each rule was passed over or holds."""
    steps = []
    for step in asked.steps:
        trial = evaluate_rules(policy, step, asked, directory)
        below = tuple(rule.name for rule in policy.rule[len(trial) :])
        steps.append(StepExplanation(step, trial, below))
    return Explanation(decide(policy, asked, directory), tuple(steps))


@dataclass(frozen=True)
class Past:
    """A former request and what was decided then."""

    label: str
    """What names it to people: an ops request id."""
    asked: PolicyInput
    """As it was then, with its own time and the image as it was."""
    verdict: Verdict
    rule: str | None
    approvals: int = 0


@dataclass(frozen=True)
class Change:
    """A former request that the new policy decides otherwise."""

    past: Past
    now: Decision

    def __str__(self) -> str:
        before = _outcome(self.past.verdict, self.past.rule, self.past.approvals)
        now = _outcome(self.now.verdict, self.now.rule, self.now.approvals)
        return f"{self.past.label}: so far {before}; then {now}"


def replay(past: Iterable[Past], policy: Policy, directory: Directory) -> list[Change]:
    """The former requests whose verdict, rule or number of approvals `policy` would change.

    The number counts only where people are asked: a broken glass goes round it.
    """
    decided = ((former, decide(policy, former.asked, directory)) for former in past)
    return [
        Change(former, now)
        for former, now in decided
        if (former.verdict, former.rule) != (now.verdict, now.rule)
        or (now.verdict is Verdict.ASK and former.approvals != now.approvals)
    ]


def _listed(decision: Decision) -> str:
    return ", ".join(decision.approver_entries)


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
