"""What can be done with an image now. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.preflight import AVAILABLE, obstacle
from bot.domain.resources import DOCUMENTED_REGIONS, Image, LiveRegion

TRANSFER, CONVERT, PLAN = "transfer", "convert", "plan"
"""A plan is a convert, then transfers, under one approval."""


def choices(image: Image) -> tuple[str, ...]:
    """What may be asked of an image, the likeliest first; nothing while it is not ready."""
    if image.status not in AVAILABLE or image.public:
        return ()
    return (PLAN, CONVERT) if image.type == "backup" else (TRANSFER,)


def regions_for(image: Image, live: Mapping[str, LiveRegion]) -> list[LiveRegion]:
    """The regions it can be transferred to, as a snapshot; those documented while none is known."""
    known = live or {slug: LiveRegion(slug=slug) for slug in DOCUMENTED_REGIONS}
    snapshot = image.model_copy(update={"type": "snapshot"})
    free = (r for r in known.values() if obstacle(snapshot, TRANSFER, r.slug, live) is None)
    return sorted(free, key=lambda region: region.slug)


def steps_of(choice: str, regions: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """A choice as the image actions of a wish."""
    transfers = tuple((TRANSFER, region) for region in regions)
    if choice == CONVERT:
        return ((CONVERT, ""),)
    return ((CONVERT, ""), *transfers) if choice == PLAN else transfers
