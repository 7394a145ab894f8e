"""The vocabulary: image actions, regions, and what DigitalOcean says of an image.

Source of the enums and shapes: DigitalOcean's OpenAPI specification, `POST
/v2/images/{image_id}/actions`, `GET /v2/images/{image_id}`, `GET /v2/regions`.
Pure: nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.domain.reply_fields import (
    Gigabytes,
    Id,
    IdOrNone,
    NotNo,
    Numbers,
    NumbersOrNone,
    Slug,
    SlugOfRegion,
    Slugs,
    Text,
    TextOrNone,
    Texts,
    Time,
    Uuid,
    Word,
    Yes,
)


class ActionType(StrEnum):
    """What can be asked of an image."""

    CONVERT = "convert"
    TRANSFER = "transfer"


class Region(StrEnum):
    """The region slugs that the API specification documents.

    Live accounts have newer ones: a slug outside this enum is good only where
    `GET /v2/regions` lists it with the feature `image_transfer`.
    """

    AMS1 = "ams1"
    AMS2 = "ams2"
    AMS3 = "ams3"
    BLR1 = "blr1"
    FRA1 = "fra1"
    LON1 = "lon1"
    NYC1 = "nyc1"
    NYC2 = "nyc2"
    NYC3 = "nyc3"
    SFO1 = "sfo1"
    SFO2 = "sfo2"
    SFO3 = "sfo3"
    SGP1 = "sgp1"
    TOR1 = "tor1"
    SYD1 = "syd1"


class ActionStatus(StrEnum):
    """Every status an image action can have; there is no percentage and no failure reason."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ERRORED = "errored"


DOCUMENTED_REGIONS: frozenset[str] = frozenset(Region)
IMAGE_TRANSFER = "image_transfer"
"""The region feature that says images can be transferred there."""


class _Body(BaseModel):
    # Other keys are DigitalOcean's to judge: its own usage sample converts with a region.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ConvertRequest(_Body):
    """`{"type": "convert"}`: turn a backup into a snapshot."""

    type: Literal[ActionType.CONVERT] = ActionType.CONVERT


class TransferRequest(_Body):
    """`{"type": "transfer", "region": …}`: copy an image to one more region.

    A region outside `Region` is accepted only when the validation context
    holds it: `model_validate(body, context={"live_regions": {"atl1"}})`.
    """

    type: Literal[ActionType.TRANSFER] = ActionType.TRANSFER
    region: str

    @field_validator("region")
    @classmethod
    def _documented_or_live(cls, slug: str, info: ValidationInfo) -> str:
        live: Collection[str] = (info.context or {}).get("live_regions", ())
        if slug not in DOCUMENTED_REGIONS and slug not in live:
            raise ValueError(
                f"{slug!r} is not a documented region, and the live list does not offer it"
            )
        return slug


ImageActionRequest = Annotated[TransferRequest | ConvertRequest, Field(discriminator="type")]
_BODY: TypeAdapter[TransferRequest | ConvertRequest] = TypeAdapter(
    ImageActionRequest, config=ConfigDict(defer_build=True)
)


def parse_body(
    body: Mapping[str, Any], live_regions: Collection[str] = ()
) -> TransferRequest | ConvertRequest:
    """Validate the JSON body of `POST /v2/images/{image_id}/actions`.

    Raises:
        pydantic.ValidationError: the type is unknown, or a transfer has no region or an
            unknown one.
    """
    return _BODY.validate_python(dict(body), context={"live_regions": live_regions})


class _Reply(BaseModel):
    """What DigitalOcean sends: unknown keys are allowed, so that a new one breaks nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


_ReplyT = TypeVar("_ReplyT", bound=_Reply)


class Image(_Reply):
    """One image, as `GET /v2/images/{image_id}` wraps it in `image`: read it with `image_of`.

    Any field but the id may come as null, blank or of another type: it then tells nothing. A
    Droplet or a volume may stand in this shape too.
    """

    id: Annotated[int, Field(gt=0)]
    name: Text = ""
    type: Text = ""
    """`base`, `snapshot`, `backup`, `custom` or `admin`."""
    regions: Slugs = ()
    size_gigabytes: Gigabytes = 0.0
    """What the snapshot price counts, in GB; 0: not known."""
    status: Text = ""
    """`NEW`, `available`, `pending`, `deleted` or `retired`; an import is done at `available`."""
    error_message: Text = ""
    """Why an import failed."""
    created_at: Time = None
    tags: Texts = ()
    description: Text = ""
    public: Yes = False


DROPLET_TYPE = "droplet"
"""The `type` of a Droplet where it stands in an image's shape."""
VOLUME_TYPE = "volume"
"""The `type` of a volume where it stands in an image's shape."""
ATTACHED, DETACHED = "attached", "detached"
"""Its `status` there."""


class _ImageReply(Image):
    """An image as it comes, which is no Droplet and no volume whatever it says."""

    id: Id

    @field_validator("type")
    @classmethod
    def _of_an_image(cls, told: str) -> str:
        told = told.strip().lower()
        return "" if told in (DROPLET_TYPE, VOLUME_TYPE) else told


def image_of(body: object) -> Image:
    """Decode one image.

    Raises:
        pydantic.ValidationError: its id cannot be read.
    """
    return Image.model_construct(**dict(_ImageReply.model_validate(body)))


class Droplet(_Reply):
    """One Droplet, as `GET /v2/droplets/{droplet_id}` wraps it in `droplet`.

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: Id
    name: Text = ""
    disk: Gigabytes = 0.0
    """The size of its disk in GB; a snapshot counts what is used of it. 0: not known."""
    status: Text = ""
    """`new`, `active`, `off` or `archive`."""
    region: SlugOfRegion = ""
    created_at: Time = None
    tags: Texts = ()
    backup_ids: Numbers = ()
    snapshot_ids: Numbers = ()

    def as_image(self) -> Image:
        """The same in the shape that steps are judged, shown and approved by."""
        return Image(
            id=self.id,
            name=self.name,
            type=DROPLET_TYPE,
            regions=(self.region,) if self.region else (),
            size_gigabytes=self.disk,
            status=self.status,
            created_at=self.created_at,
            tags=self.tags,
        )


class Volume(_Reply):
    """One volume, as `GET /v2/volumes/{volume_id}` wraps it in `volume`.

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: UUID
    name: Text = ""
    size_gigabytes: Gigabytes = 0.0
    region: SlugOfRegion = ""
    created_at: Time = None
    tags: Texts = ()
    droplet_ids: NumbersOrNone = None
    """The Droplet that it is attached to, if any; None: not told."""

    def as_image(self) -> Image:
        """The same in the shape that steps are judged, shown and approved by. Its id is the uuid
        as the number that it is."""
        return Image(
            id=self.id.int,
            name=self.name,
            type=VOLUME_TYPE,
            regions=(self.region,) if self.region else (),
            size_gigabytes=self.size_gigabytes,
            status=self._attachment(),
            created_at=self.created_at,
            tags=self.tags,
        )

    def _attachment(self) -> str:
        if self.droplet_ids is None:
            return ""
        return ATTACHED if self.droplet_ids else DETACHED


class VolumeSnapshot(_Reply):
    """One snapshot of a volume, as `GET /v2/volumes/{volume_id}/snapshots` lists it."""

    id: Uuid
    name: Text = ""
    created_at: Time = None


class ImageAction(_Reply):
    """One action of an image or a Droplet, as DigitalOcean reports it (wrapped in `action`).

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: Id
    status: Word = ""
    """An `ActionStatus`; kept as text because an unknown one must not stop the follow-up."""
    type: Word = ""
    started_at: Time = None
    completed_at: Time = None
    resource_id: IdOrNone = None
    resource_type: Word = ""
    """`image`, `droplet`, …: what `resource_id` is the id of."""
    region_slug: TextOrNone = None


def readable_actions(bodies: object) -> Iterator[ImageAction]:
    """Decode actions of a listing; one without a readable id is passed over.

    Args:
        bodies: what stands under `actions`; anything but a list holds none.
    """
    return _readable(ImageAction.model_validate, bodies)


def readable_images(bodies: object) -> Iterator[Image]:
    """Decode images of a listing; one without a readable id is passed over."""
    return _readable(image_of, bodies)


def readable_droplets(bodies: object) -> Iterator[Droplet]:
    """Decode Droplets of a listing; one without a readable id is passed over."""
    return _readable(Droplet.model_validate, bodies)


def readable_volumes(bodies: object) -> Iterator[Volume]:
    """Decode volumes of a listing; one without a readable id is passed over."""
    return _readable(Volume.model_validate, bodies)


def readable_volume_snapshots(bodies: object) -> Iterator[VolumeSnapshot]:
    """Decode snapshots of a volume; one without a readable id is passed over."""
    return _readable(VolumeSnapshot.model_validate, bodies)


class LiveRegion(_Reply):
    """One region of `GET /v2/regions`."""

    slug: Slug
    name: Text = ""
    features: Texts = ()
    available: NotNo = True
    """Whether new Droplets can be made there, which is not whether images can be sent."""

    @property
    def takes_images(self) -> bool:
        """Whether an image can be transferred there."""
        return IMAGE_TRANSFER in self.features


def readable_regions(bodies: object) -> Iterator[LiveRegion]:
    """Decode regions of a listing; one that makes no sense is passed over.

    Args:
        bodies: what stands under `regions`; anything but a list holds none.
    """
    return _readable(LiveRegion.model_validate, bodies)


def _readable(decode: Callable[[object], _ReplyT], bodies: object) -> Iterator[_ReplyT]:
    if not isinstance(bodies, Iterable) or isinstance(bodies, str | bytes | Mapping):
        return
    for body in bodies:
        try:
            yield decode(body)
        except ValidationError:
            continue
