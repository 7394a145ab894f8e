"""What an approval is bound to: the facts people saw, as one digest. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.domain.canonical import canonical
from bot.domain.resources import DROPLET_TYPE, VOLUME_TYPE, Image
from bot.domain.steps import StepSpec, Target, TargetKind

DIGEST_SHOWN = 12
"""Characters of the digest that a button carries."""


class SeenImage(BaseModel):
    """One image, Droplet or volume as it was seen; sizes in GB, times in epoch seconds."""

    model_config = ConfigDict(frozen=True)

    id: int | str
    """A volume's is its uuid."""
    name: str
    type: str
    size_gigabytes: float
    regions: tuple[str, ...]
    created_at: float | None = None
    """A backup's retention counts from it."""
    tags: tuple[str, ...] = ()
    status: str = "available"

    @classmethod
    def of(cls, image: Image) -> SeenImage:
        """An image as DigitalOcean shows it now."""
        return cls(
            id=str(UUID(int=image.id)) if image.type == VOLUME_TYPE else image.id,
            name=image.name,
            type=image.type,
            size_gigabytes=image.size_gigabytes,
            regions=tuple(sorted(image.regions)),
            created_at=image.created_at.timestamp() if image.created_at else None,
            tags=tuple(sorted(image.tags)),
            status=image.status,
        )

    @property
    def target(self) -> Target:
        """What it is."""
        kinds = {DROPLET_TYPE: TargetKind.DROPLET, VOLUME_TYPE: TargetKind.VOLUME}
        return Target(kinds.get(self.type, TargetKind.IMAGE), str(self.id))

    @property
    def number(self) -> int:
        """The id as `Image` has it, which knows no other than numbers."""
        return self.id if isinstance(self.id, int) else UUID(self.id).int


class Evidence(BaseModel):
    """The images and what is asked of them, as shown on the card when people decided."""

    model_config = ConfigDict(frozen=True)

    images: tuple[SeenImage, ...]
    """In the order in which the steps name them."""
    steps: tuple[dict[str, Any], ...]
    """Each as `StepSpec.as_json` writes it."""
    requester: str
    rule: str

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of all of it, in hexadecimal."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()

    def seen(self, target: Target) -> SeenImage | None:
        """One target as it was seen; None: it was not among them."""
        return next((image for image in self.images if image.target == target), None)


def gather(
    images: Iterable[Image], steps: Sequence[StepSpec], requester: str, rule: str
) -> Evidence:
    """The evidence for `steps`, as DigitalOcean shows their images now."""
    return Evidence(
        images=tuple(SeenImage.of(image) for image in images),
        steps=tuple(step.as_json() for step in steps),
        requester=requester,
        rule=rule,
    )


class Changed(StrEnum):
    """What can differ between what was approved and what is there now."""

    NAME = "name"
    TYPE = "type"
    SIZE = "size_gigabytes"
    MADE_ANEW = "created_at"
    RULE = "rule"


@dataclass(frozen=True)
class Change:
    """One difference that an approver would care about."""

    what: Changed
    before: Any
    now: Any


OwnChanges = Callable[[SeenImage, SeenImage], frozenset[str]]


def drift(approved: Evidence, now: Evidence, own_changes: OwnChanges) -> tuple[Change, ...]:
    """What differs between the approved evidence and now that an approver would care about.

    A region gained elsewhere does not matter.

    Args:
        own_changes: the fields of an image that the request's own steps changed meanwhile.
    """
    found: list[Change] = []
    today = {image.target: image for image in now.images}
    for then in approved.images:
        if then.target in today:
            found.extend(_image_drift(then, today[then.target], own_changes))
    if now.rule != approved.rule:
        found.append(Change(Changed.RULE, approved.rule, now.rule))
    return tuple(found)


_COMPARED: Mapping[str, Changed] = {
    "name": Changed.NAME,
    "type": Changed.TYPE,
    "size_gigabytes": Changed.SIZE,
    "created_at": Changed.MADE_ANEW,
}


def _image_drift(then: SeenImage, now: SeenImage, own_changes: OwnChanges) -> Iterable[Change]:
    ours = own_changes(then, now)
    for field, what in _COMPARED.items():
        before, after = getattr(then, field), getattr(now, field)
        # Of what DigitalOcean did not tell, then or now, nobody can say that it changed.
        if before and after and before != after and field not in ours:
            yield Change(what, before, after)


def left_out(approved: Evidence, now: Evidence) -> tuple[SeenImage, ...]:
    """The images that people saw with a name and a type, of which one is not told now.

    Nothing can be decided by such an answer: rules match both.
    """
    today = {image.target: image for image in now.images}
    pairs = [(then, today[then.target]) for then in approved.images if then.target in today]
    return tuple(
        image
        for then, image in pairs
        if (then.name and not image.name) or (then.type and not image.type)
    )
