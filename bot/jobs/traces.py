"""What a call left that begins no action: by it one is found whose answer was lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from bot.digitalocean import Client, DigitalOceanError, HttpResponseError
from bot.digitalocean.catalogue import volume_snapshots
from bot.domain.resources import VolumeSnapshot
from bot.operations.base import Finished, Handover, Trace
from bot.operations.give import by_email
from bot.operations.registry import operation_of
from bot.store.rows import Step

log = logging.getLogger(__name__)


def left_by(client: Client, step: Step, since: float) -> Finished | None:
    """What proves that a step's call was taken; None: nothing does, and that proves nothing.

    Args:
        since: what is older it did not make (epoch seconds, by DigitalOcean's clock).

    Raises:
        DigitalOceanError: it cannot be looked for.
    """
    match operation_of(step.spec).trace:
        case Trace.TARGET_GONE if _is_gone(client, step):
            target, to = step.resolved.target, step.spec.params["recipient"]
            return Finished(Handover(target.number, to, taken=True))
        case Trace.SNAPSHOT:
            made = list(_snapshots_of(client, step, since))
            return Finished(made=made[0].id) if len(made) == 1 else None
    return None


def _snapshots_of(client: Client, step: Step, since: float) -> Iterator[VolumeSnapshot]:
    """The new ones that have the name the step gives; what tells no time counts."""
    there_before = step.spec.params["already_there"]
    for each in volume_snapshots(client, step.spec.target.id):
        young = each.created_at is None or each.created_at.timestamp() >= since
        if young and each.name == step.spec.params["name"] and each.id not in there_before:
            yield each


def seen_after(client: Client, step: Step, done: Finished) -> Finished:
    """The same, with whether an image that was offered has left the account.

    It is only told of: where it cannot be looked at, that is not known.
    """
    if done.handover is None:
        return done
    return Finished(replace(done.handover, taken=_is_taken(client, step, done.handover)))


def _is_taken(client: Client, step: Step, offered: Handover) -> bool | None:
    if by_email(offered.recipient):
        return False  # they have to accept it first
    try:
        return _is_gone(client, step)
    except DigitalOceanError as error:
        log.warning("step %s: whether its image is gone is not known: %s", step.id, error.problem)
        return None


def _is_gone(client: Client, step: Step) -> bool:
    try:
        client.images.get(step.resolved.target.number)
    except HttpResponseError as error:
        if error.is_not_found:
            return True
        raise
    return False
