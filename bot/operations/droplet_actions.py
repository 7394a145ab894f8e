"""What the operations share that are Droplet actions: `POST /v2/droplets/{droplet_id}/actions`."""

from __future__ import annotations

from bot.domain.blockers import Blocker, BlockReason
from bot.domain.resources import Image, ImageAction
from bot.domain.steps import StepSpec, TargetKind
from bot.operations.base import Api, Operation, Started

_READY = frozenset({"active", "off", ""})
"""The statuses of a Droplet that can be worked with; one that tells none DigitalOcean judges."""


class DropletAction(Operation):
    """An action on a Droplet, followed until it ends."""

    target = TargetKind.DROPLET

    def call(self, step: StepSpec) -> str:
        return f"POST /v2/droplets/{step.target.id}/actions"

    def start(self, api: Api, step: StepSpec) -> Started:
        answer = api.droplet_actions.post(step.target.number, dict(self.body(step)))
        return Started(ImageAction.model_validate(answer.get("action")))


def droplet_not_ready(droplet: Image) -> Blocker | None:
    """A Droplet that is still made, or archived, takes no action."""
    if droplet.status in _READY:
        return None
    facts = {"droplet_id": droplet.id, "status": droplet.status}
    return Blocker(BlockReason.DROPLET_NOT_READY, facts=facts)
