"""Why each rule holds or does not, and what another policy would have said. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.policy.decide import Decision, Verdict, decide
from bot.policy.fits import RuleFit
from bot.policy.match import Directory, PolicyInput, Step, evaluate_rules
from bot.policy.schema import Policy


@dataclass(frozen=True)
class StepExplanation:
    """How the rules were tried for one step, in order, up to the one that holds."""

    step: Step
    trial: tuple[RuleFit, ...]
    not_tried: tuple[str, ...]
    """The names of the rules below it."""


@dataclass(frozen=True)
class Explanation:
    """A decision, and the way to it."""

    decision: Decision
    steps: tuple[StepExplanation, ...]


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

    def as_json(self) -> dict[str, Any]:
        """As the audit log holds it."""
        told = {
            key: {"verdict": each.verdict, "rule": each.rule, "approvals": each.approvals}
            for key, each in (("before", self.past), ("after", self.now))
        }
        return {"request": self.past.label, **told}


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
