"""Something of another kind that has the name or the number that was typed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.resources import Droplet, Image, Volume
from bot.domain.steps import TargetKind


@dataclass(frozen=True)
class Mistaken:
    """What was typed is this; `id`: its number, or a volume's uuid."""

    kind: TargetKind
    id: str
    name: str


def called(
    typed: str, kind: TargetKind, known: Iterable[Image | Droplet | Volume]
) -> Mistaken | None:
    """The first of one kind that has this name or number."""
    sought = typed.strip().lower()
    for each in known:
        if sought and sought in (each.name.lower(), str(each.id)):
            return Mistaken(kind, str(each.id), each.name)
    return None
