"""Which image is meant by `latest prod-*` or `latest of <droplet>`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.domain.pruning import newest_first
from bot.domain.resources import Droplet, Image


def fitting(
    pattern: str, type_: str, images: Iterable[Image], statuses: Collection[str]
) -> list[Image]:
    """The account's own images of one type that can be worked with and whose name fits a pattern
    (`*` any letters, whatever the case).

    Args:
        statuses: those of images that can be worked with.
    """
    return [
        image
        for image in images
        if _counts(image, type_, statuses) and fnmatchcase(image.name.lower(), pattern.lower())
    ]


def made_of(
    droplet: Droplet, type_: str, images: Iterable[Image], statuses: Collection[str]
) -> list[Image]:
    """The same of one Droplet: what DigitalOcean names as its snapshots or its backups."""
    own = {*droplet.snapshot_ids, *droplet.backup_ids}
    return [image for image in images if image.id in own and _counts(image, type_, statuses)]


def newest(images: Iterable[Image]) -> list[Image]:
    """Those of which each could be the newest: one, where it is sure; else all that it hangs
    between, because they are equally new or their creation time is not known."""
    sorted_ = sorted(images, key=newest_first)
    undated = [image for image in sorted_ if image.created_at is None]
    dated = [image for image in sorted_ if image.created_at is not None]
    return [image for image in dated if image.created_at == dated[0].created_at] + undated


_COMING = frozenset({"new", "NEW", "pending"})
"""Statuses of images that are being made."""
_SOON_SECONDS = 86_400.0


@dataclass(frozen=True)
class BeingTaken:
    """A snapshot of a Droplet that this bot is having taken; DigitalOcean lists it once it is
    complete."""

    droplet_id: int
    name: str


def coming(
    pattern: str, type_: str, images: Iterable[Image], taken: Iterable[BeingTaken], now: float
) -> str:
    """What will be the newest soon, by its name; empty: nothing that is known.

    Args:
        images: all that could be chosen from, and those that are being made. What was begun more
            than a day ago will not end.
        now: epoch seconds.
    """
    begun = [i for i in images if not i.public and i.type == type_ and i.status in _COMING]
    young = [i for i in begun if i.created_at and now - i.created_at.timestamp() < _SOON_SECONDS]
    made = [image.name for image in young]
    if type_ == "snapshot":
        made += [each.name for each in taken]
    return next((name for name in made if fnmatchcase(name.lower(), pattern.lower())), "")


def _counts(image: Image, type_: str, statuses: Collection[str]) -> bool:
    return not image.public and image.type == type_ and image.status in statuses
