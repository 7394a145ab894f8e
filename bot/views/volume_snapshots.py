"""What `snapshot volume` would do, and which volume is meant, in lines."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from bot.domain.resources import Volume
from bot.domain.steps import StepSpec
from bot.views import formats
from bot.views.escape import safe

_MOST_NAMED = 10


def shown(volume: Volume, step: StepSpec) -> str:
    """What would be done, where nothing is asked."""
    name = formats.named(str(step.params["name"]))
    return (
        f"A snapshot of volume {_named(volume)} as {name}. Nothing was asked, and nothing is sent."
    )


def not_one(
    typed: str,
    found: Sequence[Volume],
    known: Sequence[Volume],
    *,
    complete: bool,
) -> str:
    """Which volume is meant cannot be told, or there is none such."""
    if not complete:
        return "DigitalOcean did not list all volumes. Nothing was done; try again in a minute."
    if found:
        which = formats.listed([_named(volume) for volume in found[:_MOST_NAMED]])
        return f"Several volumes have that name: {which}. Use the uuid."
    text = f"There is no volume “{safe(typed, 80)}” in this account. Nothing was done."
    near = get_close_matches(typed.lower(), [each.name.lower() for each in known], 3, 0.6)
    close = [_named(each) for each in known if each.name.lower() in near][:_MOST_NAMED]
    return f"{text} Close to it: {formats.listed(close)}." if close else text


def _named(volume: Volume) -> str:
    """`*db-data* (506f78a4-…, nyc1)`."""
    where = f", {volume.region}" if volume.region else ""
    return f"{formats.named(volume.name)} ({volume.id}{safe(where, 30)})"
