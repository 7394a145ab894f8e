"""Who asks, and what is looked up for them at DigitalOcean. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from bot.domain.coverage import Coverage
from bot.domain.looked_up import LookedUp, OnTarget
from bot.domain.occasions import without_occasion
from bot.domain.pruning import Pruning
from bot.domain.resources import Image
from bot.domain.restoring import Restoring
from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting


@dataclass(frozen=True)
class Asker:
    """A person, and where they are answered so that nobody else sees it.

    First by the `response_url` of what they did; where there is none, in the channel (in the
    thread `thread_ts`, if that is given); where that cannot be, directly.
    """

    person: str
    channel: str = ""
    thread_ts: str = ""
    response_url: str = ""


@dataclass(frozen=True)
class Search:
    """What is looked for among the images. `image_id` alone: one image in full.

    `turning`: a page of a list that is shown already, and is replaced by this one.
    """

    image_id: int | None = None
    text: str = ""
    type: str = ""
    region: str = ""
    tag: str = ""
    page: int = 1
    turning: bool = False

    def to_page(self, page: int) -> str:
        """The same search at another page, as the value of a button."""
        return json.dumps(asdict(replace(self, page=page, turning=True)), ensure_ascii=False)

    @classmethod
    def from_button(cls, value: str) -> Search:
        """The search that a button carries.

        Raises:
            ValueError, TypeError: the value is not one that the bot writes.
        """
        return cls(**json.loads(value))

    def fits(self, image: Image) -> bool:
        """Whether an image is among what is looked for."""
        return (
            not image.public
            and all(_holds(image, word) for word in self.text.lower().split())
            and self.type in ("", image.type)
            and (not self.region or self.region in image.regions)
            and (not self.tag or self.tag.lower() in (tag.lower() for tag in image.tags))
        )


class By(StrEnum):
    """How a command says which image. The value is stored."""

    NAME = "name"
    LATEST = "latest"
    """The newest whose name fits a pattern."""
    LATEST_OF = "latest-of"
    """The newest of a Droplet, by the Droplet's name or number."""


@dataclass(frozen=True)
class Named:
    """A command that names its image instead of numbering it.

    `purpose`: `open` (with an operation and the parameters of each step), `show`, `status`,
    `history`, `explain` or `dry-run`.
    """

    name: str
    purpose: str
    operation: str = ""
    params: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    break_glass: str = ""
    by: By = By.NAME
    also: tuple[str | int, ...] = ()
    """The others of the same command: names, and images by their numbers."""

    @property
    def typed(self) -> str:
        """What was typed to say which image."""
        words = {By.NAME: "", By.LATEST: "latest ", By.LATEST_OF: "latest of "}
        return " ".join([f"{words[self.by]}{self.name}", *map(str, self.also)])


@dataclass(frozen=True)
class Trial:
    """A command that was typed with `--dry-run`, and numbers its images."""

    operation: str
    images: tuple[int, ...]
    params: tuple[Mapping[str, Any], ...]
    reason: str = ""
    break_glass: str = ""


def described(image: Image) -> str:
    """Everything of an image that is searched, in lower case."""
    return " ".join(
        [
            image.name,
            str(image.id),
            image.description,
            *image.tags,
            *image.regions,
            f"{image.type}s",
        ]
    ).lower()


def _holds(image: Image, word: str) -> bool:
    """Whether an image is described by a word; where it has `*` or `?`, by a pattern."""
    if word in described(image):
        return True
    names = (image.name, *image.tags, str(image.id))
    return bool(set(word) & set("*?")) and any(fnmatchcase(n.lower(), word) for n in names)


def newest_first(image: Image) -> tuple[float, str, int]:
    """Sorts images: what was created last comes first, what has no time last."""
    made = image.created_at.timestamp() if image.created_at else 0.0
    return (-made, image.name.lower(), -image.id)


def named(name: str, images: Iterable[Image]) -> tuple[list[Image], list[Image]]:
    """The images whose name this is (in any case), and those whose name only holds it."""
    sought = name.casefold()
    own = [image for image in images if not image.public]
    exact = [image for image in own if image.name == name]
    exact = exact or [image for image in own if image.name.casefold() == sought]
    return exact, [image for image in own if sought in image.name.casefold()]


_LOOKED_UP: Mapping[str, type[LookedUp]] = {
    each.kind: each for each in (Pruning, Snapshotting, Restoring, VolumeSnapshotting, OnTarget)
}
Wanted = Search | Named | Trial | LookedUp | Coverage
"""What a look-up can be for."""


def may_ask(wanted: Wanted) -> bool:
    """Whether a request may come of it; else it only shows something."""
    if isinstance(wanted, Named):
        return wanted.purpose == "open"
    return not isinstance(wanted, Search | Trial | Coverage) and not wanted.dry_run


def to_json(wanted: Wanted) -> dict[str, Any]:
    """What is wanted, as it is kept."""
    kinds = {Search: "search", Named: "named", Trial: "trial", Coverage: "coverage"}
    kind = wanted.kind if isinstance(wanted, LookedUp) else kinds[type(wanted)]
    return {"kind": kind, **asdict(wanted)}


def from_json(kept: Mapping[str, Any]) -> Wanted:
    """What was kept, as it was wanted."""
    stored = {k: value for k, value in without_occasion(kept).items() if k != "kind"}
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
    if kept["kind"] in _LOOKED_UP:
        return _LOOKED_UP[kept["kind"]](**values)
    if kept["kind"] == "search":
        return Search(**values)
    if kept["kind"] == "trial":
        return Trial(**values)
    if kept["kind"] == "coverage":
        return Coverage(**values)
    return Named(**values | {"by": By(values.get("by", By.NAME))})
