"""What another policy would decide otherwise, in plain sentences."""

from __future__ import annotations

from bot.policy.differences import Difference
from bot.policy.governance import Governance
from bot.policy.schema import Freeze, Rule
from bot.views.policy_words import (
    approvals_in_words,
    freeze_in_words,
    governance_in_words,
    rule_in_words,
)
from bot.views.voice import Voice, texts_of


def in_words(found: Difference, voice: Voice) -> str:
    """One sentence or two."""
    match found.before, found.after:
        case Governance(), None:
            return "Whoever can write the file changes the policy alone from then on."
        case _, Governance() as governance:
            return f"Changes of the policy then need {governance_in_words(governance, voice)}."
        case Rule() as rule, None:
            return f"Rule gone: {rule_in_words(rule, voice)}"
        case None, Rule() as rule:
            return f"Rule new: {rule_in_words(rule, voice)}"
        case Rule() as before, Rule() as now:
            return _changed(before, now, voice)
        case Freeze() as freeze, None:
            return _freeze("gone", freeze, voice)
        case before, Freeze() as freeze:
            return _freeze("changed" if before else "new", freeze, voice)
    if not found.name:
        order = ", ".join(f"“{name}”" for name in texts_of(_slugs(found.after), voice))
        return f"Rules are tried in another order: {order}."
    return _regions(found)


def _changed(before: Rule, now: Rule, voice: Voice) -> str:
    same = {"approvals": now.approvals, "approvers": now.approvers}
    if before.needed and now.needed and before.model_copy(update=same) == now:
        asked = f"{approvals_in_words(now, voice)} instead of {approvals_in_words(before, voice)}"
        return f"Rule “{voice.text(now.name)}” then needs {asked}."
    was, will = rule_in_words(before, voice), rule_in_words(now, voice)
    if was == will:
        return f"Rule “{voice.text(now.name)}” changes in details that are not said in words."
    return f"Rule changed: {will} It was: {was}"


def _freeze(what: str, freeze: Freeze, voice: Voice) -> str:
    return f"Freeze {what}: “{voice.text(freeze.name)}”: {freeze_in_words(freeze)}."


def _regions(found: Difference) -> str:
    before, after = (", ".join(_slugs(part)) for part in (found.before, found.after))
    if found.after is None:
        return f"Regions gone: “{found.name}”: {before}."
    if found.before is None:
        return f"Regions new: “{found.name}”: {after}."
    return f"Regions changed: “{found.name}”: {after}. It was: {before}."


def _slugs(part: object) -> tuple[str, ...]:
    return part if isinstance(part, tuple) else ()
