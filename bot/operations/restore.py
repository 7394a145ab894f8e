"""`restore`: put a Droplet back to one of its backups.

Source: DigitalOcean's API specification, `POST /v2/droplets/{droplet_id}/actions` with the type
`restore`: "The image ID that is passed in must be a backup of the current Droplet instance." Its
action does not tell from which image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.blockers import Blocker, BlockReason
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.operations.arguments import Droplet, Help
from bot.operations.base import Account, Params, Wording
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.droplet_actions import DropletAction, droplet_not_ready
from bot.operations.image_actions import not_ready


class RestoreParams(Params):
    """`image`: the backup's id; `image_name` and `made_at` (epoch seconds): as it was seen."""

    image: int
    image_name: str
    made_at: float | None


class Restore(DropletAction):
    """The Droplet's disk is what it was when the backup was made; what came later is lost."""

    name = "restore"
    arguments = (Droplet(),)
    help = Help(
        'restore <droplet> from <backup> [because <reason>] [--break-glass "<reason>"]',
        "put a Droplet back to one of its backups",
        (
            "restore web-1 from 62140001",
            'restore web-1 from "web-1 weekly" because the upgrade broke it',
            "restore web-1 from latest --dry-run",
        ),
        (
            "What is on the Droplet's disk now is lost for good. The card says how old the backup "
            "is: what is newer is not in it.",
            "A Droplet is its name, its number, or the address of its page. A backup is its "
            "number, its name, or `latest`.",
            "DigitalOcean restores a Droplet from its own backups alone, not from snapshots.",
            "Where the policy asks for approval, nothing happens before somebody approves.",
        ),
        ("rollback", "revert", "recover"),
    )
    params = RestoreParams
    scopes = frozenset({"droplet:read", "droplet:update", "droplet:admin"})
    irreversible = True
    by_the_clock = False
    action_tells = False

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        if blocker := droplet_not_ready(image):
            return blocker
        (backup_id,) = self.depends_on(step)
        if backup_id not in account.images:
            return None
        backup = account.images[backup_id]
        if backup is None:
            return Blocker(BlockReason.NOT_FOUND, facts={"image_id": backup_id})
        if backup.type not in ("backup", ""):  # of one that tells no type DigitalOcean judges
            facts = {"image_id": backup_id, "type": backup.type}
            return Blocker(BlockReason.RESTORED_FROM_BACKUPS_ONLY, facts=facts)
        return not_ready(backup)

    def depends_on(self, step: StepSpec) -> Sequence[int]:
        return (int(step.params["image"]),)

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {"type": self.name, "image": step.params["image"]}

    def wording(self, step: StepSpec) -> Wording:
        name, number = step.params["image_name"], step.params["image"]
        return Wording(
            noun="restore",
            imperative="Restore",
            past="restored",
            detail=f"{name} ({number})" if name else f"image {number}",
            joint="from",
            arrow="from",
        )

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        facts = {"droplet": seen.name, "droplet_id": seen.id, **step.params}
        return (Consequence(ConsequenceKind.RESTORED, facts),)
