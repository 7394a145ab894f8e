"""What an operation has to say of itself. Everything that asks "transfer or convert?" asks it.

A new operation is a subclass of `Operation` in a file of its own, and a line in `registry`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from bot.domain.blockers import Blocker, BlockReason, Kind
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image, ImageAction, LiveRegion
from bot.domain.steps import StepSpec, Target, TargetKind
from bot.operations.arguments import Argument, Help
from bot.operations.consequence import Consequence


class Params(BaseModel):
    """An operation's parameters: JSON values, stored with the step and part of what is approved."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Resend(StrEnum):
    """Whether the call may be sent again when its answer was lost."""

    NEVER = "never"
    """It starts something: sent twice, it would run twice."""
    SAFE = "safe"
    """Sent twice, it does the same as sent once."""


class Trace(StrEnum):
    """What a call leaves at DigitalOcean: by it one is found whose answer was lost."""

    ACTION = "action"
    """An action on the target, which is followed until it ends."""
    TARGET_GONE = "target-gone"
    """The target has left the account. While it is there, nothing can be told."""
    SNAPSHOT = "snapshot"
    """A snapshot of the target, by its name and time."""


@dataclass(frozen=True)
class Account:
    """What is known of the account while a step is checked.

    `regions` by slug, as `GET /v2/regions` listed them; empty where they were never read.
    """

    regions: Mapping[str, LiveRegion] = field(default_factory=dict)
    images: Mapping[int, Image | None] = field(default_factory=dict)
    """Those that steps depend on (`Operation.depends_on`); None: DigitalOcean has it no more."""


def already(step: StepSpec, so: str) -> Blocker:
    """What was asked for is so already: nothing is sent, and nothing is wrong.

    Args:
        so: how it is, as a sentence about the target goes on: `is switched off`.
    """
    facts = {"target": str(step.target), "so": so}
    return Blocker(BlockReason.SO_ALREADY, Kind.DONE_ALREADY, facts)


@dataclass(frozen=True)
class Wording:
    """The words for one step; the views build every sentence from them.

    Attributes:
        noun: `transfer`.
        imperative: `Copy`.
        past: `copied`.
        detail: what tells it from other steps of the same operation: `nyc3`; may be empty.
        joint: between the noun and the detail.
        arrow: the same behind the imperative and what it is done to: `Copy web → nyc3`.
        next_offer: what people mostly ask next of an image that this ended well for; may be empty.
    """

    noun: str
    imperative: str
    past: str
    detail: str = ""
    joint: str = "to"
    arrow: str = "→"
    next_offer: str = ""

    @property
    def phrase(self) -> str:
        """`transfer to nyc3`, `conversion`."""
        return f"{self.noun} {self.joint} {self.detail}" if self.detail else self.noun


@dataclass(frozen=True)
class Handover:
    """An image that was offered to somebody else.

    Attributes:
        image_id: the image.
        recipient: a team's uuid, or an e-mail address.
        transfer_id: DigitalOcean's number of the offer; None: not told.
        taken: whether the image has left the account; None: not known.
    """

    image_id: int
    recipient: str
    transfer_id: int | None = None
    taken: bool | None = None


@dataclass(frozen=True)
class Started:
    """DigitalOcean began an action, which is followed until it ends."""

    action: ImageAction


@dataclass(frozen=True)
class Finished:
    """DigitalOcean did it at once; there is nothing to follow.

    `handover`: what was given away, where that is what was done. `made`: the id of what was made.
    """

    handover: Handover | None = None
    made: str = ""


class ImageCalls(Protocol):
    """`client.images`, as far as operations use it."""

    def update(self, image_id: int, body: Mapping[str, Any]) -> dict[str, Any]: ...
    def delete(self, image_id: int) -> None: ...
    def post_account_transfer_create(
        self, image_id: int, body: Mapping[str, Any]
    ) -> dict[str, Any]: ...


class ImageActionCalls(Protocol):
    """`client.image_actions`, as far as operations use it."""

    def post(self, image_id: int, body: Mapping[str, Any]) -> dict[str, Any]: ...


class Api(Protocol):
    """The calls that operations start with; `bot.digitalocean.Client` has them."""

    @property
    def images(self) -> ImageCalls: ...
    @property
    def image_actions(self) -> ImageActionCalls: ...
    @property
    def droplet_actions(self) -> Any: ...
    @property
    def volume_snapshots(self) -> Any: ...


class Operation(ABC):
    """One kind of work on DigitalOcean's side.

    Attributes:
        name: the subcommand, the policy's word and the audit log's.
        action_type: what DigitalOcean calls its action; empty: as `name`.
        arguments: what its subcommand takes.
        help: what people read of it.
        params: the shape of its parameters.
        scopes: what DigitalOcean's token needs beyond reading.
        resend: whether it may be sent again when an answer was lost.
        trace: what its call leaves, by which one whose answer was lost is found.
        action_tells: whether an action tells all that its step asked for. By one that does not,
            another's cannot be told from this step's.
        irreversible: whether nothing brings back what it takes away.
        named_only: whether only a policy rule that names it lets it through. An old policy file
            must not allow what its author never heard of.
        target: what it is done to.
        is_looked_up: whether its target is looked up at DigitalOcean before it.
        makes_image: whether an image comes of it, which later steps of the request work with.
        runs_last: whether it waits, in a request, until all that does not run last is completed.
        others_wait: whether the steps after it in a request wait until it is completed.
        latest_type: the type of image that `latest …` means for it.
        by_the_clock: whether a schedule can run it, without a person who asks each time.
        done_when_gone: whether it is done once DigitalOcean does not know the target any more.
    """

    name: ClassVar[str]
    action_type: ClassVar[str] = ""
    arguments: ClassVar[tuple[Argument, ...]]
    help: ClassVar[Help]
    params: ClassVar[type[Params]] = Params
    scopes: ClassVar[frozenset[str]]
    resend: ClassVar[Resend] = Resend.NEVER
    trace: ClassVar[Trace] = Trace.ACTION
    action_tells: ClassVar[bool] = True
    irreversible: ClassVar[bool] = False
    named_only: ClassVar[bool] = True
    target: ClassVar[TargetKind] = TargetKind.IMAGE
    is_looked_up: ClassVar[bool] = True
    makes_image: ClassVar[bool] = False
    runs_last: ClassVar[bool] = False
    others_wait: ClassVar[bool] = False
    latest_type: ClassVar[str] = "snapshot"
    by_the_clock: ClassVar[bool] = True
    done_when_gone: ClassVar[bool] = False

    def validate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters in their stored shape.

        Raises:
            pydantic.ValidationError: they are not what this operation takes.
        """
        return self.params.model_validate(dict(params)).model_dump(mode="json")

    @abstractmethod
    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        """The first thing that stands in the way of the step, or None."""

    @abstractmethod
    def start(self, api: Api, step: StepSpec) -> Started | Finished:
        """The one effect.

        Raises:
            bot.digitalocean.DigitalOceanError: as the client does.
            pydantic.ValidationError: the answer cannot be read.
        """

    @abstractmethod
    def wording(self, step: StepSpec) -> Wording:
        """The words for the step."""

    def inner(self, step: StepSpec) -> Sequence[StepSpec]:
        """The steps that the policy judges in place of this one; none: it is judged itself."""
        return ()

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        """What an approval of the step would bring about."""
        return ()

    def depends_on(self, step: StepSpec) -> Sequence[int]:
        """Other images that are looked up before the step, for `preflight` to judge by."""
        return ()

    def call(self, step: StepSpec) -> str:
        """The method and path that are sent to, as the audit log keeps them."""
        return f"POST /v2/images/{step.target.id}/actions"

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        """What is sent, as the audit log keeps it."""
        return {"type": self.action_type or self.name, **step.params}

    def region(self, step: StepSpec) -> str | None:
        """The region that policy rules match; None: it is about none."""
        return None

    def recipient(self, step: StepSpec) -> str | None:
        """Who gets the image, as policy rules match it (`to`); None: it stays in the account."""
        return None

    def after(self, image: Image, step: StepSpec) -> Image:
        """The image as it is once the step is done: what later steps of the request begin with."""
        return image

    def makes(self, step: StepSpec) -> Target | None:
        """The image that comes of the step; None: none does."""
        return None

    def own_changes(self, then: SeenImage, now: SeenImage, step: StepSpec) -> frozenset[str]:
        """The fields of `SeenImage` that differ because this very step was done."""
        return frozenset()

    def is_mine(self, action: ImageAction, step: StepSpec) -> bool:
        """Whether an action that was seen could be this step's; its time is judged elsewhere.

        What the action does not tell does not speak against it.
        """
        same_type = action.type in ("", self.action_type or self.name)
        return same_type and action.resource_id in (None, step.target.number)

    def is_answer(self, action: ImageAction, step: StepSpec) -> bool:
        """Whether the answer to this step's call may tell of this action.

        It is stricter than `is_mine`: what is not believed here is looked for there.
        """
        others = {str(kind) for kind in TargetKind} - {str(step.target.kind)}
        return self.is_mine(action, step) and action.resource_type.lower() not in others
