"""`rename`: give an image another name.

Source: DigitalOcean's API specification, `PUT /v2/images/{image_id}`: it answers 200 with the
image and begins no action.
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
from bot.operations.base import Account, Api, Finished, Operation, Params, Resend, Wording, already
from bot.operations.consequence import Consequence, said


class RenameParams(Params):
    """`name`: the new one."""

    name: str = Field(min_length=1, max_length=255)


class Rename(Operation):
    """Another name for the same image; nothing else changes."""

    name = "rename"
    arguments = (Images(), Text("name", "a name", "web golden"))
    help = Help(
        'rename <image> <name> [because <reason>] [--break-glass "<reason>"]',
        "give an image another name",
        ("rename 62137902 web-golden", 'rename 62137902 "web golden" because it is the base'),
        (
            "A name of several words goes in quotes.",
            "Scripts that look the image up by its old name will not find it any more.",
            "Where the policy asks for approval, nothing happens before somebody approves.",
        ),
        ("name", "relabel"),
    )
    params = RenameParams
    scopes = frozenset({"image:update"})
    resend = Resend.SAFE

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        if image.public:
            return Blocker(BlockReason.PUBLIC, facts={"image_id": image.id})
        if image.name == step.params["name"]:
            return already(step, "has that name")
        return None

    def call(self, step: StepSpec) -> str:
        return f"PUT /v2/images/{step.target.id}"

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {"name": step.params["name"]}

    def start(self, api: Api, step: StepSpec) -> Finished:
        api.images.update(step.target.number, self.body(step))
        return Finished()

    def wording(self, step: StepSpec) -> Wording:
        return Wording("renaming", "Rename", "renamed", detail=f"“{step.params['name']}”")

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        sentence = "{before} is called {after} from then on. Nothing else changes."
        return (said(sentence, before=seen.name, after=step.params["name"]),)

    def after(self, image: Image, step: StepSpec) -> Image:
        return image.model_copy(update={"name": step.params["name"]})

    def own_changes(self, then: SeenImage, now: SeenImage, step: StepSpec) -> frozenset[str]:
        return frozenset({"name"} if now.name == step.params["name"] else ())
