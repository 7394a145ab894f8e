"""What another policy would decide otherwise, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from bot.policy.schema import Policy, Rule
from bot.views.policy_words import (
    approvals_in_words,
    freeze_in_words,
    governance_in_words,
    rule_in_words,
)


def differences(old: Policy, new: Policy) -> tuple[str, ...]:
    """A sentence for each decision that changes; empty: only names of files or comments do."""
    return tuple(
        [
            *_governed(old, new),
            *_rules(old, new),
            *_order(old, new),
            *_freezes(old, new),
            *_sets(old, new),
        ]
    )


def _governed(old: Policy, new: Policy) -> Iterator[str]:
    if old.policy == new.policy:
        return
    if new.policy is None:
        yield "Whoever can write the file changes the policy alone from then on."
        return
    yield f"Changes of the policy then need {governance_in_words(new.policy)}."


def _rules(old: Policy, new: Policy) -> Iterator[str]:
    before = {rule.name: rule for rule in old.rule}
    after = {rule.name: rule for rule in new.rule}
    for name in before:
        if name not in after:
            yield f"Rule gone: {rule_in_words(before[name])}"
    for name, rule in after.items():
        if name not in before:
            yield f"Rule new: {rule_in_words(rule)}"
        elif rule != before[name]:
            yield _changed(before[name], rule)


def _changed(before: Rule, now: Rule) -> str:
    same = {"approvals": now.approvals, "approvers": now.approvers}
    if before.needed and now.needed and before.model_copy(update=same) == now:
        asked = f"{approvals_in_words(now)} instead of {approvals_in_words(before)}"
        return f"Rule “{now.name}” then needs {asked}."
    was, will = rule_in_words(before), rule_in_words(now)
    if was == will:
        return f"Rule “{now.name}” changes in details that are not said in words."
    return f"Rule changed: {will} It was: {was}"


def _order(old: Policy, new: Policy) -> Iterator[str]:
    names = [rule.name for rule in new.rule]
    kept = [rule.name for rule in old.rule if rule.name in names]
    now = [name for name in names if name in kept]
    if kept != now:
        order = ", ".join(f"“{name}”" for name in now)
        yield f"Rules are tried in another order: {order}."


def _freezes(old: Policy, new: Policy) -> Iterator[str]:
    before = {freeze.name: freeze for freeze in old.freeze}
    after = {freeze.name: freeze for freeze in new.freeze}
    for name in before.keys() - after.keys():
        yield f"Freeze gone: “{name}”: {freeze_in_words(before[name])}."
    for name, freeze in after.items():
        if before.get(name) != freeze:
            what = "new" if name not in before else "changed"
            yield f"Freeze {what}: “{name}”: {freeze_in_words(freeze)}."


def _sets(old: Policy, new: Policy) -> Iterator[str]:
    """A command may name a set that no rule does, so each is told for itself."""
    for name in sorted(old.regions.keys() - new.regions.keys()):
        yield f"Regions gone: “{name}”: {_slugs(old, name)}."
    for name, slugs in new.regions.items():
        if name not in old.regions:
            yield f"Regions new: “{name}”: {_slugs(new, name)}."
        elif set(old.regions[name]) != set(slugs):
            yield f"Regions changed: “{name}”: {_slugs(new, name)}. It was: {_slugs(old, name)}."


def _slugs(policy: Policy, name: str) -> str:
    return ", ".join(policy.regions[name])
