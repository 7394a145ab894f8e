"""What a person asked with `snapshot`: of which Droplets, called what, copied where. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.droplets import WhichDroplets
from bot.domain.looked_up import LookedUp
from bot.domain.pruning import MOST_AT_ONCE, newest_first, series
from bot.domain.resources import Droplet, Image
from bot.domain.steps import StepSpec, droplet_target, image_target, new_image_target

DEFAULT_NAME = "{droplet}-{date}-{time}"
LONGEST_NAME = 200
"""Characters of a snapshot's name: with the Droplet's id it has to fit what tells steps apart."""
_KEPT_NOTED = 3
"""Images of a series one of which has to be there still when an old one goes."""


@dataclass(frozen=True)
class Snapshotting(WhichDroplets, LookedUp):
    """One command.

    Attributes:
        image_name: what the snapshot will be called, with `{droplet}`, `{date}` and `{time}`.
        regions: where it is copied to, once it is complete.
        keep: so many of its series stay, it among them; None: all.
    """

    kind = "snapshotting"

    image_name: str = DEFAULT_NAME
    regions: tuple[str, ...] = ()
    keep: int | None = None

    @property
    def deletes(self) -> bool:
        """Whether older ones are deleted."""
        return self.keep is not None


@dataclass(frozen=True)
class Plan:
    """What is done for one Droplet.

    Attributes:
        image_name: what its snapshot will be called.
        going: deleted at the end, the oldest first.
        staying: older ones of the series that stay, the newest first.
        left_for_later: more would go than one request deletes.
    """

    droplet: Droplet
    image_name: str
    regions: tuple[str, ...]
    going: tuple[Image, ...] = ()
    staying: tuple[Image, ...] = ()
    left_for_later: int = 0


def plan(
    wanted: Snapshotting,
    droplet: Droplet,
    images: Iterable[Image],
    now: float,
) -> Plan:
    """Work out what is done for one Droplet.

    Args:
        images: all private images of the account; none where nothing is to be deleted. Of these
            only the Droplet's own snapshots can go.
        now: epoch seconds.
    """
    at = datetime.fromtimestamp(now, UTC)
    name = filled(wanted.image_name, {"droplet": droplet.name or str(droplet.id)}, at)
    regions = tuple(r for r in dict.fromkeys(wanted.regions) if r != droplet.region)
    if wanted.keep is None:
        return Plan(droplet, name, regions)
    new = series(Image(id=droplet.id, name=name, type="snapshot", created_at=at))
    same = [
        image
        for image in images
        if image.type == "snapshot"
        and not image.public
        and image.created_at is not None
        and image.id in droplet.snapshot_ids
        and series(image) == new
    ]
    same.sort(key=newest_first)
    staying, going = same[: wanted.keep - 1], same[wanted.keep - 1 :]
    going.reverse()
    later = max(0, len(going) - MOST_AT_ONCE)
    return Plan(droplet, name, regions, tuple(going[:MOST_AT_ONCE]), tuple(staying), later)


def are_a_series(pattern: str, droplet: Droplet) -> bool:
    """Whether what a Droplet's snapshots are called makes them one series.

    `web-1{date}` does not: nobody can tell where the number ends and the date begins.
    """
    named = {"droplet": droplet.name or str(droplet.id)}
    names = ((filled(pattern, named, at), at) for at in _TWO_MOMENTS)
    made = (Image(id=droplet.id, name=name, type="snapshot", created_at=at) for name, at in names)
    return len({series(image) for image in made}) == 1


_TWO_MOMENTS = (datetime(2089, 11, 20, 3, 5, tzinfo=UTC), datetime(2090, 1, 2, 14, 30, tzinfo=UTC))
"""Far from any date that a Droplet's own name may hold."""


def steps_of(made: Plan) -> tuple[StepSpec, ...]:
    """The plan as the steps of a request, in their order."""
    source = droplet_target(made.droplet.id)
    new = new_image_target(source, made.image_name)
    kept = [image.id for image in made.staying[:_KEPT_NOTED]]
    return (
        StepSpec(
            "snapshot",
            source,
            {"name": made.image_name, "already_there": sorted(made.droplet.snapshot_ids)},
        ),
        *(StepSpec("transfer", new, {"region": region}) for region in made.regions),
        *(
            StepSpec(
                "delete", image_target(image.id), {"unless_last_of": kept, "successor": new.id}
            )
            for image in made.going
        ),
    )


_FIELD = re.compile(r"\{(\w*)\}")
FIELDS = ("droplet", "date", "time")
"""What a name may hold in braces."""


def unknown_fields(pattern: str, known: Collection[str] = FIELDS) -> list[str]:
    """What stands in braces and is none of those that are known."""
    return [name for name in _FIELD.findall(pattern) if name not in known]


def filled(pattern: str, named: Mapping[str, str], at: datetime) -> str:
    """A name without braces: what is `named`, the date and the time stand in their place."""
    values = {**named, "date": f"{at:%Y-%m-%d}", "time": f"{at:%H%M}"}
    return _FIELD.sub(lambda found: values[found.group(1)], pattern)[:LONGEST_NAME]
