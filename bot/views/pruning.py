"""What `prune` would take away and what stays, in lines."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.pruning import Pruning, Selection
from bot.domain.resources import Image
from bot.views import amounts, formats
from bot.views.escape import safe

_MOST_SHOWN = 25


def nothing_goes(wanted: Pruning, selection: Selection, *, complete: bool) -> str:
    """Nothing is to be deleted."""
    if not complete and not selection.staying:
        return (
            f"I see no snapshot or custom image that fits `{safe(wanted.name, 120)}`, but"
            " DigitalOcean did not list all images. Nothing was asked; try again in a minute."
        )
    if not selection.staying and wanted.droplet:
        return f"There is no snapshot of Droplet “{safe(wanted.name, 80)}”. Nothing was asked."
    if not selection.staying:
        return (
            f"No snapshot or custom image fits `{safe(wanted.name, 120)}`. Nothing was asked."
            " `*` stands for any letters: `web-*`."
        )
    return "\n".join([f"Nothing to delete: {_rule(wanted)}.", *_staying(selection)])


def shown(wanted: Pruning, selection: Selection, *, complete: bool) -> str:
    """What goes, what stays, and what is saved a month."""
    going = len(selection.going)
    goes = "goes" if going == 1 else "go"
    lines = [
        f"*{going} of {going + len(selection.staying) + selection.left_for_later} {goes}*"
        f" ({_rule(wanted)}){saved(selection.going)}:",
        *lines_of(selection.going),
        *_staying(selection),
    ]
    if selection.left_for_later:
        lines.append(
            f"{selection.left_for_later} more fit. One request deletes {going}: ask again after it."
        )
    if not complete:
        lines.append("DigitalOcean may not have listed all of them: what it did not list stays.")
    if wanted.dry_run:
        lines.append("Nothing was asked, and nothing is sent.")
    return "\n".join(lines)


def saved(images: Sequence[Image]) -> str:
    """`, which saves $4.20 a month`; empty: of none it is known."""
    cost = amounts.together([image.size_gigabytes for image in images], monthly_cost=True)
    return f", which saves {cost}" if cost else ""


def _rule(wanted: Pruning) -> str:
    kept = f"the newest {wanted.keep or 1} of each series stay" if wanted.keep else ""
    aged = f"older than {wanted.older_than_days} days" if wanted.older_than_days else ""
    return ", ".join(part for part in (kept, aged) if part)


def _staying(selection: Selection) -> list[str]:
    count = len(selection.staying)
    return [f"*{count} stay{'s' if count == 1 else ''}*:", *lines_of(selection.staying)]


def lines_of(images: Sequence[Image]) -> list[str]:
    """A line for each image."""
    lines = [_line(image) for image in images[:_MOST_SHOWN]]
    more = len(images) - len(lines)
    return [*lines, f"… and {more} more"] if more > 0 else lines


def _line(image: Image) -> str:
    made = f", created {formats.moment(image.created_at.timestamp())}" if image.created_at else ""
    undated = "" if image.created_at else ", creation time not known"
    size, where = amounts.size(image.size_gigabytes), formats.listed(sorted(image.regions)[:5])
    placed = f"in {where}" if where else ""
    facts = (" ".join(filter(None, (size, placed))), amounts.monthly(image.size_gigabytes))
    told = ", ".join(filter(None, facts))
    return f"• {formats.named(image.name)} ({image.id}){made}{undated}{f': {told}' * bool(told)}"
