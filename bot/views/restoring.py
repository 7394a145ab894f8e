"""What `restore` would do, and which backup is meant, in lines."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.resources import Droplet, Image
from bot.domain.restoring import Restoring
from bot.views import formats, snapshots
from bot.views.escape import safe

_MOST_NAMED = 10


def shown(droplet: Droplet, backup: Image) -> str:
    """What would be done, where nothing is asked."""
    return (
        f"A restore of {snapshots.named(droplet)} from {_named(backup)}. Nothing was asked, and"
        " nothing is sent."
    )


def not_one(
    wanted: Restoring,
    droplet: Droplet,
    found: Sequence[Image],
    backups: Sequence[Image],
    *,
    complete: bool,
) -> str:
    """Which backup is meant cannot be told, or there is none such."""
    of = snapshots.named(droplet)
    if not complete:
        return "DigitalOcean did not list all images. Nothing was done; try again in a minute."
    if found:
        return f"Several backups of {of} have that name: {_all(found)}. Use the number."
    if wanted.backup_id in droplet.snapshot_ids:
        return (
            f"Image {wanted.backup_id} is a snapshot of {of}, and DigitalOcean restores a Droplet"
            f" from its own backups alone. {_those_there(of, backups)}"
        )
    if not backups:
        return _those_there(of, backups)
    said = f"image {wanted.backup_id}" if wanted.backup_id else f"“{safe(wanted.backup_name, 80)}”"
    what = "No backup tells when it was created." if wanted.latest else f"There is no {said} among"
    return f"{what}{'' if wanted.latest else f' the backups of {of}.'} {_those_there(of, backups)}"


def _those_there(of: str, backups: Sequence[Image]) -> str:
    if not backups:
        return f"DigitalOcean has no backup of {of}. Nothing was done."
    return f"Its backups: {_all(backups)}. Nothing was done."


def _all(backups: Sequence[Image]) -> str:
    return formats.listed([_named(backup) for backup in backups[:_MOST_NAMED]])


def _named(backup: Image) -> str:
    """`*web-1 weekly* (62140001), created Nov 14`."""
    made = f", created {formats.moment(backup.created_at.timestamp())}" if backup.created_at else ""
    return f"{formats.named(backup.name)} ({backup.id}){made}"
