"""Which Droplets a command means. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.resources import Droplet


@dataclass(frozen=True)
class WhichDroplets:
    """What was typed to say which.

    Attributes:
        droplet: a Droplet's name or its number; empty where a tag is given.
        by_number: `droplet` is its number, and no name.
        tag: of all Droplets that have it.
    """

    droplet: str = ""
    by_number: bool = False
    tag: str = ""

    @property
    def name(self) -> str:
        """The same in words."""
        return self.droplet or f"tag {self.tag}"

    def fits(self, droplet: Droplet) -> bool:
        """Whether a Droplet is one of those that are meant."""
        if self.tag:
            return self.tag.lower() in (tag.lower() for tag in droplet.tags)
        return not self.by_number and droplet.name.lower() == self.droplet.lower()


def meant(which: WhichDroplets, droplets: Iterable[Droplet]) -> list[Droplet]:
    """The Droplets of that name or tag; by its number the one that has no such name."""
    known = list(droplets)
    found = [droplet for droplet in known if which.fits(droplet)]
    return found or [droplet for droplet in known if str(droplet.id) == which.droplet]
