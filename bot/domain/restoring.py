"""What a person asked with `restore`: which Droplet, from which of its backups. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.droplets import WhichDroplets
from bot.domain.looked_up import LookedUp
from bot.domain.pruning import newest_first
from bot.domain.resources import Droplet, Image
from bot.domain.steps import StepSpec, droplet_target


@dataclass(frozen=True)
class Restoring(WhichDroplets, LookedUp):
    """One command.

    Attributes:
        backup_id: the backup's number; 0: another of the three tells which.
        backup_name: its name.
        latest: the newest there is.
    """

    kind = "restoring"

    backup_id: int = 0
    backup_name: str = ""
    latest: bool = False


def backups_of(droplet: Droplet, images: Iterable[Image]) -> list[Image]:
    """The backups of a Droplet among the account's images, the newest first."""
    own = [image for image in images if image.id in droplet.backup_ids]
    return sorted(own, key=newest_first)


def chosen(wanted: Restoring, backups: Sequence[Image]) -> list[Image]:
    """Those of a Droplet's backups that are meant; one, where that is clear."""
    if wanted.latest:
        return [backup for backup in backups if backup.created_at is not None][:1]
    if wanted.backup_id:
        return [backup for backup in backups if backup.id == wanted.backup_id]
    sought = wanted.backup_name.casefold()
    return [backup for backup in backups if backup.name.casefold() == sought]


def step_of(droplet: Droplet, backup: Image) -> StepSpec:
    """The one step of the request."""
    made_at = backup.created_at.timestamp() if backup.created_at else None
    params = {"image": backup.id, "image_name": backup.name, "made_at": made_at}
    return StepSpec("restore", droplet_target(droplet.id), params)
