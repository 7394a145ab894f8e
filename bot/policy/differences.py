"""What another policy would decide otherwise, as data. Pure; the sentences are in `bot.views`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.policy.governance import Governance
from bot.policy.schema import Freeze, Policy, Rule


class Differs(StrEnum):
    """What differs. The value stands in the audit log: never change one."""

    GOVERNANCE = "governance"
    RULE = "rule"
    ORDER = "order"
    FREEZE = "freeze"
    REGIONS = "regions"


_Part = Rule | Freeze | Governance | tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        what: of which kind.
        name: the rule's, the freeze's or the set's; empty: there is but one of its kind.
        before: as the policy in force has it; None: it is new.
        after: as the changed one has it; None: it is gone. Of `ORDER` both are the rules' names.
    """

    what: Differs
    name: str
    before: _Part | None
    after: _Part | None

    def as_json(self) -> dict[str, Any]:
        """As the audit log holds it; the policies themselves stand there whole."""
        kind = "new" if self.before is None else "gone" if self.after is None else "changed"
        return {"what": self.what, "name": self.name, "kind": kind}


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Each decision that changes; empty: only names of files or comments do."""
    rules, now = _by_name(old.rule), _by_name(new.rule)
    freezes, freezes_now = _by_name(old.freeze), _by_name(new.freeze)
    return (
        *_changed(Differs.GOVERNANCE, _one(old.policy), _one(new.policy)),
        *_changed(Differs.RULE, rules, now),
        *_order([*rules], [*now]),
        *_changed(Differs.FREEZE, freezes, freezes_now),
        *_changed(Differs.REGIONS, _sets(old), _sets(new)),
    )


def _by_name(tables: tuple[Rule, ...] | tuple[Freeze, ...]) -> dict[str, Rule | Freeze]:
    return {table.name: table for table in tables}


def _one(governance: Governance | None) -> dict[str, Governance]:
    return {"": governance} if governance else {}


def _sets(policy: Policy) -> dict[str, tuple[str, ...]]:
    """A command may name a set that no rule does, so each counts; in which order does not."""
    return {name: tuple(sorted(set(slugs))) for name, slugs in policy.regions.items()}


def _changed(
    what: Differs, before: Mapping[str, _Part], after: Mapping[str, _Part]
) -> Iterator[Difference]:
    """First what is gone, then what is new or another."""
    for name in before:
        if name not in after:
            yield Difference(what, name, before[name], None)
    for name, part in after.items():
        if before.get(name) != part:
            yield Difference(what, name, before.get(name), part)


def _order(before: list[str], after: list[str]) -> Iterator[Difference]:
    kept = tuple(name for name in before if name in after)
    now = tuple(name for name in after if name in kept)
    if kept != now:
        yield Difference(Differs.ORDER, "", kept, now)
