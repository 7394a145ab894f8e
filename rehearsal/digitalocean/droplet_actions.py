"""What a Droplet can be asked to do: one entry in `TYPES` for each type of action.

Source: DigitalOcean's OpenAPI specification, `POST /v2/droplets/{droplet_id}/actions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rehearsal.clock import stamp

if TYPE_CHECKING:
    from rehearsal.digitalocean.account import Account, Action
    from rehearsal.digitalocean.droplets import Droplet


@dataclass(frozen=True)
class ActionType:
    """One type.

    Attributes:
        ends: what it changes once it is completed.
        refuses: why it is not begun, by what was sent; empty: it is.
        scope: what the token needs beside `droplet:update`.
    """

    ends: Callable[[Account, Droplet, Action], None]
    refuses: Callable[[Account, Droplet, Mapping[str, Any]], str] = lambda *_: ""
    scope: str = "droplet:update"


def _keep_snapshot(account: Account, droplet: Droplet, action: Action) -> None:
    account.add_image(
        action.name,
        regions=(droplet.region,),
        size_gigabytes=round(droplet.disk * 0.4, 2),
        created_at=stamp(action.started_at),
        min_disk_size=droplet.disk,
        droplet_id=droplet.id,
    )


def _no_name(_: Account, __: Droplet, body: Mapping[str, Any]) -> str:
    name = body.get("name")
    blank = name is not None and (not isinstance(name, str) or not name.strip())
    return "Name can't be blank." if blank else ""


def _put_back(account: Account, droplet: Droplet, action: Action) -> None:
    account.droplets[droplet.id] = replace(droplet, restored_from=action.image_id)


def _no_backup(account: Account, droplet: Droplet, body: Mapping[str, Any]) -> str:
    image_id = body.get("image")
    image = account.images.get(image_id) if isinstance(image_id, int) else None
    if image is None or image.type != "backup" or image.droplet_id != droplet.id:
        return "You can only restore a Droplet from one of its own backups."
    return ""


TYPES = {
    "snapshot": ActionType(_keep_snapshot, _no_name, "image:create"),
    "restore": ActionType(_put_back, _no_backup, "droplet:admin"),
}
