"""What an approval is bound to: the facts people saw, as one digest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.domain.resources import ActionType, Image


class Evidence(BaseModel):
    """The image and what is asked of it, as shown on the card when people decided."""

    model_config = ConfigDict(frozen=True)

    image_id: int
    image_name: str
    image_type: str
    size_gigabytes: float
    regions: tuple[str, ...]
    created_at: float | None = None
    """Epoch seconds; a backup's retention counts from it."""
    tags: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...]
    """Each image action as (type, region); a convert has an empty region."""
    requester: str
    rule: str

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of all of it, in hexadecimal."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()


def canonical(value: Mapping[str, Any]) -> str:
    """JSON in one spelling: keys sorted, no spaces, as it is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def gather(image: Image, steps: Sequence[tuple[str, str]], requester: str, rule: str) -> Evidence:
    """The evidence for `steps` on `image`, as DigitalOcean shows it now."""
    return Evidence(
        image_id=image.id,
        image_name=image.name,
        image_type=image.type,
        size_gigabytes=image.size_gigabytes,
        regions=tuple(sorted(image.regions)),
        created_at=image.created_at.timestamp() if image.created_at else None,
        tags=tuple(sorted(image.tags)),
        steps=tuple(steps),
        requester=requester,
        rule=rule,
    )


def drift(approved: Evidence, now: Evidence) -> tuple[str, ...]:
    """What differs between the approved evidence and now that an approver would care about.

    A region gained elsewhere does not matter; nor does a type changed by an earlier step
    of the same request (a backup that was converted under it).
    """
    found = []
    if now.image_name != approved.image_name:
        found.append(f"renamed from “{approved.image_name}” to “{now.image_name}”")
    if now.image_type != approved.image_type and not _converted_by_us(approved, now):
        found.append(f"its type was {approved.image_type} and is now {now.image_type}")
    if now.size_gigabytes != approved.size_gigabytes and not _converted_by_us(approved, now):
        found.append(
            f"its size was {approved.size_gigabytes:g} GB and is now {now.size_gigabytes:g} GB"
        )
    if _made_anew(approved, now):
        found.append("it was made at another time than the image that was approved")
    if now.rule != approved.rule:
        found.append(f"rule “{approved.rule}” no longer decides this; “{now.rule}” does")
    return tuple(found)


def _made_anew(approved: Evidence, now: Evidence) -> bool:
    """Another image under the same id: not DigitalOcean’s doing, but possible on the way."""
    then, today = approved.created_at, now.created_at
    known = then is not None and today is not None
    return known and then != today and not _converted_by_us(approved, now)


def _converted_by_us(approved: Evidence, now: Evidence) -> bool:
    converts = any(step_type == ActionType.CONVERT for step_type, _ in approved.steps)
    return converts and approved.image_type == "backup" and now.image_type == "snapshot"
