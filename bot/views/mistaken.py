"""What somebody named that is of another kind than their command works with, and what helps."""

from __future__ import annotations

from bot.domain.mistaken import Mistaken
from bot.domain.steps import TargetKind
from bot.views import formats


def in_words(found: Mistaken | None) -> str:
    """A sentence to be put behind another; empty: nothing of another kind is called so."""
    if found is None:
        return ""
    which = f"{formats.named(found.name)} ({found.id})"
    match found.kind:
        case TargetKind.DROPLET:
            return (
                f" {which} is a Droplet: `/image snapshot {found.id}` takes a snapshot of it, and"
                f" `latest of {found.id}` names the newest there is."
            )
        case TargetKind.VOLUME:
            return (
                f" {which} is a volume: `/image snapshot volume {found.id}` takes a snapshot of it."
            )
    return f" {which} is an image: `/image show {found.id}` says what can be done with it."
