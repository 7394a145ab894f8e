"""What `snapshot` would do for a Droplet, and which Droplet is meant, in lines."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from bot.domain.droplets import WhichDroplets
from bot.domain.resources import Droplet
from bot.domain.snapshotting import Plan
from bot.views import formats, pruning
from bot.views.escape import safe

_MOST_NAMED = 10


def shown(plan: Plan, *, dry_run: bool, complete: bool) -> list[str]:
    """What would be done, where nothing is asked; else only what goes, which the card names too."""
    lines: list[str] = []
    if dry_run:
        to = f", copied to {formats.listed(list(plan.regions))}" if plan.regions else ""
        lines.append(
            f"A snapshot of {named(plan.droplet)} as {formats.named(plan.image_name)}{to}."
        )
    if plan.going:
        lines.append(f"At the end these are deleted{pruning.saved(plan.going)}:")
        lines.extend(pruning.lines_of(plan.going))
    if plan.going and plan.staying:
        lines.append("These stay, beside the new one:")
        lines.extend(pruning.lines_of(plan.staying))
    if plan.left_for_later:
        lines.append(
            f"{plan.left_for_later} more are too many for one request: ask again after it."
        )
    if not complete:
        lines.append("DigitalOcean may not have listed all of them: what it did not list stays.")
    if dry_run:
        lines.append("Nothing was asked, and nothing is sent.")
    return lines


def not_one(
    wanted: WhichDroplets,
    found: Sequence[Droplet],
    known: Sequence[Droplet],
    most: int,
    complete: bool,
) -> str:
    """Which Droplet is meant cannot be told."""
    if not complete:
        return "DigitalOcean did not list all Droplets. Nothing was done; try again in a minute."
    if found and wanted.tag:
        return (
            f"{len(found)} Droplets have the tag {safe(wanted.tag, 60)}, and one command takes"
            f" {most} at the most. Nothing was done; name them, or use another tag."
        )
    if found:
        which = formats.listed([named(droplet) for droplet in found[:_MOST_NAMED]])
        return f"Several Droplets have that name: {which}. Use the number."
    if wanted.tag:
        return f"No Droplet of this account has the tag {safe(wanted.tag, 60)}. Nothing was done."
    text = f"There is no Droplet “{safe(wanted.name, 80)}” in this account. Nothing was done."
    if set(wanted.name) & set("*?") or wanted.name.lower() in ("all", "everything"):
        text += " Several Droplets are taken by a tag: `/image snapshot tag:nightly`."
    near = get_close_matches(wanted.droplet.lower(), [each.name.lower() for each in known], 3, 0.6)
    close = [named(each) for each in known if each.name.lower() in near][:_MOST_NAMED]
    return f"{text} Close to it: {formats.listed(close)}." if close else text


def no_series(pattern: str, droplets: Sequence[Droplet]) -> str:
    """Snapshots called so are no series, so none of them would ever be an older one."""
    of = formats.listed([named(droplet) for droplet in droplets[:_MOST_NAMED]])
    return (
        f"`{safe(pattern, 120)}` makes no series of the snapshots of {of}, so `keep` would never"
        " delete one. Nothing was done. Put a hyphen around each field, and `{date}` before"
        " `{time}`: `{droplet}-{date}-{time}`."
    )


def named(droplet: Droplet) -> str:
    """`*web-1* (3164444)`."""
    return f"{formats.named(droplet.name)} ({droplet.id})"
