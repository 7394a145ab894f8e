"""Why a step cannot be done, as data; `bot.views.blockers` has the sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class BlockReason(StrEnum):
    """What stands in the way. The value is stored: never change one."""

    NOT_FOUND = "not-found"
    DROPLET_NOT_READY = "droplet-not-ready"
    GONE_ALREADY = "gone-already"
    NOT_READY = "not-ready"
    IMPORT_FAILED = "import-failed"
    NOT_THERE_ANY_MORE = "not-there-any-more"
    PUBLIC = "public"
    LAST_OF_ITS_SERIES = "last-of-its-series"
    IN_REGION_ALREADY = "in-region-already"
    BACKUP_NOT_TRANSFERABLE = "backup-not-transferable"
    SNAPSHOT_ALREADY = "snapshot-already"
    NOT_A_BACKUP = "not-a-backup"
    RESTORED_FROM_BACKUPS_ONLY = "restored-from-backups-only"
    NOT_A_SNAPSHOT = "not-a-snapshot"
    SO_ALREADY = "so-already"
    REGION_NOT_OFFERED = "region-not-offered"
    REGION_TAKES_NO_IMAGES = "region-takes-no-images"


class Kind(StrEnum):
    """What becomes of a step that is blocked."""

    NEVER = "never"
    NOT_YET = "not-yet"
    DONE_ALREADY = "done-already"
    """Nothing is wrong; what was asked for is so already."""


@dataclass(frozen=True)
class Blocker:
    """Why a step cannot be done now.

    `facts` are what the sentence names: `image_id`, `status`, `error`, `type`, `region`,
    `takers` (region slugs), `droplet_id`, `target` (in words), `droplet` (a
    name: the number is a Droplet's), `so` (how it is: `is switched off`).
    """

    reason: BlockReason
    kind: Kind = Kind.NEVER
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As columns hold it."""
        return {"reason": self.reason, "kind": self.kind, "facts": dict(self.facts)}

    @property
    def done_already(self) -> bool:
        """Whether what was asked for is so already."""
        return self.kind is Kind.DONE_ALREADY

    @property
    def convert_first(self) -> bool:
        """Whether it can be done once the image is converted."""
        return self.reason is BlockReason.BACKUP_NOT_TRANSFERABLE
