"""Links into DigitalOcean's control panel, where people look when the bot cannot tell."""

from __future__ import annotations

from bot.domain.steps import Target, TargetKind

_PANEL = "https://cloud.digitalocean.com"
_LISTS = {
    "snapshot": "images/snapshots/droplets",
    "backup": "images/backups",
    "custom": "images/custom_images",
}
"""Where the panel lists images of a type; it has no page for a single one."""


def of_image(type_: str) -> str:
    """The address of the list that an image of this type stands in; empty for a public one."""
    return f"{_PANEL}/{_LISTS[type_]}" if type_ in _LISTS else ""


def of_target(target: Target, type_: str = "") -> str:
    """The address for what a step is done to; empty where there is none.

    Args:
        type_: of an image, where it is known.
    """
    if target.kind is TargetKind.DROPLET:
        return f"{_PANEL}/droplets/{target.id}"
    if target.kind is TargetKind.VOLUME:
        return f"{_PANEL}/volumes"
    return of_image(type_) if target.kind is TargetKind.IMAGE else ""


def link(address: str, text: str = "control panel") -> str:
    """It as mrkdwn; empty for none."""
    return f"<{address}|{text}>" if address else ""
