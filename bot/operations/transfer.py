"""`transfer`: copy an image to one more region.

Source: DigitalOcean's API specification, `POST /v2/images/{image_id}/actions`, and its 422
answers (digitalocean/api-v2 #27, #126).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.blockers import Blocker, BlockReason, Kind
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image, ImageAction, LiveRegion
from bot.domain.steps import StepSpec
from bot.operations.arguments import Help, Images, Regions
from bot.operations.base import Account, Api, Operation, Params, Started, Wording
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.image_actions import begin, not_ready


class TransferParams(Params):
    """`region`: the slug that the image is copied to."""

    region: str


class Transfer(Operation):
    """A copy in one more region; the image stays where it is."""

    name = "transfer"
    arguments = (Images(), Regions())
    help = Help(
        'transfer <image> <region>… [because <reason>] [--break-glass "<reason>"]',
        "copy an image to one or more regions",
        (
            "transfer 62137902 nyc3",
            "transfer 62137902 nyc3 sfo3 because the new office needs it",
            'transfer 62137902 nyc3 --break-glass "prod is down"',
        ),
        (
            "An image is its number, its name (in quotes, if it has several words) or the address "
            "of its page; `latest prod-*` is the newest snapshot named so, `latest of web-1` the "
            "newest of that Droplet.",
            "A region is a slug or a name: `nyc3`, `New York 3`. A set of the policy stands for "
            "its regions, `all` for every one that takes images.",
            "The image stays where it is and gains a region. That costs nothing more.",
            "Several regions are one request with one approval. If one fails, the others go on, "
            "and *Retry failed* on the card asks for that one again.",
            "For a backup I offer to convert it first, as one plan with one approval.",
            "Where the policy asks for approval, nothing happens before somebody approves.",
            "A thread in this channel then follows it to its end and tells you.",
            "Break-glass runs at once where the policy allows it. Everybody concerned is told, "
            "and a second person reviews it afterwards.",
        ),
        ("move", "copy", "send", "migrate"),
    )
    params = TransferParams
    scopes = frozenset({"image:update"})
    named_only = False

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        region = step.params["region"]
        if blocker := not_ready(image):
            return blocker
        if region in image.regions:
            facts = {"image_id": image.id, "region": region}
            return Blocker(BlockReason.IN_REGION_ALREADY, Kind.DONE_ALREADY, facts)
        if image.type == "backup":
            return Blocker(BlockReason.BACKUP_NOT_TRANSFERABLE, facts={"image_id": image.id})
        return _region_blocker(region, account.regions)

    def start(self, api: Api, step: StepSpec) -> Started:
        return begin(api, step, self.body(step))

    def wording(self, step: StepSpec) -> Wording:
        return Wording(
            noun="transfer",
            imperative="Copy",
            past="copied",
            detail=step.params["region"],
            next_offer="Transfer it elsewhere…",
        )

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        return (Consequence(ConsequenceKind.COPIED),)

    def region(self, step: StepSpec) -> str:
        return str(step.params["region"])

    def after(self, image: Image, step: StepSpec) -> Image:
        return image.model_copy(update={"regions": (*image.regions, self.region(step))})

    def is_mine(self, action: ImageAction, step: StepSpec) -> bool:
        here = action.region_slug in (None, step.params["region"])
        return here and super().is_mine(action, step)


def _region_blocker(region: str, live: Mapping[str, LiveRegion]) -> Blocker | None:
    takers = sorted(slug for slug, at in live.items() if at.takes_images)
    if not takers:  # a list that names none, or whose features came as null, says nothing
        return None
    facts = {"region": region, "takers": takers}
    if region not in live:
        return Blocker(BlockReason.REGION_NOT_OFFERED, facts=facts)
    if not live[region].takes_images:
        return Blocker(BlockReason.REGION_TAKES_NO_IMAGES, facts=facts)
    return None
