"""One image, Droplet or volume, read anew and held against what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.digitalocean.client import Client
from bot.digitalocean.errors import HttpResponseError, UnreadableAnswer
from bot.domain.resources import Droplet, Image, Volume, image_of

_Found = TypeVar("_Found", Image, Droplet, Volume)


def image(client: Client, image_id: int) -> Image | None:
    """An image; None: there is none of this id.

    Raises:
        DigitalOceanError: it cannot be looked up, or the answer tells of another one.
    """
    return _one(lambda: client.images.get(image_id), "image", image_of, image_id)


def droplet(client: Client, droplet_id: int) -> Droplet | None:
    """The same of a Droplet."""
    decode = Droplet.model_validate
    return _one(lambda: client.droplets.get(droplet_id), "Droplet", decode, droplet_id)


def volume(client: Client, volume_id: str) -> Volume | None:
    """The same of a volume, by its uuid."""
    decode = Volume.model_validate
    return _one(lambda: client.volumes.get(volume_id), "volume", decode, volume_id)


def _one(
    get: Callable[[], Mapping[str, Any]],
    what: str,
    decode: Callable[[object], _Found],
    wanted: int | str,
) -> _Found | None:
    try:
        found = decode(get().get(what.lower()))
    except HttpResponseError as error:
        if error.is_not_found:
            return None
        raise
    except ValidationError as error:
        raise UnreadableAnswer(f"DigitalOcean's answer holds no readable {what}.") from error
    if str(found.id) != str(wanted):
        told = f"DigitalOcean answered with {what} {found.id} where {wanted} was asked for."
        raise UnreadableAnswer(told)
    return found
