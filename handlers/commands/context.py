"""What one subcommand's words are read against: regions, sets of them, the thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.places import RegionSets
from bot.errors import CommandError
from handlers.commands.model import ThreadContext
from handlers.commands.tokens import (
    Token,
)
from handlers.commands.values import (
    normalized,
    region_of,
    slug_of,
)

# What may stand before an image or a region in a sentence.
BEFORE = {
    "image": "image",
    "to": "region",
    "in": "region",
    "into": "region",
    "region": "region",
    "regions": "region",
    "and": "",
    "&": "",
}
_ALL = {"all", "everywhere"}
"""Every region that takes images."""


@dataclass(frozen=True)
class ParseContext:
    """One subcommand's words, and what they are read against."""

    name: str
    words: list[Token]
    text: str
    regions: tuple[str, ...]
    allow_names: bool
    region_names: Mapping[str, str] = field(default_factory=dict)
    """Slugs by what regions are called, as `values.normalized` writes it: `newyork3`."""
    here: ThreadContext = field(default_factory=ThreadContext)
    takers: tuple[str, ...] = ()
    """The regions that take images, as far as the live list is known."""
    region_sets: RegionSets = field(default_factory=dict)
    """The policy's named sets of regions."""

    @property
    def place_names(self) -> Mapping[str, str]:
        """The same, and the sets by theirs: `Far East` is `far-east`."""
        return {**{normalized(name): name for name in self.region_sets}, **self.region_names}

    def is_place(self, word: Token) -> bool:
        """Whether the word is about a region: `to`, a slug, a set."""
        return word.key in BEFORE or self.names_regions(word)

    def names_regions(self, word: Token) -> bool:
        """Whether the word is a region's slug, a set's name, or `all`."""
        key = slug_of(word)
        return key in self.regions or key in self.region_sets or word.key in _ALL

    def regions_of(self, word: Token) -> tuple[str, ...]:
        """The slugs that a word stands for: a region's slug or name, a set's name, or `all`.

        Raises:
            CommandError: it is neither; with what may have been meant.
        """
        key = slug_of(word)
        if word.key in _ALL:
            if not self.takers:
                raise CommandError(
                    "Which regions take images is not known yet.", "Name them instead."
                )
            return self.takers
        if key in self.region_sets and key not in self.regions:
            return self.region_sets[key]
        return (region_of(word, self.regions, self.region_names, self.region_sets),)
