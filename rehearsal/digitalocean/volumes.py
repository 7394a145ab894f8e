"""Volumes of the account and their snapshots.

Source: DigitalOcean's OpenAPI specification, `GET /v2/volumes/{volume_id}` and
`/v2/volumes/{volume_id}/snapshots`.
"""

from __future__ import annotations

import itertools
import time
import uuid
from dataclasses import dataclass
from typing import Any

from rehearsal.clock import stamp


@dataclass(frozen=True)
class Volume:
    """One volume; `droplet_ids` names the Droplet that it is attached to."""

    id: str
    name: str
    region: str = "nyc1"
    size_gigabytes: int = 100
    created_at: str = "2026-03-01T09:00:00Z"
    droplet_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()

    def json(self, region: dict[str, Any] | None) -> dict[str, Any]:
        """The shape inside `volume`."""
        return {
            "id": self.id,
            "region": region,
            "droplet_ids": list(self.droplet_ids),
            "name": self.name,
            "description": "",
            "size_gigabytes": self.size_gigabytes,
            "created_at": self.created_at,
            "filesystem_type": "ext4",
            "filesystem_label": "",
            "tags": list(self.tags),
        }


@dataclass(frozen=True)
class VolumeSnapshot:
    """One snapshot of a volume."""

    id: str
    name: str
    volume_id: str
    region: str
    size_gigabytes: int
    created_at: str
    tags: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """The shape inside `snapshot`."""
        return {
            "id": self.id,
            "name": self.name,
            "regions": [self.region],
            "created_at": self.created_at,
            "resource_id": self.volume_id,
            "resource_type": "volume",
            "min_disk_size": self.size_gigabytes,
            "size_gigabytes": self.size_gigabytes,
            "tags": list(self.tags),
        }


class Volumes:
    """All of them, by their ids."""

    def __init__(self, volumes: list[dict[str, Any]]) -> None:
        self.all = {each["id"]: Volume(**each) for each in volumes}
        self.snapshots: dict[str, VolumeSnapshot] = {}
        self._numbers = itertools.count(1)

    def take_snapshot(
        self, volume: Volume, name: str, tags: list[str], skew: float
    ) -> VolumeSnapshot:
        """A snapshot, there at once; `skew`: seconds by which time stamps are off."""
        made = VolumeSnapshot(
            str(uuid.UUID(int=next(self._numbers) << 80, version=4)),
            name,
            volume.id,
            volume.region,
            volume.size_gigabytes,
            stamp(time.time() + skew),
            tuple(tags),
        )
        self.snapshots[made.id] = made
        return made

    def snapshots_of(self, volume_id: str) -> list[VolumeSnapshot]:
        """Those of one volume, the oldest first."""
        return [each for each in self.snapshots.values() if each.volume_id == volume_id]
