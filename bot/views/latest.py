"""Which image `latest …` was found to be, or between which it cannot be told."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.resources import Image
from bot.domain.search import By, Named
from bot.views import formats, images
from bot.views.escape import safe
from bot.views.message import Message


def found(command: Named, image: Image, soon: str = "") -> str:
    """The one that is meant, in a sentence.

    Args:
        soon: the name of a newer one that is being made; empty: none is.
    """
    made = f", created {formats.moment(image.created_at.timestamp())}" if image.created_at else ""
    newer = f" A newer one is being made: {formats.named(soon)}." if soon else ""
    return f"`{_typed(command)}` is {formats.named(image.name)} ({image.id}){made}.{newer}"


def unsure(
    command: Named, possible: Sequence[Image], look_up_id: int, type_: str, *, complete: bool
) -> Message:
    """Nothing fits, or several could be the newest: nothing is done before one is chosen.

    Args:
        type_: of the images that were looked for.
        complete: False where DigitalOcean did not list all images.
    """
    if not possible:
        return Message(_nothing(command, type_, complete=complete))
    if not complete:
        why = (
            f"`{_typed(command)}`: this is the newest that I see, but DigitalOcean did not list all"
            " of your images. Is it the one?"
        )
    elif any(image.created_at is None for image in possible):
        why = f"`{_typed(command)}`: not all have a creation time. Which one is meant?"
    else:
        why = f"`{_typed(command)}`: {len(possible)} are equally new. Which one is meant?"
    return images.to_choose(why, possible, look_up_id)


def _nothing(command: Named, type_: str, *, complete: bool) -> str:
    missing = "" if complete else " DigitalOcean did not list all of your images."
    if command.by is By.LATEST_OF:
        return (
            f"Droplet “{safe(command.name, 80)}” has no {type_} that can be used.{missing}"
            " Nothing was sent."
        )
    return (
        f"No {type_} that can be used has a name like `{safe(command.name, 120)}`.{missing} Nothing"
        " was sent. `*` stands for any letters: `latest web-*`."
    )


def _typed(command: Named) -> str:
    return safe(command.typed, 120)
