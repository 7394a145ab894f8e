"""Which images of a series go when only some are kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.domain.resources import Image

MOST_AT_ONCE = 25
"""Images that one request deletes: what a card can name, and a person can read."""
_DAY = 86_400.0
_DELETABLE = frozenset({"snapshot", "custom"})
"""DigitalOcean deletes no backup and no image of its own by this call."""
_TIME = r"(?:[-_.t ]*\d\d[-:.]?\d\d(?:[-:.]?\d\d)?z?)?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_YEAR, _SEP = r"(?:19|20)\d\d", r"[-_. ]?"
_DATE = re.compile(
    rf"[-_. ]*(?<!\d)(?:{_YEAR}{_SEP}(?:\d\d|{_MONTH}){_SEP}\d\d"
    rf"|\d\d?{_SEP}(?:\d\d|{_MONTH}){_SEP}{_YEAR}|{_MONTH}{_SEP}\d\d?{_SEP}{_YEAR}){_TIME}(?!\d)"
    rf"|[-_. ]*(?<!\d)1\d{{9}}(?:\d{{3}})?(?!\d)"
)
"""A date, with its time of day where that follows, or an epoch time in seconds or milliseconds."""
_NUMBER = re.compile(r"[-_. ]*\bv?\d+$")


@dataclass(frozen=True)
class Pruning:
    """What a person asked: images whose name fits `pattern` (with `*` and `?`), or that have the
    tag, all but some.

    Attributes:
        tag: looked for instead of a pattern, where it is given.
        keep: so many of the newest of each series stay; None: not asked by number.
        older_than_days: only what is older goes; None: not asked by age.
        dry_run: show it, and send nothing.
    """

    pattern: str = ""
    tag: str = ""
    keep: int | None = None
    older_than_days: int | None = None
    dry_run: bool = False
    reason: str = ""
    break_glass: str = ""

    @property
    def name(self) -> str:
        """What was typed to say which images."""
        return self.pattern or f"tag {self.tag}"

    def fits(self, image: Image) -> bool:
        """Whether an image is one of those that may go."""
        if image.public or image.type not in _DELETABLE:
            return False
        if self.tag:
            return self.tag.lower() in (tag.lower() for tag in image.tags)
        return fnmatchcase(image.name.lower(), self.pattern.lower())


@dataclass(frozen=True)
class Selection:
    """Oldest first, what goes; newest first, what stays. `left_for_later` go by another request."""

    going: tuple[Image, ...]
    staying: tuple[Image, ...]
    left_for_later: int = 0


def series(image: Image) -> str:
    """The name without the dates in it, or without the number at its end: `web` of
    `web-2026-11-20` and of `web-7`. Images of one name are a series too."""
    name = image.name.lower()
    stem, dated = _DATE.subn("", name)
    return (stem if dated else _NUMBER.sub("", name)).strip("-_. ")


def select(wanted: Pruning, images: Iterable[Image], now: float) -> Selection:
    """Choose what goes.

    The newest of each series always stays, and so does what has no creation time: its age is not
    known.

    Args:
        now: epoch seconds.
    """
    by_series: dict[str, list[Image]] = {}
    undated: list[Image] = []
    for image in images:
        if wanted.fits(image):
            (
                undated if image.created_at is None else by_series.setdefault(series(image), [])
            ).append(image)
    going: list[Image] = []
    staying: list[Image] = list(undated)
    for members in by_series.values():
        members.sort(key=_age)
        kept = max(1, wanted.keep or 1)
        for place, image in enumerate(members):
            goes = place >= kept and _old_enough(image, wanted, now)
            (going if goes else staying).append(image)
    going.sort(key=_age, reverse=True)
    staying.sort(key=_age)
    return Selection(tuple(going[:MOST_AT_ONCE]), tuple(staying), max(0, len(going) - MOST_AT_ONCE))


def kept_with(image: Image, selection: Selection, most: int = 3) -> tuple[int, ...]:
    """The ids of the newest that stay of an image's series: it goes while one is there."""
    same = (i.id for i in selection.staying if i.created_at and series(i) == series(image))
    return tuple(same)[:most]


def _age(image: Image) -> tuple[float, int]:
    made = image.created_at.timestamp() if image.created_at else float("-inf")
    return (-made, -image.id)


def _old_enough(image: Image, wanted: Pruning, now: float) -> bool:
    if wanted.older_than_days is None:
        return True
    made = image.created_at.timestamp() if image.created_at else now
    return now - made > wanted.older_than_days * _DAY
