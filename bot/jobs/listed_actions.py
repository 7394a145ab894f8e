"""The actions of an image or a Droplet: its own list, or the account's where that one fails."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice

from bot.digitalocean import Client, DigitalOceanError, HttpResponseError
from bot.digitalocean.droplets import DropletActions
from bot.digitalocean.images import ImageActions
from bot.digitalocean.paging import PagesSeen
from bot.domain.resources import ImageAction, readable_actions
from bot.domain.steps import Target, TargetKind

log = logging.getLogger(__name__)

_MOST_PAGES = 10
"""Pages of the account's list, of 200 actions each, that are read for one target."""
_SAYS_IT_ALL = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
"""Answers that the account's list would not better."""


@dataclass(frozen=True)
class Listed:
    """What was listed.

    Attributes:
        actions: of this target alone.
        lacks: why others may be there all the same; None: these are all.
        of_account: the failure for which the account's list was taken, which at times misses
            actions; None: it is the target's own.
    """

    actions: Sequence[ImageAction]
    lacks: DigitalOceanError | None = None
    of_account: DigitalOceanError | None = None


def actions_of(client: Client, target: Target) -> ImageActions | DropletActions:
    """The calls about the actions of such a target."""
    is_droplet = target.kind is TargetKind.DROPLET
    return client.droplet_actions if is_droplet else client.image_actions


def listed(client: Client, target: Target, since: float) -> Listed:
    """The actions of a target.

    Args:
        since: what began before it need not be among them (epoch seconds).

    Raises:
        DigitalOceanError: neither list can be read.
    """
    try:
        return _own(client, target)
    except DigitalOceanError as error:
        if isinstance(error, HttpResponseError) and error.status_code in _SAYS_IT_ALL:
            raise
        log.warning("the own list of %s cannot be read: %s", target.id, error.problem)
        try:
            return _of_account(client, target, since, error)
        except DigitalOceanError:
            raise error from None


def _own(client: Client, target: Target) -> Listed:
    seen = PagesSeen()
    actions: list[ImageAction] = []
    for page in actions_of(client, target).pages(target.number):
        seen.add(page)
        actions += readable_actions(page.get("actions"))
    lacks = DigitalOceanError("DigitalOcean did not list all of the image's actions.")
    return Listed(actions, lacks if seen.lacks_some else None)


def _of_account(client: Client, target: Target, since: float, why: DigitalOceanError) -> Listed:
    """The newest come first: what is read reaches back to `since`, or lacks some."""
    seen = PagesSeen()
    actions: list[ImageAction] = []
    for page in islice(client.actions.pages(), _MOST_PAGES):
        seen.add(page)
        there = list(readable_actions(page.get("actions")))
        actions += [action for action in there if _is_of(action, target)]
        if any(action.started_at and action.started_at.timestamp() < since for action in there):
            return Listed(actions, None, why)
    return Listed(actions, None if seen.proves_all else why, why)


def _is_of(action: ImageAction, target: Target) -> bool:
    """In the account's list one that does not say of what it is may be of anything."""
    return action.resource_id == target.number and action.resource_type in (target.kind, "")
