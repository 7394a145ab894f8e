"""`snapshot`: take a snapshot of a Droplet.

Source: DigitalOcean's API specification, `POST /v2/droplets/{droplet_id}/actions`. The answer
names the action and not the image, which is found by its name among the Droplet's snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.blockers import Blocker
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image
from bot.domain.steps import StepSpec, Target, new_image_target
from bot.operations.arguments import Droplet, Help
from bot.operations.base import Account, Params, Wording
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.droplet_actions import DropletAction, droplet_not_ready


class SnapshotParams(Params):
    """`name`: what the image will be called.

    `already_there`: the Droplet's snapshots before it, none of which is the new image.
    """

    name: str
    already_there: tuple[int, ...] = ()


class Snapshot(DropletAction):
    """An image of a Droplet's disk, in the Droplet's region."""

    name = "snapshot"
    arguments = (Droplet(),)
    help = Help(
        "snapshot <droplet> [as <name>] [to <region>…] [keep <n>] [because <reason>]",
        "take a snapshot of a Droplet, copy it, and delete old ones",
        (
            "snapshot web-1",
            "snapshot web-1 to fra1 ams3 keep 3 because nightly copy",
            "snapshot tag:nightly as {droplet}-{date} keep 7",
        ),
        (
            "A Droplet is its name, its number, `tag:nightly`, or the address of its page. With a "
            "tag, each Droplet gets a request of its own.",
            "The name may hold `{droplet}`, `{date}` and `{time}` (UTC). Without `as` it is "
            "`{droplet}-{date}-{time}`.",
            "The snapshot is copied to one region after the other once it is complete.",
            "`keep 3` deletes older snapshots of the same series (see `prune`), after every copy "
            "is complete: the new one and the two newest stay. The card lists what goes.",
            "One approval is for all of it.",
        ),
        ("backup", "snap", "image-droplet"),
    )
    params = SnapshotParams
    scopes = frozenset({"droplet:read", "droplet:update", "image:create"})
    makes_image = True
    others_wait = True

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        return droplet_not_ready(image)

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {"type": self.name, "name": step.params["name"]}

    def makes(self, step: StepSpec) -> Target:
        return new_image_target(step.target, step.params["name"])

    def after(self, image: Image, step: StepSpec) -> Image:
        return image.model_copy(
            update={"name": step.params["name"], "type": "snapshot", "status": "available"}
        )

    def wording(self, step: StepSpec) -> Wording:
        return Wording(
            noun="snapshot",
            imperative="Take a snapshot of",
            past="taken",
            detail=step.params["name"],
            joint="as",
        )

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        facts = {
            "name": step.params["name"],
            "status": seen.status,
            "gigabytes": seen.size_gigabytes,
        }
        return (Consequence(ConsequenceKind.SNAPSHOT_TAKEN, facts),)
