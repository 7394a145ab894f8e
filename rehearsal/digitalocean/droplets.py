"""Droplets of the account, in the shape of `GET /v2/droplets/{droplet_id}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Droplet:
    """One Droplet; `disk` in GB, `status` is `new`, `active`, `off` or `archive`."""

    id: int
    name: str
    region: str = "nyc1"
    disk: int = 25
    status: str = "active"
    created_at: str = "2026-03-01T09:00:00Z"
    tags: tuple[str, ...] = ()
    locked: bool = False
    restored_from: int | None = None
    """The backup that is on its disk since the last restore; not in its JSON."""

    def json(
        self, region: dict[str, Any] | None, snapshot_ids: list[int], backup_ids: list[int]
    ) -> dict[str, Any]:
        """The shape inside `droplet`."""
        return {
            "id": self.id,
            "name": self.name,
            "memory": 1024,
            "vcpus": 1,
            "disk": self.disk,
            "locked": self.locked,
            "status": self.status,
            "created_at": self.created_at,
            "features": ["droplet_agent", "private_networking"],
            "backup_ids": backup_ids,
            "next_backup_window": None,
            "snapshot_ids": snapshot_ids,
            "volume_ids": [],
            "size_slug": "s-1vcpu-1gb",
            "networks": {"v4": [], "v6": []},
            "region": region,
            "tags": list(self.tags),
        }
