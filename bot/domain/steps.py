"""One step of an ops request: an operation, what it is done to, and its parameters. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from bot.domain.canonical import canonical

CONDITIONS = frozenset(
    {"unless_last_of", "successor", "already_there", "steps", "only_alike", "deletes"}
)
"""Parameters that tell when a step is held back, or what of: with other values it does the same."""
_LONGEST_KEY = 200
"""Characters; longer parameters are known by their digest, so that an index can hold them."""


class TargetKind(StrEnum):
    """What an operation is done to."""

    IMAGE = "image"
    DROPLET = "droplet"
    VOLUME = "volume"
    """Known by its uuid, as no other."""
    SCHEDULE = "schedule"
    NEW_IMAGE = "new-image"
    """The image that an earlier step of the same request makes."""


@dataclass(frozen=True, order=True)
class Target:
    """One thing at DigitalOcean, by its kind and its id there."""

    kind: TargetKind
    id: str

    @property
    def number(self) -> int:
        """The id of an image or a Droplet, as the API takes it.

        Raises:
            ValueError: it is an image that is not there yet, or is known by no number.
        """
        return int(self.id)

    @property
    def new_name(self) -> str:
        """What an image will be called that is not there yet; empty for what is there."""
        return self.id.partition(":")[2] if self.kind is TargetKind.NEW_IMAGE else ""

    def __str__(self) -> str:
        if self.kind is TargetKind.NEW_IMAGE:
            return f"the new image {self.new_name}"
        return f"{'Droplet' if self.kind is TargetKind.DROPLET else self.kind} {self.id}"


def image_target(image_id: int) -> Target:
    """An image as a target."""
    return Target(TargetKind.IMAGE, str(image_id))


def droplet_target(droplet_id: int) -> Target:
    """A Droplet as a target."""
    return Target(TargetKind.DROPLET, str(droplet_id))


def volume_target(volume_id: UUID) -> Target:
    """A volume as a target."""
    return Target(TargetKind.VOLUME, str(volume_id))


def new_image_target(droplet: Target, name: str) -> Target:
    """The image that a snapshot of a Droplet makes, before its id is known."""
    return Target(TargetKind.NEW_IMAGE, f"{droplet.id}:{name}")


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
