"""Text to `Policy`. Every problem is told at once: line, rule, field, found, expected."""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import PolicyError
from bot.policy import schema
from bot.toml.load import BrokenFile, Layout, Problem, load_tables

HELP = "docs/policy.md explains every key, and policy.example.toml shows them at work."


class BrokenPolicy(BrokenFile, PolicyError):
    """A policy file that does not hold; `problems` has each, in the order of lines."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        super().__init__(source, problems, HELP)


_LAYOUT = Layout(
    whole=schema.Policy,
    tables={
        "rule": schema.Rule,
        "freeze": schema.Freeze,
        "hours": schema.Hours,
        "quota": schema.Quota,
    },
    named=("rule", "freeze"),
    broken=BrokenPolicy,
    if_empty=dict.fromkeys(schema.MATCHERS, "leave the key out to match everything"),
)


def load(text: str, source: str) -> schema.Policy:
    """Read a policy from TOML; `source` is its name in messages.

    Raises:
        BrokenPolicy: a `PolicyError`; it holds every problem, or the first of the syntax.
    """
    return load_tables(text, source, _LAYOUT)
