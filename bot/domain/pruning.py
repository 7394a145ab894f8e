"""Which images of a series go when only some are kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from bot.domain.looked_up import LookedUp
from bot.domain.resources import Image

MOST_AT_ONCE = 25
"""Images that one request deletes: what a card can name, and a person can read."""
WILDCARDS = frozenset("*?[")
"""What makes a pattern of a name."""
_DAY = 86_400.0
_DELETABLE = frozenset({"snapshot", "custom"})
"""DigitalOcean deletes no backup and no image of its own by this call."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH = rf"(?P<month>0[1-9]|1[0-2]|(?:{'|'.join(_MONTHS)})[a-z]*)"
_NAMED_MONTH = rf"(?P<month>(?:{'|'.join(_MONTHS)})[a-z]*)"
_DAY_OF_MONTH, _SEP = r"(?P<day>0[1-9]|[12]\d|3[01])", r"[-_. ]?"
_ANY_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_TIME = r"(?:[-_.t ]*(?:[01]\d|2[0-3])[-:.]?[0-5]\d(?:[-:.]?[0-5]\d)?z?)?"
_DATES = tuple(
    re.compile(rf"[-_. ]*(?<!\d){date}{_TIME}(?![-_. ]?\d)")
    for date in (
        rf"{_YEAR}{_SEP}{_MONTH}{_SEP}{_DAY_OF_MONTH}",
        rf"{_DAY_OF_MONTH}{_SEP}{_MONTH}{_SEP}{_YEAR}",
        rf"{_ANY_DAY}{_SEP}{_NAMED_MONTH}{_SEP}{_YEAR}",
        rf"{_NAMED_MONTH}{_SEP}{_ANY_DAY}{_SEP}{_YEAR}",
    )
)
_EPOCH = re.compile(r"[-_. ]*(?<!\d)(?P<seconds>1\d{9})(?:\d{3})?(?!\d)")
"""A time in seconds or milliseconds since 1970."""
_GAP = "*"
"""Where a date was: `web-2026-11-20-1` is not of the series of `web-1-2026-11-20`."""
_CLOSE_DAYS = 31
"""A date in a name tells when the image was made only where that is near: `20451234` may be a
customer's number, and so may any digits that happen to be a date."""
_NUMBER = re.compile(r"(?<![-_. \d])[-_. ]+v?\d{1,4}$")
"""A counter; longer numbers, and those that follow another one, are somebody's or a date's."""


@dataclass(frozen=True)
class Pruning(LookedUp):
    """What a person asked: images whose name fits `pattern` (with `*` and `?`), that have the
    tag, or that are snapshots of one Droplet; all but some.

    Attributes:
        tag: looked for instead of a pattern, where it is given.
        keep: so many of the newest of each series stay; None: not asked by number.
        older_than_days: only what is older goes; None: not asked by age.
        droplet: a Droplet's name or its number, instead of a pattern.
        by_number: `droplet` is its number, and no name.
    """

    kind = "pruning"

    pattern: str = ""
    tag: str = ""
    keep: int | None = None
    older_than_days: int | None = None
    droplet: str = ""
    by_number: bool = False

    @property
    def deletes(self) -> bool:
        """Whether it deletes at all."""
        return True

    @property
    def name(self) -> str:
        """What was typed to say which images."""
        return self.pattern or (f"tag {self.tag}" if self.tag else self.droplet)

    @property
    def is_a_name(self) -> bool:
        """Whether the pattern is one name, which a Droplet may have as well."""
        return bool(self.pattern) and not set(self.pattern) & WILDCARDS

    def fits(self, image: Image, own: Collection[int] = ()) -> bool:
        """Whether an image is one of those that may go.

        Args:
            own: the ids of the Droplet's snapshots, where one is meant.
        """
        if image.public or image.type not in _DELETABLE:
            return False
        if self.droplet:
            return image.id in own
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
    """The name without its date, or without the number at its end: `web` of `web-2026-11-20` and
    of `web-7`. Images of one name are a series too.

    Only a date near the image's creation counts; whatever else the name holds tells it apart.
    """
    name = image.name.lower()
    stem = name
    for pattern in (*_DATES, _EPOCH):
        stem = pattern.sub(lambda found: _GAP if _near(found, image) else found.group(), stem)
    if stem != name:
        return stem.strip(f"{_GAP}-_. ") or _GAP
    return _NUMBER.sub("", name).strip("-_. ") or name


def _near(found: re.Match[str], image: Image) -> bool:
    if image.created_at is None:
        return False
    said = found.groupdict()
    try:
        if said.get("seconds"):
            then = datetime.fromtimestamp(int(said["seconds"]), UTC)
        else:
            month = said["month"]
            number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
            then = datetime(int(said["year"]), number, int(said["day"]), tzinfo=UTC)
    except ValueError:  # the 31st of February
        return False
    return abs(image.created_at - then) <= timedelta(days=_CLOSE_DAYS)


def select(
    wanted: Pruning, images: Iterable[Image], now: float, own: Collection[int] = ()
) -> Selection:
    """Choose what goes.

    The newest of each series always stays, and so does what has no creation time: its age is not
    known.

    Args:
        now: epoch seconds.
        own: the ids of the Droplet's snapshots, where one is meant.
    """
    by_series: dict[str, list[Image]] = {}
    undated: list[Image] = []
    for image in images:
        if wanted.fits(image, own):
            (
                undated if image.created_at is None else by_series.setdefault(series(image), [])
            ).append(image)
    going: list[Image] = []
    staying: list[Image] = list(undated)
    for members in by_series.values():
        members.sort(key=newest_first)
        kept = max(1, wanted.keep or 1)
        for place, image in enumerate(members):
            goes = place >= kept and _old_enough(image, wanted, now)
            (going if goes else staying).append(image)
    going.sort(key=newest_first, reverse=True)
    staying.sort(key=newest_first)
    return Selection(tuple(going[:MOST_AT_ONCE]), tuple(staying), max(0, len(going) - MOST_AT_ONCE))


def kept_with(image: Image, selection: Selection, most: int = 3) -> tuple[int, ...]:
    """The ids of the newest that stay of an image's series: it goes while one is there."""
    same = (i.id for i in selection.staying if i.created_at and series(i) == series(image))
    return tuple(same)[:most]


def newest_first(image: Image) -> tuple[float, int]:
    """Sorts images: what was created last comes first, what has no time last."""
    made = image.created_at.timestamp() if image.created_at else float("-inf")
    return (-made, -image.id)


def _old_enough(image: Image, wanted: Pruning, now: float) -> bool:
    if wanted.older_than_days is None:
        return True
    made = image.created_at.timestamp() if image.created_at else now
    return now - made > wanted.older_than_days * _DAY
