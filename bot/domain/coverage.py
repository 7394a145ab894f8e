"""Which Droplets and series of images have a copy where, and how old the newest is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from bot.domain.pruning import newest_first, series
from bot.domain.resources import Droplet, Image

_COPIES = frozenset({"snapshot", "custom"})
"""A backup is kept beside its Droplet, and cannot be copied as it is."""
_USABLE = frozenset({"available", "AVAILABLE", ""})
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Coverage:
    """What a person asked to see.

    Attributes:
        pattern: only what is called so: with `*` or `?` the whole name, else a part of it.
        tag: only what has it, the Droplet or one of its images.
        regions: where a copy is wanted; empty: where any image of the same series is.
    """

    pattern: str = ""
    tag: str = ""
    regions: tuple[str, ...] = ()
    page: int = 1

    @property
    def name(self) -> str:
        """What was typed to say which."""
        return self.pattern or (f"tag {self.tag}" if self.tag else "")


@dataclass(frozen=True)
class Line:
    """What there is of one Droplet, or of one series of images whose Droplet is not known.

    Attributes:
        droplet_id: None: it is a series.
        images: how many there are that can be used.
        regions: where the newest is.
        newest_at: epoch seconds; None: there is none, or its creation time is not known.
        lacking: where the newest is not, and should be.
        backups: so many backups DigitalOcean keeps of the Droplet.
    """

    name: str
    droplet_id: int | None = None
    images: int = 0
    regions: tuple[str, ...] = ()
    newest_at: float | None = None
    lacking: tuple[str, ...] = ()
    backups: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether its newest is wherever it should be."""
        return bool(self.images and self.regions and not self.lacking)


@dataclass(frozen=True)
class Account:
    """All of it, the worst first.

    Attributes:
        complete: DigitalOcean has shown that these are all.
        droplets_read: False: the token may not read Droplets.
        seen_at: epoch seconds.
    """

    lines: tuple[Line, ...]
    complete: bool
    droplets_read: bool
    seen_at: float

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Account:
        """What was kept."""
        lines = (
            Line(**each | {key: tuple(each[key]) for key in ("regions", "lacking")})
            for each in kept["lines"]
        )
        return cls(**{**kept, "lines": tuple(lines)})


@dataclass(frozen=True)
class _Group:
    name: str
    droplet: Droplet | None
    images: Sequence[Image]

    def is_wanted(self, wanted: Coverage) -> bool:
        own: list[Droplet | Image] = [*([self.droplet] if self.droplet else []), *self.images]
        if wanted.tag:
            return any(wanted.tag.lower() in (t.lower() for t in each.tags) for each in own)
        names = {self.name.lower(), *(each.name.lower() for each in own)}
        pattern = wanted.pattern.lower()
        if _WILD & set(pattern):
            return any(fnmatchcase(name, pattern) for name in names)
        return any(pattern in name for name in names)

    def line(self, wanted: Coverage) -> Line:
        newest = min(self.images, key=newest_first, default=None)
        here = newest.regions if newest else ()
        due = wanted.regions or sorted({r for image in self.images for r in image.regions})
        return Line(
            self.name,
            self.droplet.id if self.droplet else None,
            len(self.images),
            here,
            newest.created_at.timestamp() if newest and newest.created_at else None,
            tuple(region for region in due if region not in here),
            len(self.droplet.backup_ids) if self.droplet else 0,
        )


def coverage(
    wanted: Coverage, images: Iterable[Image], droplets: Iterable[Droplet]
) -> tuple[Line, ...]:
    """The lines, the worst first: without any image, then lacking a region, then the oldest.

    Which images are a Droplet's, DigitalOcean says; the others are told apart by their series.
    """
    own = [image for image in images if not image.public and _is_copy(image)]
    groups = (group for group in _groups(own, list(droplets)) if group.is_wanted(wanted))
    return tuple(sorted((group.line(wanted) for group in groups), key=_worst_first))


def _is_copy(image: Image) -> bool:
    return image.type in _COPIES and image.status in _USABLE


def _groups(images: Sequence[Image], droplets: Sequence[Droplet]) -> Iterator[_Group]:
    made: dict[int, list[Image]] = {droplet.id: [] for droplet in droplets}
    of = {image_id: droplet.id for droplet in droplets for image_id in droplet.snapshot_ids}
    others: dict[str, list[Image]] = {}
    for image in images:
        if image.id in of:
            made[of[image.id]].append(image)
        else:
            others.setdefault(series(image), []).append(image)
    for droplet in droplets:
        yield _Group(droplet.name, droplet, made[droplet.id])
    for name, members in others.items():
        yield _Group(name, None, members)


def _worst_first(line: Line) -> tuple[int, float, str, int]:
    how_bad = 0 if not line.images else 2 if line.is_whole else 1
    return how_bad, line.newest_at or 0.0, line.name.lower(), line.droplet_id or 0
