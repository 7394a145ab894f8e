"""The account's private images: listed anew, or as they were a moment ago.

Menus that fill while somebody types cannot wait for DigitalOcean: they get what is known, and
what is on its way is there when the next letter is typed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from bot.digitalocean import Client, DigitalOceanError, reading
from bot.digitalocean.paging import PagesSeen
from bot.domain.mistaken import Mistaken, called
from bot.domain.resources import (
    Droplet,
    Image,
    Volume,
    VolumeSnapshot,
    readable_droplets,
    readable_images,
    readable_volume_snapshots,
    readable_volumes,
)
from bot.domain.steps import TargetKind
from bot.errors import BotError

log = logging.getLogger(__name__)

FRESH_SECONDS = 20.0
"""How old a listing may be for a menu or a list before it is read again."""
_MOST_WAITING = 2
"""Threads that wait for the first listing: the others must go on answering people."""
STALE_SECONDS = 300.0
"""How old it may be where DigitalOcean does not answer in time."""
_PAGES = 25
"""At the most this many pages of 200 images are read."""


def volume_snapshots(client: Client, volume_id: str) -> tuple[VolumeSnapshot, ...]:
    """All snapshots of a volume.

    Raises:
        DigitalOceanError: they cannot be listed, or not all of them.
    """
    found: dict[str, VolumeSnapshot] = {}
    seen = PagesSeen()
    for page in client.volume_snapshots.pages(volume_id):
        seen.add(page)
        found |= {each.id: each for each in readable_volume_snapshots(page.get("snapshots"))}
    if seen.lacks_some:
        raise DigitalOceanError("DigitalOcean did not list all snapshots of the volume.")
    return tuple(found.values())


class NotAskedHere(DigitalOceanError):
    """This process holds no token of DigitalOcean's: only the worker does."""

    def __init__(self) -> None:
        super().__init__(
            "The part of me that shows forms does not ask DigitalOcean itself.",
            "Type the command instead, such as `/image transfer web-1 nyc3`.",
        )


class TooSlow(BotError):
    """DigitalOcean did not answer in time; nothing is wrong otherwise."""


@dataclass(frozen=True)
class Listing:
    """The private images, each once. `complete`: it is proved that there are no others. `at`:
    monotonic seconds."""

    images: tuple[Image, ...]
    complete: bool
    at: float


class Catalogue:
    """Reads images, from any number of threads; one listing is under way at a time.

    Args:
        client: None: nothing can be read here, and each look raises `NotAskedHere`.
    """

    def __init__(self, client: Client | None) -> None:
        self._asks = client
        self._lock = threading.Lock()
        self._known: Listing | None = None
        self._droplets: tuple[tuple[tuple[Droplet, ...], bool], float] | None = None
        self._coming: Future[Listing] | None = None
        self._places = threading.BoundedSemaphore(_MOST_WAITING)
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalogue")

    @property
    def is_here(self) -> bool:
        """Whether DigitalOcean can be asked by this process."""
        return self._asks is not None

    @property
    def _client(self) -> Client:
        if self._asks is None:
            raise NotAskedHere
        return self._asks

    def fresh(self) -> Listing:
        """The images as they are now.

        Raises:
            DigitalOceanError: they cannot be listed.
        """
        found: dict[int, Image] = {}
        seen = PagesSeen()
        for page in islice(self._client.images.pages(per_page=200, private=True), _PAGES):
            seen.add(page)
            found |= {image.id: image for image in readable_images(page.get("images"))}
        listing = Listing(tuple(found.values()), seen.proves_all, time.monotonic())
        with self._lock:
            self._known = listing
        return listing

    def droplets(self) -> tuple[tuple[Droplet, ...], bool]:
        """The account's Droplets as they are now, and whether it is proved that these are all.

        Raises:
            DigitalOceanError: they cannot be listed.
        """
        found: dict[int, Droplet] = {}
        seen = PagesSeen()
        for page in islice(self._client.droplets.pages(per_page=200), _PAGES):
            seen.add(page)
            found |= {each.id: each for each in readable_droplets(page.get("droplets"))}
        return tuple(found.values()), seen.proves_all

    def recent_droplets(self) -> tuple[tuple[Droplet, ...], bool]:
        """The same as they were within the last `FRESH_SECONDS`.

        Raises:
            DigitalOceanError: they cannot be listed.
        """
        with self._lock:
            known = self._droplets
        if known is None or time.monotonic() - known[1] >= FRESH_SECONDS:
            known = self.droplets(), time.monotonic()
            with self._lock:
                self._droplets = known
        return known[0]

    def volumes(self) -> tuple[tuple[Volume, ...], bool]:
        """The account's volumes as they are now, and whether it is proved that these are all.

        Raises:
            DigitalOceanError: they cannot be listed.
        """
        found: dict[UUID, Volume] = {}
        seen = PagesSeen()
        for page in islice(self._client.volumes.pages(per_page=200), _PAGES):
            seen.add(page)
            found |= {each.id: each for each in readable_volumes(page.get("volumes"))}
        return tuple(found.values()), seen.proves_all

    def volume_snapshots(self, volume_id: str) -> tuple[VolumeSnapshot, ...]:
        """The snapshots of a volume as they are now.

        Raises:
            DigitalOceanError: they cannot be listed.
        """
        return volume_snapshots(self._client, volume_id)

    def recent(self) -> Listing:
        """The images as they were within the last `FRESH_SECONDS`.

        Raises:
            DigitalOceanError: they cannot be listed.
        """
        with self._lock:
            known = self._known
        is_fresh = known is not None and time.monotonic() - known.at < FRESH_SECONDS
        return known if known is not None and is_fresh else self.fresh()

    def soon(self, seconds: float) -> Listing:
        """The images as they are known, at once; read anew behind it where that is a while ago.

        Only while nothing is known, or nothing younger than `STALE_SECONDS`, it waits, for
        `seconds` at the most.

        Raises:
            TooSlow: nothing is known yet, and DigitalOcean does not answer in time, or others
                wait for it already.
            DigitalOceanError: they cannot be listed.
        """
        with self._lock:
            known, now = self._known, time.monotonic()
            if known and now - known.at < FRESH_SECONDS:
                return known
            if self._coming is None or self._coming.done():
                self._coming = self._readers.submit(self.fresh)
            coming = self._coming
        if known and now - known.at < STALE_SECONDS:
            return known
        if not self._places.acquire(blocking=False):
            raise TooSlow("DigitalOcean is slow.", "Type again in a moment.")
        try:
            return coming.result(seconds)
        except NotInTime:
            raise TooSlow("DigitalOcean is slow.", "Type again in a moment.") from None
        finally:
            self._places.release()

    def image(self, image_id: int) -> Image | None:
        """One image as it is now; None: there is none with this id.

        Raises:
            DigitalOceanError: it cannot be looked up.
        """
        return reading.image(self._client, image_id)

    def known(self, image_id: int) -> Image | None:
        """One image as it was a moment ago, without asking."""
        with self._lock:
            known = self._known
        if known is None or time.monotonic() - known.at > FRESH_SECONDS:
            return None
        return next((image for image in known.images if image.id == image_id), None)

    def mistaken(self, typed: str, besides: TargetKind) -> Mistaken | None:
        """What of another kind has this name or number; None: nothing, or it cannot be told now."""
        lists: dict[TargetKind, Callable[[], Iterable[Image | Droplet | Volume]]] = {
            TargetKind.DROPLET: lambda: self.recent_droplets()[0],
            TargetKind.VOLUME: lambda: self.volumes()[0],
            TargetKind.IMAGE: lambda: self.recent().images,
        }
        for kind, known in lists.items():
            try:
                found = None if kind is besides else called(typed, kind, known())
            except DigitalOceanError as error:  # it only helps whoever typed it
                log.info("whether “%s” is a %s is not known: %s", typed, kind, error.problem)
                continue
            if found is not None:
                return found
        return None

    def close(self) -> None:
        """Begin no other listing."""
        self._readers.shutdown(wait=False, cancel_futures=True)
