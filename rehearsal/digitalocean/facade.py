"""The DigitalOcean stand-in as a test and the rehearsal see it: blocking, from any thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rehearsal.digitalocean.account import COMPLETED, Account, Action, Ending, Image
from rehearsal.digitalocean.api import Call, DigitalOceanApi, Post
from rehearsal.digitalocean.droplets import Droplet
from rehearsal.digitalocean.faults import DigitalOceanFaults
from rehearsal.digitalocean.offers import Offer
from rehearsal.digitalocean.volumes import Volume, VolumeSnapshot
from rehearsal.log import EventLog
from rehearsal.site import Site
from rehearsal.thread import LoopThread


class DigitalOcean:
    """Images, actions, planned faults, and what was asked of the account."""

    def __init__(
        self,
        thread: LoopThread,
        log: EventLog,
        token: str,
        action_seconds: float,
        port: int = 0,
        seed: int = 1,
        first_action_id: int | None = None,
    ) -> None:
        self.account = Account(action_seconds, first_action_id)
        self.api = DigitalOceanApi(self.account, token, log, seed=seed)
        self.site = Site(self.api.handle, port)
        self._thread = thread

    async def open(self) -> None:
        await self.site.open()
        self.api.base_url = self.site.url

    @property
    def url(self) -> str:
        return self.site.url

    @property
    def faults(self) -> DigitalOceanFaults:
        return self.api.faults

    @property
    def posts(self) -> list[Post]:
        """Every image action the account accepted, whatever the caller was told."""
        return self._thread.call(lambda: list(self.api.posts))

    @property
    def calls(self) -> list[Call]:
        """Every request, in the order they were answered."""
        return self._thread.call(lambda: list(self.api.calls))

    @property
    def images(self) -> dict[int, Image]:
        return self._thread.call(self._images)

    @property
    def droplets(self) -> dict[int, Droplet]:
        return self._thread.call(lambda: dict(self.account.droplets))

    @property
    def volume_snapshots(self) -> list[VolumeSnapshot]:
        """Of all volumes, the oldest first."""
        return self._thread.call(lambda: list(self.account.volumes.snapshots.values()))

    def add_volume(self, id: str, name: str, **fields: Any) -> Volume:  # noqa: A002 - API's key
        """Add a volume; `fields` as `Volume` names them (region, size_gigabytes, …)."""
        volume = Volume(id, name, **fields)
        self._thread.call(self.account.volumes.all.__setitem__, id, volume)
        return volume

    def snapshot_volume(self, volume_id: str, name: str) -> VolumeSnapshot:
        """Take a snapshot of a volume from elsewhere."""
        return self._thread.call(self.account.snapshot_volume, volume_id, {"name": name})

    @property
    def actions(self) -> list[Action]:
        """Newest first."""
        return self._thread.call(self.account.actions)

    @property
    def regions(self) -> dict[str, dict[str, Any]]:
        return self._thread.call(lambda: dict(self.account.regions))

    @property
    def calls_left(self) -> int:
        """What is left of the hour's budget."""
        return self._thread.call(lambda: self.api.rates.remaining)

    def add_image(self, id: int, name: str = "", **fields: Any) -> Image:  # noqa: A002 - API's key
        """Add an image; `fields` as `Image` names them (type, regions, status, tags, …)."""
        image = Image(id, name or f"image-{id}", **fields)
        self._thread.call(self.account.images.__setitem__, id, image)
        return image

    def change_image(self, id: int, **fields: Any) -> Image:  # noqa: A002 - the API's key
        """Change an image, as another person or program would."""
        return self._thread.call(lambda: self._change_image(id, fields))

    def add_droplet(self, id: int, name: str, **fields: Any) -> Droplet:  # noqa: A002 - API's key
        """Add a Droplet; `fields` as `Droplet` names them (region, disk, status, tags, …)."""
        droplet = Droplet(id, name, **fields)
        self._thread.call(self.account.droplets.__setitem__, id, droplet)
        return droplet

    def change_droplet(self, id: int, **fields: Any) -> Droplet:  # noqa: A002 - the API's key
        """Change a Droplet, as another person or program would."""
        changed = replace(self.account.droplets[id], **fields)
        self._thread.call(self.account.droplets.__setitem__, id, changed)
        return changed

    def act_on_droplet(self, droplet_id: int, body: dict[str, Any]) -> Action:
        """Start a Droplet action from elsewhere."""
        return self._thread.call(self.account.act_on_droplet, droplet_id, body)

    def remove_image(self, id: int) -> None:  # noqa: A002 - the API's key
        """The image vanishes, as purged backups do."""
        self._thread.call(self.account.images.pop, id, None)

    def accept_offer(self, offer_id: int) -> Offer:
        """The recipient takes an image that was offered."""
        return self._thread.call(self.account.offers.accept, offer_id)

    def act(self, image_id: int, body: dict[str, Any]) -> Action:
        """Start an image action from elsewhere: the control panel, another program."""
        return self._thread.call(self.account.act, image_id, body)

    def end_action(self, action_id: int, outcome: str = COMPLETED) -> Action:
        """End an action now, as `completed` or `errored`."""
        return self._thread.call(self.account.end, action_id, outcome)

    def next_action(self, seconds: float | None, outcome: str = COMPLETED) -> None:
        """The next action accepted ends after `seconds` (None: never) as `outcome`."""
        self._thread.call(self.account.endings.append, Ending(seconds, outcome))

    def add_activity(self, count: int) -> None:
        """Thousands of actions of other resources: listing then costs more pages."""
        self._thread.call(self.account.add_activity, count)

    def add_image_activity(self, image_id: int, count: int, region: str = "ams3") -> None:
        """Finished transfers of one image, newer than all others of its list."""
        self._thread.call(self.account.add_image_activity, image_id, count, region)

    @property
    def action_seconds(self) -> float:
        return self.account.action_seconds

    @action_seconds.setter
    def action_seconds(self, seconds: float) -> None:
        self.account.action_seconds = seconds

    @property
    def speed(self) -> float:
        """How many times as fast as real time actions get on."""
        return self.account.clock.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._thread.call(setattr, self.account.clock, "speed", speed)

    @property
    def skew(self) -> float:
        """Seconds by which DigitalOcean's time stamps are off."""
        return self.account.skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        self.account.skew = seconds

    def new_token(self) -> str:
        """Another token with the same rights, beside those before."""
        return self._thread.call(self.api.new_token)

    def revoke_old_tokens(self) -> None:
        """Only the newest token is good from now on."""
        self._thread.call(self.api.revoke_old_tokens)

    def skip(self, seconds: float) -> None:
        """Let time pass: what runs and would have ended by then has, and time stamps follow."""
        self._thread.call(self.account.skip, seconds)

    def limit_scopes(self, *scopes: str) -> None:
        """From now on the token has these scopes alone; without any: full access again."""
        self.api.scopes = set(scopes) if scopes else None

    def limit_calls(self, hourly: int = 5000, minutely: int = 250) -> None:
        """Set the token's limits."""
        self.api.rates.hourly, self.api.rates.minutely = hourly, minutely

    def use_up_calls(self, left: int = 0) -> None:
        """Something else with the same token has used the hour's budget but for `left`."""
        self._thread.call(self.api.rates.use_up, left)

    def close(self) -> None:
        """Refuse connections, and cut those that are open."""
        self._thread.run(self.site.close())

    def reopen(self) -> None:
        """Listen again, on the same port."""
        self._thread.run(self.site.open())

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        """Refuse connections within the block."""
        self.close()
        try:
            yield
        finally:
            self.reopen()

    def _images(self) -> dict[int, Image]:
        self.account.settle()
        return dict(self.account.images)

    def _change_image(self, image_id: int, fields: dict[str, Any]) -> Image:
        self.account.settle()
        changed = replace(self.account.images[image_id], **fields)
        self.account.images[image_id] = changed
        return changed
