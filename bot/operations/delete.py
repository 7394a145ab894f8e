"""`delete`: take images away, for good.

Source: DigitalOcean's API specification, `DELETE /v2/images/{image_id}`: 204, no action; the
image goes from all its regions. Of DigitalOcean's own images and of backups it takes none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.blockers import Blocker, BlockReason
from bot.domain.evidence import SeenImage
from bot.domain.pruning import series
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.operations.arguments import Help, Images
from bot.operations.base import Account, Api, Finished, Operation, Params, Resend, Wording
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.image_actions import not_ready


class DeleteParams(Params):
    """`unless_last_of`: ids of images of the same series; it stays where none of them is one any
    more. `successor`: the id of a target (`TargetKind.NEW_IMAGE`) that is one more of them, once it
    is there."""

    unless_last_of: tuple[int, ...] = ()
    successor: str = ""


class Delete(Operation):
    """The image is gone, in all its regions, and nothing brings it back."""

    name = "delete"
    arguments = (Images(several=True),)
    help = Help(
        'delete <image>… [because <reason>] [--break-glass "<reason>"]',
        "delete images for good, in all their regions",
        ("delete 62137902", "delete 62137902 62150001 because newer ones are there"),
        (
            "The card shows what goes: name, age, size, regions, and what is saved a month.",
            "The approval is for exactly these images as they are. Each is looked at again just "
            "before it goes; one that changed meanwhile stays.",
            "A deleted image cannot be brought back by anybody.",
            "Where the policy asks for approval, nothing happens before somebody approves.",
        ),
        ("remove", "destroy", "rm", "drop"),
    )
    params = DeleteParams
    scopes = frozenset({"image:delete"})
    resend = Resend.SAFE
    irreversible = True
    done_when_gone = True
    runs_last = True

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        if image.public:
            return Blocker(BlockReason.PUBLIC, facts={"image_id": image.id})
        kept = [each for each in self.depends_on(step) if each in account.images]
        if kept and not any(_still_keeps(account.images[each], image) for each in kept):
            return Blocker(BlockReason.LAST_OF_ITS_SERIES, facts={"image_id": image.id})
        return None

    def depends_on(self, step: StepSpec) -> Sequence[int]:
        return tuple(step.params.get("unless_last_of", ()))

    def call(self, step: StepSpec) -> str:
        return f"DELETE /v2/images/{step.target.id}"

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {}

    def start(self, api: Api, step: StepSpec) -> Finished:
        api.images.delete(step.target.number)
        return Finished()

    def wording(self, step: StepSpec) -> Wording:
        return Wording("deletion", "Delete", "deleted")

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        facts = {
            "image": seen.name,
            "image_id": seen.id,
            "created_at": seen.created_at,
            "gigabytes": seen.size_gigabytes,
            "regions": seen.regions,
        }
        return (Consequence(ConsequenceKind.DELETED, facts),)


def _still_keeps(kept: Image | None, image: Image) -> bool:
    """Whether another image of the same series is there; renamed, it is of another one."""
    return kept is not None and not_ready(kept) is None and series(kept) == series(image)
