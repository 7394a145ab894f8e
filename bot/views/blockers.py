"""Why a step cannot be done, and the way out, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.blockers import Blocker, BlockReason
from bot.views.escape import safe

_Facts = Mapping[str, Any]


def problem(blocker: Blocker) -> str:
    """What stands in the way, as one sentence."""
    return _PROBLEM[blocker.reason](blocker.facts)


def in_words(blocker: Blocker) -> str:
    """The same with the way out, where there is one."""
    way_out = _WAY_OUT.get(blocker.reason)
    return f"{problem(blocker)} {way_out(blocker.facts) if way_out else ''}".strip()


def _region_takers(facts: _Facts) -> str:
    return f"These take images now: {safe(', '.join(facts['takers']))}." if facts["takers"] else ""


def _type(facts: _Facts) -> str:
    return safe(str(facts["type"]), 40)


def _a(word: str) -> str:
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"


def _capital(target: str) -> str:
    return target[:1].upper() + target[1:]


def _status(facts: _Facts) -> str:
    return safe(str(facts["status"]), 40)


def _if_a_droplets(facts: _Facts) -> str:
    if not facts.get("droplet"):
        return ""
    return f": {facts['image_id']} is the number of Droplet {safe(str(facts['droplet']), 80)}"


_PROBLEM: Mapping[BlockReason, Callable[[_Facts], str]] = {
    BlockReason.NOT_FOUND: lambda f: (
        f"There is no {f.get('target') or 'image ' + str(f['image_id'])} in this DigitalOcean"
        f" account{_if_a_droplets(f)}."
    ),
    BlockReason.GONE_ALREADY: lambda f: f"Image {f['image_id']} is gone already.",
    BlockReason.NOT_READY: lambda f: (
        f"Image {f['image_id']} is not ready: its status is {_status(f)}."
    ),
    BlockReason.IMPORT_FAILED: lambda f: (
        f"The import of image {f['image_id']} failed:"
        f" DigitalOcean says “{safe(str(f['error']), 300).rstrip('.')}”."
    ),
    BlockReason.NOT_THERE_ANY_MORE: lambda f: (
        f"Image {f['image_id']} cannot be used any more: its status is {_status(f)}."
    ),
    BlockReason.DROPLET_NOT_READY: lambda f: (
        f"Droplet {f['droplet_id']} cannot be worked with now: it is {_status(f)}."
    ),
    BlockReason.PUBLIC: lambda f: f"Image {f['image_id']} is one of DigitalOcean's own.",
    BlockReason.LAST_OF_ITS_SERIES: lambda f: (
        f"Image {f['image_id']} is the last of its series: those that were to stay are gone, or"
        " have another name."
    ),
    BlockReason.IN_REGION_ALREADY: lambda f: f"Image {f['image_id']} is in {f['region']} already.",
    BlockReason.BACKUP_NOT_TRANSFERABLE: lambda f: (
        f"Image {f['image_id']} is a backup, and backups cannot be transferred."
    ),
    BlockReason.SNAPSHOT_ALREADY: lambda f: f"Image {f['image_id']} is a snapshot already.",
    BlockReason.NOT_A_BACKUP: lambda f: (
        f"Image {f['image_id']} is {_a(_type(f))} image, and only backups can be converted."
    ),
    BlockReason.RESTORED_FROM_BACKUPS_ONLY: lambda f: (
        f"Image {f['image_id']} is a {_type(f)}, and a Droplet is restored from a backup of its"
        " own."
    ),
    BlockReason.NOT_A_SNAPSHOT: lambda f: (
        f"Image {f['image_id']} is a {_type(f)}, and only snapshots can be given away."
    ),
    BlockReason.SO_ALREADY: lambda f: f"{_capital(f['target'])} {f['so']} already.",
    BlockReason.REGION_NOT_OFFERED: lambda f: (
        f"DigitalOcean does not offer the region {f['region']} to this account."
    ),
    BlockReason.REGION_TAKES_NO_IMAGES: lambda f: (
        f"The region {f['region']} cannot receive images."
    ),
}
_WAY_OUT: Mapping[BlockReason, Callable[[_Facts], str]] = {
    BlockReason.NOT_FOUND: lambda f: (
        "Look the number up with `/image list`, or with `doctl compute image list`."
        if not f.get("droplet")
        else f"`/image snapshot {f['image_id']}` takes a snapshot of it;"
        f" `latest of {f['image_id']}` names the newest there is."
    ),
    BlockReason.NOT_READY: lambda _: "Wait until its import is finished, then ask again.",
    BlockReason.IMPORT_FAILED: lambda _: (
        "It will not become ready: import it anew, and use the new image."
    ),
    BlockReason.NOT_THERE_ANY_MORE: lambda _: "`/image list` shows those that can be used.",
    BlockReason.DROPLET_NOT_READY: lambda _: "Ask again once it is on, or off.",
    BlockReason.PUBLIC: lambda _: "Only images of this account can be worked with.",
    BlockReason.LAST_OF_ITS_SERIES: lambda _: (
        "`/image list` shows what is there; `/image delete` deletes a single image."
    ),
    BlockReason.IN_REGION_ALREADY: lambda _: "There is nothing to do.",
    BlockReason.BACKUP_NOT_TRANSFERABLE: lambda f: (
        f"Convert it first: `/image convert {f['image_id']}`, then transfer it."
    ),
    BlockReason.SNAPSHOT_ALREADY: lambda _: "There is nothing to convert.",
    BlockReason.NOT_A_BACKUP: lambda f: (
        "It can be transferred as it is." if f["type"] == "custom" else ""
    ),
    BlockReason.NOT_A_SNAPSHOT: lambda f: (
        f"Convert it first: `/image convert {f['image_id']}`." if f["type"] == "backup" else ""
    ),
    BlockReason.SO_ALREADY: lambda _: "There is nothing to do.",
    BlockReason.REGION_NOT_OFFERED: _region_takers,
    BlockReason.REGION_TAKES_NO_IMAGES: _region_takers,
}
