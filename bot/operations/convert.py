"""`convert`: make a snapshot of a backup.

Source: DigitalOcean's API specification, `POST /v2/images/{image_id}/actions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.blockers import Blocker, BlockReason, Kind
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.operations.arguments import Help, Images
from bot.operations.base import Account, Api, Operation, Started, Wording
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.image_actions import begin, not_ready


class Convert(Operation):
    """A backup becomes a snapshot, and leaves the list of backups for good."""

    name = "convert"
    arguments = (Images(),)
    help = Help(
        'convert <image> [because <reason>] [--break-glass "<reason>"]',
        "turn a backup into a snapshot",
        ("convert 62137902", "convert 62137902 because it must outlive the backups"),
        (
            "A backup must be converted before it can be transferred.",
            "It leaves the list of backups, and its storage is then billed as a snapshot.",
            "Where the policy asks for approval, nothing happens before somebody approves.",
        ),
        ("unbackup",),
    )
    scopes = frozenset({"image:update"})
    named_only = False
    others_wait = True
    latest_type = "backup"

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        if blocker := not_ready(image):
            return blocker
        if image.public:
            return Blocker(BlockReason.PUBLIC, facts={"image_id": image.id})
        if image.type == "snapshot":
            facts = {"image_id": image.id}
            return Blocker(BlockReason.SNAPSHOT_ALREADY, Kind.DONE_ALREADY, facts)
        if image.type not in ("backup", ""):  # of one that tells no type DigitalOcean judges
            return Blocker(
                BlockReason.NOT_A_BACKUP, facts={"image_id": image.id, "type": image.type}
            )
        return None

    def start(self, api: Api, step: StepSpec) -> Started:
        return begin(api, step, self.body(step))

    def wording(self, step: StepSpec) -> Wording:
        return Wording(
            noun="conversion",
            imperative="Convert",
            past="converted",
            next_offer="Transfer it elsewhere…",
        )

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        facts = {"gigabytes": seen.size_gigabytes}
        return (Consequence(ConsequenceKind.CONVERTED, facts),)

    def after(self, image: Image, step: StepSpec) -> Image:
        return image.model_copy(update={"type": "snapshot"})

    def own_changes(self, then: SeenImage, now: SeenImage, step: StepSpec) -> frozenset[str]:
        if then.type == "backup" and now.type == "snapshot":
            return frozenset({"type", "size_gigabytes", "created_at"})
        return frozenset()
