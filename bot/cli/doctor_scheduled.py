"""`doctor`, what schedules name: whether it is in the account."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.findings import Finding, wrong
from bot.cli.schedules import check_command
from bot.config import Settings
from bot.digitalocean import Client, DigitalOceanError
from bot.digitalocean.catalogue import Catalogue
from bot.domain.droplets import WhichDroplets, meant
from bot.domain.latest import fitting
from bot.domain.places import Places
from bot.domain.pruning import Pruning
from bot.domain.search import named
from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting, meant_volumes
from bot.errors import BotError, PolicyError
from bot.operations.image_actions import AVAILABLE
from bot.operations.registry import latest_type
from bot.policy.file import PolicyFile
from bot.schedules.file import read
from bot.signed_files import file_check
from handlers.commands.latest import LatestImage
from handlers.commands.model import Ask, NamedImage
from handlers.commands.scheduled import ScheduledWork, scheduled_work

_SECONDS = 10.0
"""How long one list may take."""


def named_by_schedules(settings: Settings) -> Iterator[Finding]:
    """What a schedule names and the account lacks; nothing where it cannot be listed: the checks
    of the token tell why."""
    if settings.schedules_path is None:
        return
    try:
        found = read(settings.schedules_path, check_command, file_check(settings.policy_keys))
        places = Places(sets=PolicyFile(settings.policy_path).current.regions)
    except (BotError, PolicyError):
        return  # told by the checks of these files
    client = Client(
        settings.digitalocean_token.get_secret_value(),
        endpoint=settings.digitalocean_api_url,
        timeout=_SECONDS,
    )
    catalogue = Catalogue(client)
    try:
        for schedule in found:
            for lacks in _lacking(catalogue, scheduled_work(schedule.command, places)):
                fix = "Name one that is there, or take the schedule out of the file."
                yield wrong("schedules", f"“{schedule.name}” names {lacks}", fix)
    finally:
        catalogue.close()
        client.close()


def _lacking(catalogue: Catalogue, work: ScheduledWork) -> list[str]:
    try:
        return list(_not_there(catalogue, work))
    except DigitalOceanError:
        return []


def _not_there(catalogue: Catalogue, work: ScheduledWork) -> Iterator[str]:
    """In words, each with how many there are instead of one."""
    match work:
        case Snapshotting():
            yield from _no_droplet(catalogue, work)
        case Pruning(droplet=droplet, by_number=by_number) if droplet:
            yield from _no_droplet(catalogue, WhichDroplets(droplet, by_number))
        case VolumeSnapshotting():
            volumes, complete = catalogue.volumes()
            yield from _unless_one(
                f"volume “{work.volume}”",
                len(meant_volumes(work.volume, volumes)),
                complete=complete,
            )
        case Ask():
            for image in work.images:
                yield from _no_image(catalogue, work.operation, image)


def _no_droplet(catalogue: Catalogue, which: WhichDroplets) -> Iterator[str]:
    droplets, complete = catalogue.recent_droplets()
    found = len(meant(which, droplets))
    if which.tag:
        what, found = f"Droplets with the tag “{which.tag}”", min(found, 1)
    else:
        what = f"Droplet {which.droplet}" if which.by_number else f"Droplet “{which.droplet}”"
    yield from _unless_one(what, found, complete=complete)


def _no_image(catalogue: Catalogue, operation: str, image: NamedImage) -> Iterator[str]:
    if isinstance(image, int):
        there = catalogue.image(image) is not None
        yield from _unless_one(f"image {image}", int(there), complete=True)
    elif isinstance(image, LatestImage) and image.of_droplet:
        yield from _no_droplet(catalogue, WhichDroplets(image.text))
    elif isinstance(image, LatestImage):
        listing = catalogue.recent()
        fits = fitting(image.text, latest_type(operation), listing.images, AVAILABLE)
        yield from _unless_one(f"`{image}`", min(len(fits), 1), complete=listing.complete)
    else:
        listing = catalogue.recent()
        exact, _ = named(str(image), listing.images)
        yield from _unless_one(f"image “{image}”", len(exact), complete=listing.complete)


def _unless_one(what: str, found: int, *, complete: bool) -> Iterator[str]:
    if found > 1:
        yield f"{what}, and there are {found} of that name"
    elif not found and complete:
        yield f"{what}, and there is none in this account"
