"""What a person asked with `snapshot volume`: of which volume, and called what. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.looked_up import LookedUp
from bot.domain.resources import Volume
from bot.domain.snapshotting import filled
from bot.domain.steps import StepSpec, volume_target

DEFAULT_NAME = "{volume}-{date}-{time}"
FIELDS = ("volume", "date", "time")
"""What a name may hold in braces."""


@dataclass(frozen=True)
class VolumeSnapshotting(LookedUp):
    """One command.

    Attributes:
        volume: the volume's name, or its uuid.
        snapshot_name: what the snapshot will be called, with the `FIELDS`.
    """

    kind = "volume-snapshotting"

    volume: str
    snapshot_name: str = DEFAULT_NAME

    @property
    def name(self) -> str:
        """What was typed to say which volume."""
        return self.volume


def meant_volumes(typed: str, volumes: Iterable[Volume]) -> list[Volume]:
    """The volumes of that name, one a region at the most; or the one of that uuid."""
    sought = typed.lower()
    return [each for each in volumes if sought in (each.name.lower(), str(each.id))]


def step_of(
    wanted: VolumeSnapshotting, volume: Volume, already_there: Iterable[str], now: float
) -> StepSpec:
    """The one step of the request.

    Args:
        already_there: the ids of the volume's snapshots, none of which is the new one.
        now: epoch seconds.
    """
    values = {"volume": volume.name or str(volume.id)}
    name = filled(wanted.snapshot_name, values, datetime.fromtimestamp(now, UTC))
    params = {"name": name, "already_there": sorted(already_there)}
    return StepSpec("snapshot-volume", volume_target(volume.id), params)
