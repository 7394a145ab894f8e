"""What the policy says to a request: run it, ask people, refuse it; and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.quorum import Group, can_be_reached
from bot.domain.step_up import StepUp
from bot.policy import reasons, tickets
from bot.policy.fits import RuleFit
from bot.policy.match import (
    Directory,
    PolicyInput,
    Snapshot,
    Step,
    covers,
    evaluate_rules,
    gone,
    people,
)
from bot.policy.reasons import Reason, Why
from bot.policy.schema import Freeze, Policy, Quota, Rule

_MOST_HOPS = 60
"""How many freezes in a row are followed to find the end of them."""


class Verdict(StrEnum):
    """What to do with a request."""

    RUN = "run"
    ASK = "ask"
    REFUSE = "refuse"
    NEEDS_IMAGE = "needs-image"
    """Decide again with the image's name and tags."""
    NEEDS_DIRECTORY = "needs-directory"
    """Decide again when the members of `Decision.groups_needed` are known."""


@dataclass(frozen=True)
class Decision:
    """A verdict with its reason, and all that follows from the rule that holds.

    Where no single rule holds, `rule` is None and the fields that come from a rule are empty.
    A refusal under a rule (a freeze, a quota …) still carries the rule's fields.
    """

    verdict: Verdict
    why: Why
    """Its facts; `bot.views.decisions` says it in words."""
    rule: str | None = None
    approvals: int = 0
    """What the rule asks for, even where breaking glass goes round it."""
    approvers: frozenset[str] = frozenset()
    """The persons who may approve this request, or close the review of a break-glass.

    Never the requester, unless `self_approval` and no glass is broken. Incomplete where
    `groups_needed` is not empty.
    """
    approver_entries: tuple[str, ...] = ()
    """Users and user groups as the file has them."""
    groups: tuple[Group, ...] = ()
    """Out of whom how many have to approve; `approvals` is their sum, `approvers` their people."""
    escalates_after: timedelta | None = None
    """When others may approve as well, if it still waits then."""
    escalates_to: tuple[str, ...] = ()
    """Those others as the file has them; among `approver_entries` once it has come to that."""
    step_up: StepUp | None = None
    """By what each approval has to be confirmed, or it does not count."""
    ticket: str = ""
    """What the rule asks for and the reason holds."""
    ticket_link: str = ""
    notify: tuple[str, ...] = ()
    self_approval: bool = False
    expires_after: timedelta = timedelta(hours=4)
    break_glass: bool = False
    """It runs only because glass is broken: all in `notify` are told, and a review stays open."""
    groups_needed: tuple[str, ...] = ()
    """User groups whose members were not known."""
    may_ask: tuple[str, ...] = ()
    """With `requester-not-allowed`: who may, as the file has them."""
    until: datetime | None = None
    """With `frozen` and `quota-used`: when it is worth asking again (UTC)."""
    policy_digest: str = ""
    """Of the policy that decided: what a row of the audit log names."""

    @property
    def reason(self) -> Reason:
        return self.why.reason


def decide(policy: Policy, asked: PolicyInput, directory: Directory) -> Decision:
    """The policy's answer to `asked`. Never raises; the same arguments give the same answer.

    For each step the first rule that matches holds, and all steps have to fall under one
    rule. Then, in this order: freezes, breaking glass, the quota, the approvals.
    """
    return replace(_decided(policy, asked, directory), policy_digest=policy.digest)


def _decided(policy: Policy, asked: PolicyInput, directory: Directory) -> Decision:
    directory = Snapshot(directory)
    trials = [evaluate_rules(policy, step, asked, directory) for step in asked.steps]
    for step, trial in zip(asked.steps, trials, strict=True):
        if trial[-1].fits is False:
            return _no_rule(step, asked, trial)
    frozen = _frozen(policy, asked)
    for trial in trials:
        if trial[-1].fits is None:
            frozen_anyway = frozen and not asked.break_glass
            return (
                _frozen_refusal(frozen, policy, asked)
                if frozen_anyway
                else _undecided(trial[-1], directory)
            )
    rules = {trial[-1].rule.name: trial[-1].rule for trial in trials}
    if len(rules) > 1:
        names = tuple(trial[-1].rule.name for trial in trials)
        return _refusal(reasons.DifferentRules(asked.steps, names))
    (rule,) = rules.values()
    return _Under(rule, policy, asked, directory, frozen).decision()


class _Under:
    """The decision once it is clear which rule holds."""

    def __init__(
        self,
        rule: Rule,
        policy: Policy,
        asked: PolicyInput,
        directory: Directory,
        frozen: Sequence[Freeze],
    ) -> None:
        self.rule, self.policy, self.asked, self.frozen = rule, policy, asked, frozen
        self._directory = directory
        self._now = rule.who_decides if asked.escalated else rule.listed
        self.listed, self.unknown = people(self._now, directory)
        self.gone = gone(rule.who_decides, directory)
        self.others = self.listed - {asked.requester}
        self.ticket = tickets.ticket_in(rule.ticket, asked.reason) if rule.ticket else ""
        self.free_again = _free_again(rule.quota, rule.name, asked) if rule.quota else None

    def decision(self) -> Decision:
        asked, rule = self.asked, self.rule
        no_ticket = bool(rule.ticket and not self.ticket)
        if asked.break_glass and (rule.needed or self.frozen or self.free_again or no_ticket):
            return self._with_broken_glass()
        if self.frozen:
            return self._filled(_frozen_refusal(self.frozen, self.policy, asked))
        if self.free_again and rule.quota:
            used = reasons.QuotaUsed(rule.quota.requests, rule.quota.per)
            return self._filled(replace(_refusal(used), until=self.free_again))
        if rule.ticket and not self.ticket:
            return self._filled(_refusal(reasons.TicketMissing(rule.ticket)))
        if not rule.needed:
            return self._so(Verdict.RUN, reasons.RuleAllows(needless_glass=asked.break_glass))
        if not can_be_reached(self._groups(escalated=True)):
            return self._too_few()
        return self._so(Verdict.ASK, reasons.ApprovalNeeded())

    @property
    def _may_approve(self) -> frozenset[str]:
        return self.listed if self.rule.self_approval else self.others

    def _groups(self, *, escalated: bool) -> tuple[Group, ...]:
        """The rule's groups; whom it escalates to counts for any of them."""
        rule = self.rule
        later = rule.escalate.to if rule.escalate and escalated else ()
        nobody = frozenset() if rule.self_approval else frozenset({self.asked.requester})
        return tuple(
            Group(group.from_, group.count, self._people((*group.from_, *later)) - nobody)
            for group in rule.groups
        )

    def _people(self, entries: Sequence[str]) -> frozenset[str]:
        return people(entries, self._directory)[0]

    def _with_broken_glass(self) -> Decision:
        shut = [freeze for freeze in self.frozen if not freeze.break_glass]
        if shut:
            return self._filled(_frozen_refusal(shut, self.policy, self.asked, emergency=True))
        if not self.rule.break_glass:
            return self._filled(_refusal(reasons.BreakGlassNotAllowed(bool(self.frozen))))
        if not self.others and not self.unknown:
            return self._filled(_refusal(reasons.NobodyElse(emergency=True)))
        found = self._so(Verdict.RUN, reasons.BreakGlassUsed())
        return replace(found, break_glass=True, approvers=self.others)

    def _too_few(self) -> Decision:
        rule = self.rule
        ever, unknown = people(rule.who_decides, self._directory)
        if unknown:
            why = reasons.GroupUnknown(rule.name, to_approve=True)
            return replace(self._so(Verdict.NEEDS_DIRECTORY, why), groups_needed=unknown)
        if ever == {self.asked.requester} and not rule.self_approval:
            return self._filled(_refusal(reasons.NobodyElse(self.gone)))
        others = ever if rule.self_approval else ever - {self.asked.requester}
        return self._filled(_refusal(reasons.TooFewApprovers(len(others), self.gone)))

    def _so(self, verdict: Verdict, why: Why) -> Decision:
        return self._filled(Decision(verdict, why))

    def _filled(self, decision: Decision) -> Decision:
        rule, asked = self.rule, self.asked
        return replace(
            decision,
            rule=rule.name,
            approvals=rule.needed,
            approvers=self._may_approve,
            approver_entries=self._now,
            groups=self._groups(escalated=asked.escalated),
            escalates_after=rule.escalate.after if rule.escalate else None,
            escalates_to=rule.escalate.to if rule.escalate else (),
            step_up=rule.step_up,
            ticket=self.ticket,
            ticket_link=tickets.link(rule.ticket_url, self.ticket)
            if rule.ticket_url and self.ticket
            else "",
            notify=rule.notify,
            self_approval=rule.self_approval,
            expires_after=rule.expires_after,
            groups_needed=self.unknown,
        )


def _refusal(why: Why) -> Decision:
    return Decision(Verdict.REFUSE, why)


def _no_rule(step: Step, asked: PolicyInput, trial: Sequence[RuleFit]) -> Decision:
    """No rule fits: say which would, if only one thing were different."""
    near = [fit.rule for fit in trial if fit.failed == ("requesters",)]
    if near:
        may_ask = tuple(dict.fromkeys(entry for rule in near for entry in rule.requesters))
        why = reasons.RequesterNotAllowed(step, tuple(rule.name for rule in near))
        return replace(_refusal(why), may_ask=may_ask)
    near = [fit.rule for fit in trial if fit.failed == ("channels",)]
    if near:
        allowed = tuple(dict.fromkeys(entry for rule in near for entry in rule.channels))
        return _refusal(reasons.WrongChannel(step, asked.channel, allowed))
    near = [fit.rule for fit in trial if fit.failed == ("to",)]
    if near:
        others = tuple(dict.fromkeys(entry for rule in near for entry in rule.to))
        return _refusal(reasons.WrongRecipient(step.recipient or "", others))
    near = [fit.rule for fit in trial if fit.failed == ("hours",)]
    if near:
        return _refusal(reasons.OutsideHours(step, tuple(str(rule.hours) for rule in near)))
    return _refusal(reasons.NoRule(step))


def _undecided(fit: RuleFit, directory: Directory) -> Decision:
    """A rule may hold. Where both are open, the image is asked for first: one look-up."""
    _, groups = people(fit.rule.requesters, directory)
    if {"image_names", "image_tags"} & set(fit.open):
        found = Decision(Verdict.NEEDS_IMAGE, reasons.NeedsImage(fit.rule.name))
    else:
        why = reasons.GroupUnknown(fit.rule.name, to_approve=False)
        found = Decision(Verdict.NEEDS_DIRECTORY, why)
    return replace(found, groups_needed=groups)


def _frozen(policy: Policy, asked: PolicyInput) -> list[Freeze]:
    """The freezes that hold now and are about any step."""
    about = (freeze for freeze in policy.freeze if any(covers(freeze, s) for s in asked.steps))
    return [freeze for freeze in about if freeze.window.until(asked.at)]


def _frozen_refusal(
    frozen: Sequence[Freeze], policy: Policy, asked: PolicyInput, *, emergency: bool = False
) -> Decision:
    about = [f for f in policy.freeze if any(covers(f, step) for step in asked.steps)]
    until = _thawed(about, asked.at)
    why = reasons.Frozen(frozen[0].name, frozen[0].time_zone, emergency)
    return replace(_refusal(why), until=until)


def _thawed(freezes: Iterable[Freeze], at: datetime) -> datetime | None:
    """The first instant from `at` on at which none of them holds; None where none is in sight."""
    listed = list(freezes)
    for _ in range(_MOST_HOPS):
        ends = [end for freeze in listed if (end := freeze.window.until(at))]
        if not ends:
            return at
        at = max(ends)
    return None


def _free_again(quota: Quota, rule: str, asked: PolicyInput) -> datetime | None:
    """When a used-up quota has room again; None where it has room now.

    A request is counted until `per` has gone by since it was made.
    """
    counted = sorted(
        former.at
        for former in asked.earlier
        if former.rule == rule and asked.at - former.at < quota.per
    )
    if len(counted) < quota.requests:
        return None
    return counted[-quota.requests] + quota.per
