"""Text to `Policy`. Every problem is told at once: line, rule, field, found, expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.errors import PolicyError
from bot.policy import approvers, fields, governance, schema
from bot.toml.load import BrokenFile, Layout, Problem, load_tables

HELP = "docs/policy.md explains every key, and policy.example.toml shows them at work."


class BrokenPolicy(BrokenFile, PolicyError):
    """A policy file that does not hold; `problems` has each, in the order of lines."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        super().__init__(source, problems, HELP)


def _sets(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sets of regions as they stand there; a wrong one is told where it stands, and known to
    the rules by its name alone."""
    found = document.get("regions")
    named = found.items() if isinstance(found, dict) else ()
    return {
        fields.REGION_SETS: {
            name: tuple(each for each in listed if isinstance(each, str))
            if isinstance(listed, list)
            else ()
            for name, listed in named
        }
    }


_LAYOUT = Layout(
    whole=schema.Policy,
    tables={
        "rule": schema.Rule,
        "freeze": schema.Freeze,
        "hours": schema.Hours,
        "quota": schema.Quota,
        "approvals": approvers.ApproverGroup,
        "escalate": approvers.Escalation,
        "policy": governance.Governance,
    },
    named=("rule", "freeze"),
    broken=BrokenPolicy,
    if_empty=dict.fromkeys(schema.MATCHERS, "leave the key out to match everything"),
    context=_sets,
)


def load(text: str, source: str) -> schema.Policy:
    """Read a policy from TOML; `source` is its name in messages.

    Raises:
        BrokenPolicy: a `PolicyError`; it holds every problem, or the first of the syntax.
    """
    return load_tables(text, source, _LAYOUT)
