"""One step of an ops request: an operation, what it is done to, and its parameters. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.canonical import canonical

CONDITIONS = frozenset({"unless_last_of"})
"""Parameters that only hold a step back: with another value of theirs it does the same."""
_LONGEST_KEY = 200
"""Characters; longer parameters are known by their digest, so that an index can hold them."""


class TargetKind(StrEnum):
    """What an operation is done to."""

    IMAGE = "image"


@dataclass(frozen=True, order=True)
class Target:
    """One thing at DigitalOcean, by its kind and its id there."""

    kind: TargetKind
    id: str

    @property
    def number(self) -> int:
        """The id of an image, as the API takes it."""
        return int(self.id)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


def image_target(image_id: int) -> Target:
    """An image as a target."""
    return Target(TargetKind.IMAGE, str(image_id))


@dataclass(frozen=True)
class StepSpec:
    """What one step asks for. Two with the same `key` ask for the same.

    `params` are JSON values, in the shape of the operation's `params` model.
    """

    operation: str
    target: Target
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def params_key(self) -> str:
        """The parameters without `CONDITIONS`, in one spelling, short enough for an index."""
        params = {name: value for name, value in self.params.items() if name not in CONDITIONS}
        key = canonical(params) if params else ""
        return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from every other step."""
        return (self.operation, self.target.kind, self.target.id, self.params_key)

    def __hash__(self) -> int:
        return hash(self.key)

    def as_json(self) -> dict[str, Any]:
        """As evidence and the audit log hold it."""
        return {
            "operation": self.operation,
            "target": {"kind": str(self.target.kind), "id": self.target.id},
            "params": dict(self.params),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StepSpec:
        """Read back what `as_json` wrote.

        Raises:
            KeyError, ValueError: it is not such a thing.
        """
        target = stored["target"]
        return cls(
            stored["operation"],
            Target(TargetKind(target["kind"]), str(target["id"])),
            dict(stored["params"]),
        )
