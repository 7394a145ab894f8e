"""The image that comes of a step: found by its name and time, and written down for later steps."""

from __future__ import annotations

from bot.digitalocean import Client, DigitalOceanError
from bot.digitalocean.paging import PagesSeen
from bot.domain.resources import Image, readable_images
from bot.domain.steps import StepSpec
from bot.operations.registry import operation_of
from bot.store.requests import load
from bot.store.rows import Step
from bot.store.transaction import Transaction
from bot.store.transitions import resolve


def made_images(client: Client, spec: StepSpec, since: float) -> list[Image]:
    """The snapshots of a Droplet that have the name a step gives, and are not older.

    Args:
        since: epoch seconds by DigitalOcean's clock. What tells no time counts.

    Raises:
        DigitalOceanError: they cannot be listed, or not all of them.
    """
    made = operation_of(spec).makes(spec)
    there_before = set(spec.params.get("already_there", ()))
    found: dict[int, Image] = {}
    seen = PagesSeen()
    for page in client.droplets.snapshot_pages(spec.target.number):
        seen.add(page)
        for image in readable_images(page.get("snapshots")):
            young = image.created_at is None or image.created_at.timestamp() >= since
            named = made is not None and image.name == made.new_name
            if named and young and image.id not in there_before:
                found[image.id] = image
    if seen.lacks_some:  # one that is not listed may fit as well
        raise DigitalOceanError("DigitalOcean did not list all snapshots of the Droplet.")
    return list(found.values())


def note_made(tx: Transaction, step: Step, image_id: int) -> None:
    """Have the steps that work with the image know it."""
    made = operation_of(step.spec).makes(step.spec)
    request = load(tx.connection, step.ops_request)
    if made is not None and request is not None:
        resolve(tx, request.steps, made, image_id)
