"""What the operations share that are image actions: `POST /v2/images/{image_id}/actions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.blockers import Blocker, BlockReason, Kind
from bot.domain.resources import Image, ImageAction
from bot.domain.steps import StepSpec
from bot.operations.base import Api, Started

AVAILABLE = frozenset({"available", "AVAILABLE", ""})
"""The statuses of an image that can be worked with."""

_GONE = frozenset({"deleted", "retired", "error", "errored", "failed"})
"""The statuses of an image that will not be available again. A failed import ends as `deleted`."""


def will_not_be_ready(image: Image) -> bool:
    """Whether its import failed, or it is gone."""
    failed = bool(image.error_message) or image.status.lower() in _GONE
    return image.status not in AVAILABLE and failed


def begin(api: Api, step: StepSpec, body: Mapping[str, Any]) -> Started:
    """Post the action.

    Raises:
        bot.digitalocean.DigitalOceanError: as `client.image_actions.post` does.
        pydantic.ValidationError: the answer holds no readable action.
    """
    answer = api.image_actions.post(step.target.number, dict(body))
    return Started(ImageAction.model_validate(answer.get("action")))


def not_ready(image: Image) -> Blocker | None:
    """An image that is still imported, or whose import failed, or that is gone takes no action."""
    if image.status in AVAILABLE:
        return None
    facts = {"image_id": image.id, "status": image.status, "error": image.error_message}
    if image.error_message:
        return Blocker(BlockReason.IMPORT_FAILED, facts=facts)
    if image.status.lower() in _GONE:
        return Blocker(BlockReason.NOT_THERE_ANY_MORE, facts=facts)
    return Blocker(BlockReason.NOT_READY, Kind.NOT_YET, facts=facts)
