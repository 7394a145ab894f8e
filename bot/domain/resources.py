"""The vocabulary: image actions, regions, and what DigitalOcean says of an image.

Source of the enums and shapes: DigitalOcean's OpenAPI specification, `POST
/v2/images/{image_id}/actions`, `GET /v2/images/{image_id}`, `GET /v2/regions`.
Pure: nothing here does I/O.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
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


def _text(value: Any) -> str:
    """A text; anything else that came in its place counts as none."""
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    """The texts of a list; anything else that came in its place counts as an empty one."""
    listed = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in listed if isinstance(item, str) and item)


def _numbers(value: Any) -> tuple[int, ...]:
    """The whole numbers of a list; anything else that came in its place counts as an empty one."""
    listed = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in listed if isinstance(item, int))


def _slug(value: Any) -> str:
    """The slug of a region, which comes as an object."""
    return _text(value.get("slug")) if isinstance(value, Mapping) else ""


def _time(value: Any) -> datetime | None:
    """A time; one that cannot be read is not known, which is no reason to lose the rest."""
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None


def _gigabytes(value: Any) -> float:
    """A size; 0 where it is not known."""
    try:
        size = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return size if math.isfinite(size) and size > 0 else 0.0


_TIME: TypeAdapter[datetime] = TypeAdapter(
    datetime, config=ConfigDict(defer_build=True, hide_input_in_errors=True)
)


class Image(_Reply):
    """One image, as `GET /v2/images/{image_id}` wraps it in `image`.

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: Annotated[int, Field(gt=0)]
    name: Annotated[str, BeforeValidator(_text)] = ""
    type: Annotated[str, BeforeValidator(_text)] = ""
    """`base`, `snapshot`, `backup`, `custom` or `admin`."""
    regions: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    size_gigabytes: Annotated[float, BeforeValidator(_gigabytes)] = 0.0
    """What the snapshot price counts, in GB; 0: not known."""
    status: Annotated[str, BeforeValidator(_text)] = ""
    """`NEW`, `available`, `pending`, `deleted` or `retired`; an import is done at `available`."""
    error_message: Annotated[str, BeforeValidator(_text)] = ""
    """Why an import failed."""
    created_at: Annotated[datetime | None, BeforeValidator(_time)] = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    description: Annotated[str, BeforeValidator(_text)] = ""
    public: Annotated[bool, BeforeValidator(lambda value: value is True)] = False


DROPLET_TYPE = "droplet"
"""The `type` of a Droplet where it stands in an image's shape."""


class Droplet(_Reply):
    """One Droplet, as `GET /v2/droplets/{droplet_id}` wraps it in `droplet`.

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: Annotated[int, Field(gt=0)]
    name: Annotated[str, BeforeValidator(_text)] = ""
    disk: Annotated[float, BeforeValidator(_gigabytes)] = 0.0
    """The size of its disk in GB; a snapshot counts what is used of it. 0: not known."""
    status: Annotated[str, BeforeValidator(_text)] = ""
    """`new`, `active`, `off` or `archive`."""
    region: Annotated[str, BeforeValidator(_slug)] = ""
    created_at: Annotated[datetime | None, BeforeValidator(_time)] = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    backup_ids: Annotated[tuple[int, ...], BeforeValidator(_numbers)] = ()
    snapshot_ids: Annotated[tuple[int, ...], BeforeValidator(_numbers)] = ()

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


VOLUME_TYPE = "volume"
"""The `type` of a volume where it stands in an image's shape."""


class Volume(_Reply):
    """One volume, as `GET /v2/volumes/{volume_id}` wraps it in `volume`.

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: UUID
    name: Annotated[str, BeforeValidator(_text)] = ""
    size_gigabytes: Annotated[float, BeforeValidator(_gigabytes)] = 0.0
    region: Annotated[str, BeforeValidator(_slug)] = ""
    created_at: Annotated[datetime | None, BeforeValidator(_time)] = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    droplet_ids: Annotated[tuple[int, ...], BeforeValidator(_numbers)] = ()
    """The Droplet that it is attached to, if any."""

    def as_image(self) -> Image:
        """The same in the shape that steps are judged, shown and approved by. Its id is the uuid
        as the number that it is."""
        return Image(
            id=self.id.int,
            name=self.name,
            type=VOLUME_TYPE,
            regions=(self.region,) if self.region else (),
            size_gigabytes=self.size_gigabytes,
            status="attached" if self.droplet_ids else "",
            created_at=self.created_at,
            tags=self.tags,
        )


class VolumeSnapshot(_Reply):
    """One snapshot of a volume, as `GET /v2/volumes/{volume_id}/snapshots` lists it."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, BeforeValidator(_text)] = ""
    created_at: Annotated[datetime | None, BeforeValidator(_time)] = None


class ImageAction(_Reply):
    """One action of an image or a Droplet, as DigitalOcean reports it (wrapped in `action`).

    Any field but the id may come as null, blank or of another type: it then tells nothing.
    """

    id: Annotated[int, Field(gt=0)]
    status: Annotated[str, BeforeValidator(_text)] = ""
    """An `ActionStatus`; kept as text because an unknown one must not stop the follow-up."""
    type: Annotated[str, BeforeValidator(_text)] = ""
    started_at: Annotated[datetime | None, BeforeValidator(_time)] = None
    completed_at: Annotated[datetime | None, BeforeValidator(_time)] = None
    resource_id: int | None = None
    resource_type: Annotated[str, BeforeValidator(_text)] = ""
    """`image`, `droplet`, …: what `resource_id` is the id of."""
    region_slug: str | None = None

    @field_validator("resource_id", mode="before")
    @classmethod
    def _zero_is_unknown(cls, value: Any) -> Any:
        return value if isinstance(value, int) and value > 0 else None

    @field_validator("region_slug", mode="before")
    @classmethod
    def _blank_is_unknown(cls, value: Any) -> Any:
        return _text(value) or None


def readable_actions(bodies: object) -> Iterator[ImageAction]:
    """Decode actions of a listing; one without a readable id is passed over.

    Args:
        bodies: what stands under `actions`; anything but a list holds none.
    """
    return _readable(ImageAction, bodies)


def readable_images(bodies: object) -> Iterator[Image]:
    """Decode images of a listing; one without a readable id is passed over."""
    return _readable(Image, bodies)


def readable_droplets(bodies: object) -> Iterator[Droplet]:
    """Decode Droplets of a listing; one without a readable id is passed over."""
    return _readable(Droplet, bodies)


def readable_volumes(bodies: object) -> Iterator[Volume]:
    """Decode volumes of a listing; one without a readable id is passed over."""
    return _readable(Volume, bodies)


def readable_volume_snapshots(bodies: object) -> Iterator[VolumeSnapshot]:
    """Decode snapshots of a volume; one without a readable id is passed over."""
    return _readable(VolumeSnapshot, bodies)


class LiveRegion(_Reply):
    """One region of `GET /v2/regions`."""

    slug: Annotated[str, Field(min_length=1, max_length=16)]
    name: Annotated[str, BeforeValidator(_text)] = ""
    features: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    available: bool = True
    """Whether new Droplets can be made there, which is not whether images can be sent."""

    @field_validator("available", mode="before")
    @classmethod
    def _null_is_offered(cls, value: Any) -> Any:
        return True if value is None else value

    @property
    def takes_images(self) -> bool:
        """Whether an image can be transferred there."""
        return IMAGE_TRANSFER in self.features


def readable_regions(bodies: object) -> Iterator[LiveRegion]:
    """Decode regions of a listing; one that makes no sense is passed over.

    Args:
        bodies: what stands under `regions`; anything but a list holds none.
    """
    return _readable(LiveRegion, bodies)


def _readable(model: type[_ReplyT], bodies: object) -> Iterator[_ReplyT]:
    if not isinstance(bodies, Iterable) or isinstance(bodies, str | bytes | Mapping):
        return
    for body in bodies:
        try:
            yield model.model_validate(body)
        except ValidationError:
            continue
