"""The DigitalOcean account: images, and the image actions that change them.

Source of the shapes and rules: DigitalOcean's OpenAPI specification (images, image
actions, actions, regions) and the errors real accounts report (api-v2 issues 27, 87, 126).
"""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.clock import Clock, stamp
from rehearsal.digitalocean import seeds
from rehearsal.digitalocean.droplet_actions import TYPES
from rehearsal.digitalocean.droplets import Droplet
from rehearsal.digitalocean.offers import Offer, Offers
from rehearsal.digitalocean.volumes import Volume, Volumes, VolumeSnapshot

IN_PROGRESS, COMPLETED, ERRORED = "in-progress", "completed", "errored"

_FIRST_IMAGE_ID = 190_000_000
_FIRST_ACTION_ID = 2_400_000_000
"""Action ids are above 31 bits by now."""


class Refusal(Exception):
    """What DigitalOcean answers instead: a status and the `id` and `message` of its error."""

    def __init__(self, status: int, id: str, message: str) -> None:  # noqa: A002 - the API's key
        super().__init__(message)
        self.status, self.id, self.message = status, id, message


@dataclass(frozen=True)
class Image:
    """One image; `json()` is the shape inside `image`."""

    id: int
    name: str
    type: str = "snapshot"
    regions: tuple[str, ...] = ("nyc1",)
    size_gigabytes: float = 2.34
    status: str = "available"
    created_at: str = "2026-11-20T11:05:00Z"
    min_disk_size: int = 25
    distribution: str = "Debian"
    slug: str | None = None
    public: bool = False
    description: str = ""
    tags: tuple[str, ...] = ()
    error_message: str = ""
    droplet_id: int | None = None
    """The Droplet it is a snapshot or a backup of; not in its JSON, as over there."""

    def json(self) -> dict[str, Any]:
        lists = {"regions": list(self.regions), "tags": list(self.tags)}
        told = {name: value for name, value in self.__dict__.items() if name != "droplet_id"}
        return {**told, **lists}


@dataclass(frozen=True)
class Action:
    """One action of the account; `ends_at` is on the account's clock, None: never by itself."""

    id: int
    type: str
    resource_id: int
    region: str | None
    started_at: float
    ends_at: float | None = None
    outcome: str = COMPLETED
    status: str = IN_PROGRESS
    completed_at: float | None = None
    resource_type: str = "image"
    name: str = ""
    """What the snapshot will be called that it takes."""
    image_id: int | None = None
    """The backup that it restores; not in its JSON, as over there."""
    begun_at: float = 0.0
    """On the account's clock, as `ends_at` is."""


@dataclass(frozen=True)
class Ending:
    """How the next action accepted will end: after `seconds` (None: never), as `outcome`."""

    seconds: float | None
    outcome: str = COMPLETED


class Account:
    """The model behind the API; used on the sandbox's thread alone."""

    def __init__(self, action_seconds: float = 2.0, first_action_id: int | None = None) -> None:
        self.action_seconds = action_seconds
        self.clock = Clock()
        """How fast actions get on; time stamps stay in real time."""
        self.skew = 0.0
        """Seconds by which the account's time stamps are off."""
        self.images = {each["id"]: Image(**each) for each in seeds.images()}
        self.droplets = {each["id"]: Droplet(**each) for each in seeds.droplets()}
        self.regions = {each["slug"]: each for each in seeds.regions()}
        self.offers = Offers(self.images)
        self.volumes = Volumes(seeds.volumes())
        self.endings: list[Ending] = []
        # Else from the time: a bot that keeps its database across runs must see new ids.
        self._ids = itertools.count(first_action_id or _FIRST_ACTION_ID + int(time.time()))
        self._actions: dict[int, Action] = {}
        self._of_resource: dict[tuple[str, int], list[int]] = {}
        self._image_ids = itertools.count(_FIRST_IMAGE_ID)
        self._open: set[int] = set()
        self._next_end = math.inf
        """No action in flight ends before this, by the clock."""

    def act(self, image_id: int, body: dict[str, Any]) -> Action:
        """Accept an image action, or raise the `Refusal` the real one would answer."""
        image = self.image(image_id)
        kind = body.get("type")
        if kind == "transfer":
            region: str | None = self._transferable(image, body.get("region"))
        elif kind == "convert":
            region = self._convertible(image)
        else:
            raise unprocessable(f"{kind!r} is not a valid image action type.")
        return self._begin(str(kind), image.id, region)

    def act_on_droplet(self, droplet_id: int, body: dict[str, Any]) -> Action:
        """Accept a Droplet action, or raise the `Refusal` the real one would answer."""
        droplet = self.droplet(droplet_id)
        kind = str(body.get("type"))
        if kind not in TYPES:
            raise unprocessable(f"{body.get('type')!r} is not a valid Droplet action type.")
        if why := TYPES[kind].refuses(self, droplet, body):
            raise unprocessable(why)
        if droplet.locked or any(a.status == IN_PROGRESS for a in self.droplet_actions(droplet_id)):
            raise unprocessable("Droplet already has a pending event.")
        named = body.get("name") or f"{droplet.name}-{int(time.time() * 1000)}"
        began = self._begin(kind, droplet.id, droplet.region, "droplet", named)
        self._actions[began.id] = replace(began, image_id=body.get("image"))
        return self._actions[began.id]

    def droplet(self, droplet_id: int) -> Droplet:
        self.settle()
        if droplet_id not in self.droplets:
            raise not_found()
        return self.droplets[droplet_id]

    def snapshots_of(self, droplet_id: int) -> list[Image]:
        """Newest last."""
        self.droplet(droplet_id)
        return [image for image in self._images_of(droplet_id) if image.type != "backup"]

    def backups_of(self, droplet_id: int) -> list[Image]:
        """Newest last."""
        return [image for image in self._images_of(droplet_id) if image.type == "backup"]

    def _images_of(self, droplet_id: int) -> list[Image]:
        return [image for image in self.images.values() if image.droplet_id == droplet_id]

    def image(self, image_id: int) -> Image:
        self.settle()
        if image_id not in self.images:
            raise not_found()
        return self.images[image_id]

    def rename(self, image_id: int, body: dict[str, Any]) -> Image:
        """Change what `PUT /v2/images/{image_id}` may change."""
        image = self.image(image_id)
        name = body.get("name", image.name)
        if image.public:
            raise unprocessable("Public images can not be changed.")
        if not isinstance(name, str) or not name:
            raise unprocessable("Name can't be blank.")
        renamed = replace(image, name=name, description=body.get("description", image.description))
        self.images[image.id] = renamed
        return renamed

    def delete(self, image_id: int) -> None:
        """Take a snapshot or a custom image away, in all its regions."""
        image = self.image(image_id)
        if image.public or image.type == "backup":
            raise unprocessable(f"A {image.type} image can not be deleted.")
        del self.images[image.id]

    def offer(self, image_id: int, body: dict[str, Any]) -> Offer:
        """Offer an image to another team or account."""
        image = self.image(image_id)
        if why := self.offers.why_not(image, body):
            raise Refusal(400, "bad_request", why)
        return self.offers.make(image, body)

    def volume(self, volume_id: str) -> Volume:
        if volume_id not in self.volumes.all:
            raise not_found()
        return self.volumes.all[volume_id]

    def snapshot_volume(self, volume_id: str, body: dict[str, Any]) -> VolumeSnapshot:
        """Take a snapshot of a volume: it is there at once."""
        volume, name, tags = self.volume(volume_id), body.get("name"), body.get("tags") or []
        if not isinstance(name, str) or not name.strip():
            raise unprocessable("Name can't be blank.")
        return self.volumes.take_snapshot(volume, name, tags, self.skew)

    def action(self, action_id: int, of: tuple[str, int] | None = None) -> Action:
        """One action; `of`: it is looked for among those of a resource, by its type and id."""
        self.settle()
        action = self._actions.get(action_id)
        if action is None or of not in (None, (action.resource_type, action.resource_id)):
            raise not_found()
        return action

    def actions(self, image_id: int | None = None) -> list[Action]:
        """Newest first."""
        self.settle()
        if image_id is None:
            return list(reversed(self._actions.values()))
        return self._actions_of("image", image_id)

    def droplet_actions(self, droplet_id: int) -> list[Action]:
        """Newest first."""
        self.settle()
        return self._actions_of("droplet", droplet_id)

    def _actions_of(self, resource_type: str, resource_id: int) -> list[Action]:
        ids = self._of_resource.get((resource_type, resource_id), ())
        return [self._actions[each] for each in reversed(ids)]

    def end(self, action_id: int, outcome: str) -> Action:
        """End an action now, whatever was planned for it."""
        self.settle()
        return self._finish(self._actions[action_id], outcome)

    def add_activity(self, count: int, type: str = "power_cycle") -> None:  # noqa: A002 - API's key
        """Put `count` finished actions of other resources on top of the account's list."""
        for _ in range(count):
            now = time.time() + self.skew
            action = Action(
                next(self._ids), type, 3_164_444, "nyc1", now, None, COMPLETED, COMPLETED, now
            )
            self._actions[action.id] = replace(action, resource_type="droplet")

    def add_image_activity(self, image_id: int, count: int, region: str) -> None:
        """Put `count` finished transfers of an image to `region` on top of its own list."""
        for _ in range(count):
            action = self._begin("transfer", image_id, region)
            self._actions[action.id] = replace(action, status=COMPLETED, ends_at=None)
            self._open.discard(action.id)

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        self.settle()
        self.skew += seconds

    def settle(self) -> None:
        """Let every action end whose time has come."""
        now = self.clock.now()
        if now < self._next_end:
            return
        in_flight = (self._actions[each] for each in self._open)
        due = [each for each in in_flight if each.ends_at is not None and each.ends_at <= now]
        for action in sorted(due, key=lambda each: each.id):
            self._finish(action, action.outcome)
        self._next_end = self._soonest_end()

    def _soonest_end(self) -> float:
        ends = (self._actions[each].ends_at for each in self._open)
        return min((at for at in ends if at is not None), default=math.inf)

    def json(self, action: Action) -> dict[str, Any]:
        """The shape inside `action`."""
        ended = action.completed_at
        return {
            "id": action.id,
            "status": action.status,
            "type": action.type,
            "started_at": stamp(action.started_at),
            "completed_at": None if ended is None else stamp(ended),
            "resource_id": action.resource_id,
            "resource_type": action.resource_type,
            "region": self.regions.get(action.region or ""),
            "region_slug": action.region,
        }

    def _begin(
        self,
        kind: str,
        resource_id: int,
        region: str | None,
        resource_type: str = "image",
        name: str = "",
    ) -> Action:
        planned = self.endings.pop(0) if self.endings else Ending(self.action_seconds)
        ends_at = None if planned.seconds is None else self.clock.now() + planned.seconds
        started = time.time() + self.skew
        action = Action(
            next(self._ids),
            kind,
            resource_id,
            region,
            started,
            ends_at,
            planned.outcome,
            resource_type=resource_type,
            name=name,
            begun_at=self.clock.now(),
        )
        self._actions[action.id] = action
        self._of_resource.setdefault((resource_type, resource_id), []).append(action.id)
        self._open.add(action.id)
        self._next_end = min(self._next_end, math.inf if ends_at is None else ends_at)
        return action

    def _finish(self, action: Action, outcome: str) -> Action:
        ended = replace(action, status=outcome, completed_at=time.time() + self.skew)
        self._actions[action.id] = ended
        self._open.discard(action.id)
        if outcome != COMPLETED:
            return ended
        image = self.images.get(action.resource_id)
        droplet = self.droplets.get(action.resource_id)
        if action.resource_type == "droplet" and droplet is not None:
            TYPES[action.type].ends(self, droplet, action)
        elif action.resource_type == "image" and image is not None:
            self.images[image.id] = _changed(image, action)
        return ended

    def add_image(self, name: str, **given: Any) -> Image:
        """A new image, under the next number."""
        added = Image(next(self._image_ids), name, **given)
        self.images[added.id] = added
        return added

    def _transferable(self, image: Image, slug: Any) -> str:
        if not isinstance(slug, str) or not slug:
            raise unprocessable("Region is required to transfer an image.")
        region = self.regions.get(slug)
        if region is None:
            raise unprocessable("Region is not valid.")
        if "image_transfer" not in region["features"]:
            raise unprocessable(f"Images can not be transferred to {slug}.")
        if image.type == "backup":
            raise unprocessable("Backups can not be transfered to other regions")
        if image.public:
            raise unprocessable("Public images can not be transferred.")
        if image.status != "available":
            raise unprocessable("Image is not available yet.")
        if slug in image.regions:
            raise unprocessable("Image is already in this region.")
        return slug

    def _convertible(self, image: Image) -> str | None:
        if image.type != "backup":
            raise unprocessable("Only backups can be converted to snapshots.")
        return image.regions[0] if image.regions else None


def _changed(image: Image, action: Action) -> Image:
    if action.type == "convert":
        return replace(image, type="snapshot")
    if action.type == "transfer" and action.region and action.region not in image.regions:
        return replace(image, regions=(*image.regions, action.region))
    return image


def not_found() -> Refusal:
    return Refusal(404, "not_found", "The resource you were accessing could not be found.")


def unprocessable(message: str) -> Refusal:
    return Refusal(422, "unprocessable_entity", message)
