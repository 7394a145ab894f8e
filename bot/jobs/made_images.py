"""The image that comes of a step: found by its name and time, and written down for later steps."""

from __future__ import annotations

from bot.digitalocean import Client
from bot.domain.resources import Image, readable_images
from bot.domain.steps import StepSpec
from bot.operations.registry import operation_of
from bot.store.rows import Step
from bot.store.transaction import Transaction
from bot.store.transitions import resolve


def made_images(client: Client, spec: StepSpec, since: float) -> list[Image]:
    """The snapshots of a Droplet that have the name a step gives, and are not older.

    Args:
        since: epoch seconds by DigitalOcean's clock. What tells no time counts.

    Raises:
        DigitalOceanError: they cannot be listed.
    """
    made = operation_of(spec).makes(spec)
    found: dict[int, Image] = {}
    for page in client.droplets.snapshot_pages(spec.target.number):
        for image in readable_images(page.get("snapshots")):
            young = image.created_at is None or image.created_at.timestamp() >= since
            if made is not None and image.name == made.new_name and young:
                found[image.id] = image
    return list(found.values())


def note_made(tx: Transaction, step: Step, image_id: int) -> None:
    """Have the steps that work with the image know it."""
    made = operation_of(step.spec).makes(step.spec)
    if made is not None:
        resolve(tx, step.ops_request, made, image_id)
