"""What can be asked after `/image`: one frozen dataclass a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.coverage import Coverage
from bot.domain.direct_messages import DirectMessages
from bot.domain.looked_up import LookedUp
from handlers.commands.latest import LatestImage
from handlers.commands.values import ImageName

NamedImage = int | ImageName | LatestImage
"""An image by its number; or by a name or as the latest, and then it has to be looked up."""


@dataclass(frozen=True)
class ThreadContext:
    """What a thread is about, where one writes in the thread of a request."""

    ops_request: int | None = None
    image: int | None = None


@dataclass(frozen=True)
class Ask:
    """One operation on one image or more, which the policy has to allow.

    `params`: a step for each, on each image.
    """

    operation: str
    images: tuple[NamedImage, ...]
    params: tuple[Mapping[str, str], ...] = ({},)
    reason: str = ""
    break_glass: str | None = None
    """The reason to run at once without approval; None where that is not asked."""

    @property
    def named(self) -> ImageName | LatestImage | None:
        """The first image that is not given by its number, and has to be looked up."""
        return next((image for image in self.images if not isinstance(image, int)), None)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The images that are given by their ids."""
        return tuple(image for image in self.images if isinstance(image, int))


@dataclass(frozen=True)
class Status:
    """What is in flight, or one ops request or image action."""

    subject: int | None = None
    wanted: str = ""
    """The `action_id` of the button that was typed as if it were a command."""
    whose: str = ""
    """`mine` or `waiting`: only those that the person asked for, or may approve."""
    image: ImageName | None = None
    """Instead of a number."""


@dataclass(frozen=True)
class List:
    """Search the images."""

    text: str = ""
    type: str | None = None
    region: str | None = None
    tag: str | None = None
    page: int = 1


@dataclass(frozen=True)
class Show:
    """One image."""

    image: NamedImage


@dataclass(frozen=True)
class History:
    """What happened, to one image or to all."""

    image: NamedImage | None = None


@dataclass(frozen=True)
class Regions:
    """The regions."""


@dataclass(frozen=True)
class Cancel:
    """Take an ops request back."""

    ops_request: int


@dataclass(frozen=True)
class Explain:
    """What the policy says of an image action that nobody has asked for.

    Attributes:
        dry_run: its images are looked at as well, to tell what would be sent.
    """

    command: Ask
    dry_run: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Schedules:
    """What runs by the clock."""


@dataclass(frozen=True)
class Rules:
    """The rules of the policy."""


@dataclass(frozen=True)
class Help:
    """The help, on everything or on one topic, which is the text as typed."""

    topic: str | None = None


@dataclass(frozen=True)
class Notify:
    """Which direct messages the person gets."""

    choice: DirectMessages


@dataclass(frozen=True)
class SecondFactor:
    """A link to enrol a second factor."""


Command = (
    LookedUp
    | Coverage
    | Ask
    | Status
    | List
    | Show
    | History
    | Regions
    | Cancel
    | Explain
    | Rules
    | Schedules
    | Help
    | Notify
    | SecondFactor
)
