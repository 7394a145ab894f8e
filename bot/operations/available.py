"""What the form and the buttons offer for an image as it is now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.resources import DOCUMENTED_REGIONS, Image, LiveRegion
from bot.domain.steps import StepSpec, image_target
from bot.operations.base import Account
from bot.operations.convert import Convert
from bot.operations.delete import Delete
from bot.operations.image_actions import AVAILABLE
from bot.operations.restore import Restore
from bot.operations.snapshot import Snapshot
from bot.operations.snapshot_volume import SnapshotVolume
from bot.operations.transfer import Transfer

TRANSFER, CONVERT, DELETE = Transfer.name, Convert.name, Delete.name
SNAPSHOT, SNAPSHOT_VOLUME, RESTORE = Snapshot.name, SnapshotVolume.name, Restore.name
PLAN = "plan"
"""A plan is a convert, then transfers, under one approval."""
CHOICES = (TRANSFER, PLAN, CONVERT)


def choices(image: Image) -> tuple[str, ...]:
    """What may be asked of an image, the likeliest first; nothing while it is not ready."""
    if image.status not in AVAILABLE or image.public:
        return ()
    return (PLAN, CONVERT) if image.type == "backup" else (TRANSFER,)


def regions_for(image: Image, live: Mapping[str, LiveRegion]) -> list[LiveRegion]:
    """The regions it can be transferred to, as a snapshot; those documented while none is known."""
    known = live or {slug: LiveRegion(slug=slug) for slug in DOCUMENTED_REGIONS}
    snapshot, account = image.model_copy(update={"type": "snapshot"}), Account(live)
    transfer = Transfer()
    free = (
        region
        for region in known.values()
        if transfer.preflight(snapshot, transfer_to(image.id, region.slug), account) is None
    )
    return sorted(free, key=lambda region: region.slug)


def transfer_to(image_id: int, region: str) -> StepSpec:
    """A copy of one image to one region."""
    return StepSpec(TRANSFER, image_target(image_id), {"region": region})


def conversion(image_id: int) -> StepSpec:
    """A backup made a snapshot."""
    return StepSpec(CONVERT, image_target(image_id))


def takes_several(choice: str) -> bool:
    """Whether one request can ask it of several images: a plan is about one."""
    return choice in (TRANSFER, CONVERT)


def steps_of(
    choice: str, image_id: int, regions: tuple[str, ...], more: Iterable[int] = ()
) -> tuple[StepSpec, ...]:
    """A choice as the steps of a request.

    Args:
        more: other images of which the same is asked, where it `takes_several`.
    """
    images = tuple(dict.fromkeys((image_id, *(more if takes_several(choice) else ()))))
    if choice == CONVERT:
        return tuple(map(conversion, images))
    transfers = tuple(transfer_to(each, region) for each in images for region in regions)
    return (conversion(image_id), *transfers) if choice == PLAN else transfers
