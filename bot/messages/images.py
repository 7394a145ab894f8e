"""Images as people look for them: a list that fits one message, and one image in full."""

from __future__ import annotations

from collections.abc import Sequence

from bot.image_actions import Image
from bot.messages import words
from bot.messages.escape import safe

PER_PAGE = 10


def found(images: Sequence[Image], total: int, page: int, asked: str) -> str:
    """One page of a search: what fits, and how to see the rest.

    Args:
        asked: the search as it was typed, to be shown and typed again.
    """
    if not images:
        return f"No image fits `{safe(f'/image {asked}', 120)}`. `/image list` shows them all."
    first = (page - 1) * PER_PAGE
    lines = [f"*Images {first + 1} to {first + len(images)} of {total}*"]
    lines += [_line(image) for image in images]
    if first + len(images) < total:
        base = asked.split(" --page")[0]
        lines.append(f"More: `{safe(f'/image {base} --page {page + 1}', 150)}`")
    return "\n".join(lines)


def one(image: Image) -> str:
    """One image: what it is, where it is, and what may be done with it now."""
    lines = [f"*{safe(image.name, 255) or 'no name'}* `{image.id}`", _facts(image)]
    if image.status not in ("available", ""):
        lines.append(f"It is not ready: its status is {safe(image.status, 40)}.")
    elif image.type == "backup":
        lines.append(f"A backup cannot be transferred. Convert it: `/image convert {image.id}`")
    else:
        lines.append(f"Copy it to another region: `/image transfer {image.id} <region>`")
    return "\n".join(lines)


def _line(image: Image) -> str:
    return f"• `{image.id}` {safe(image.name, 80) or 'no name'} · {_facts(image)}"


def _facts(image: Image) -> str:
    parts = [safe(image.type, 20), f"{image.size_gigabytes:g} GB"]
    parts.append(", ".join(image.regions[:20]) or "in no region")
    if image.created_at:
        parts.append(f"made {words.moment(image.created_at.timestamp())}")
    if image.tags:
        parts.append(f"tags {safe(', '.join(image.tags), 80)}")
    return " · ".join(parts)
