"""`give`: hand a snapshot over to another team or account, for good.

Source: DigitalOcean's API specification, `POST /v2/images/{image_id}/account_transfer`: 201 with a
`transfer_id`, no action; snapshots only. A team in which the token's owner has the rights takes it
at once; any other, and whoever is named by e-mail, has to accept it. It is moved, not copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from bot.domain.blockers import Blocker, BlockReason
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.operations.arguments import Help, Images, Text
from bot.operations.base import Account, Api, Finished, Handover, Operation, Params, Trace, Wording
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.image_actions import not_ready

_TEAM = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32,40}"
"""A uuid; the specification's examples of team uuids have 40 digits and no hyphens."""
_EMAIL = r"[^\s@<>\"]+@[^\s@<>\".]+(?:\.[^\s@<>\".]+)+"
_RECIPIENT = f"(?:{_TEAM}|{_EMAIL})"


class GiveParams(Params):
    """`recipient`: a team's uuid, or the e-mail address of an account."""

    recipient: str = Field(pattern=f"^{_RECIPIENT}$", max_length=254)


class Give(Operation):
    """The image leaves the account, and nothing here brings it back."""

    name = "give"
    arguments = (
        Images(),
        Text(
            "recipient",
            "a team's uuid or an e-mail address",
            "ops@example.com",
            254,
            _RECIPIENT,
            True,
        ),
    )
    help = Help(
        'give <image> to <team uuid | e-mail> [because <reason>] [--break-glass "<reason>"]',
        "hand a snapshot over to another team or account, for good",
        (
            "give 62137902 to 9cc10173-e9ea-4176-9dbc-a4cee4c4ff30",
            "give 62137902 to ops@example.com because the customer takes over",
        ),
        (
            "The image is moved, not copied: it is not in this account any more, in any region.",
            "A team in which the token's owner has the rights takes it at once. Everybody else has "
            "to accept it first, and until then it can be taken back at DigitalOcean.",
            "A rule that has `to` lets an image go to those recipients alone.",
            "Only snapshots can be given. Convert a backup first.",
            "This bot cannot bring it back: only its new owner could give it back.",
            "Where the policy asks for approval, nothing happens before somebody approves.",
        ),
        ("hand", "handover", "donate"),
    )
    params = GiveParams
    scopes = frozenset({"image:update", "image:delete"})
    trace = Trace.TARGET_GONE
    irreversible = True
    by_the_clock = False

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        if image.public:
            return Blocker(BlockReason.PUBLIC, facts={"image_id": image.id})
        if blocker := not_ready(image):
            return blocker
        if image.type not in ("snapshot", ""):  # of one that tells no type DigitalOcean judges
            facts = {"image_id": image.id, "type": image.type}
            return Blocker(BlockReason.NOT_A_SNAPSHOT, facts=facts)
        return None

    def call(self, step: StepSpec) -> str:
        return f"POST /v2/images/{step.target.id}/account_transfer"

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        recipient = step.params["recipient"]
        return {"recipient_email" if by_email(recipient) else "recipient_uuid": recipient}

    def start(self, api: Api, step: StepSpec) -> Finished:
        answer = api.images.post_account_transfer_create(step.target.number, self.body(step))
        told = answer.get("transfer_id")
        number = told if isinstance(told, int) and told > 0 else None
        return Finished(Handover(step.target.number, step.params["recipient"], number))

    def recipient(self, step: StepSpec) -> str:
        return str(step.params["recipient"])

    def wording(self, step: StepSpec) -> Wording:
        return Wording("handover", "Give", "given", detail=step.params["recipient"])

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        recipient = step.params["recipient"]
        facts = {
            "image": seen.name,
            "image_id": seen.id,
            "created_at": seen.created_at,
            "gigabytes": seen.size_gigabytes,
            "regions": seen.regions,
            "recipient": recipient,
            "by_email": by_email(recipient),
        }
        return (Consequence(ConsequenceKind.GIVEN, facts),)


def by_email(recipient: str) -> bool:
    """Whether a recipient is an e-mail address: they always have to accept."""
    return "@" in recipient
