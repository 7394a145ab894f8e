"""What regions are called, and the names that people may give to sets of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CITIES = {
    "ams": "Amsterdam",
    "blr": "Bangalore",
    "fra": "Frankfurt",
    "lon": "London",
    "nyc": "New York",
    "sfo": "San Francisco",
    "sgp": "Singapore",
    "syd": "Sydney",
    "tor": "Toronto",
}
"""The cities of the documented regions, by the letters their slugs begin with."""

RegionSets = Mapping[str, tuple[str, ...]]
"""Region slugs by the name of their set."""


@dataclass(frozen=True)
class Places:
    """What can be typed as a region, beside the documented slugs and names.

    Attributes:
        takers: the names of the live regions that take images, by slug; empty: not known.
        sets: the policy's.
    """

    takers: Mapping[str, str] = field(default_factory=dict)
    sets: RegionSets = field(default_factory=dict)


LONGEST_SET_NAME = 30
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LIKE_A_SLUG = re.compile(r"[a-z]{2,5}[0-9]{1,2}")
_WORDS = """
a all an and any approve as backup because break-glass cancel cause copy coverage custom deny
droplet droplets dry-run due everywhere explain failed for from help history image images in into
it its keep last latest list mine my name names newest notify of older on ops page please policy
prune reason region regions reject request requests retry rules schedule schedules second-factor
set sets show since snapshots status tag tags than that the they this to type volume volumes
waiting we why
"""
COMMAND_WORDS = frozenset(_WORDS.split())
"""What the grammar reads as something else, or may once it knows more commands; the names of the
operations beside them."""
NOT_A_WORD = "expected a name that is not a word of a command, such as “europe”"


def set_name(name: str) -> str:
    """The name of a set of regions.

    Raises:
        ValueError: it could be read as something else, or is no plain word.
    """
    if not _NAME.fullmatch(name) or not 1 < len(name) <= LONGEST_SET_NAME:
        raise ValueError(
            f"expected a name of 2 to {LONGEST_SET_NAME} small letters, digits and single hyphens,"
            ' such as "europe"'
        )
    if _LIKE_A_SLUG.fullmatch(name.replace("-", "")):
        raise ValueError("expected a name that does not look like a region, such as “europe”")
    cities = {part.lower().replace(" ", "") for city in CITIES.items() for part in city}
    if re.sub("[^a-z]", "", name) in cities:
        raise ValueError("expected a name that is not a city’s, such as “europe”")
    if name in COMMAND_WORDS:
        raise ValueError(NOT_A_WORD)
    return name


def sets_named_in(text: str, sets: RegionSets) -> dict[str, list[str]]:
    """The sets whose names stand in a text, with their regions."""
    words = set(re.findall(r"[a-z0-9-]+", text.lower()))
    return {name: list(slugs) for name, slugs in sets.items() if name in words}
