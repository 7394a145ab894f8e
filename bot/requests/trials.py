"""`--dry-run`: what would become of a command, now that its images were looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.blockers import Blocker
from bot.domain.evidence import SeenImage, gather
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.operations.base import Account
from bot.operations.registry import operation_of
from bot.policy.decide import decide
from bot.policy.match import PolicyInput
from bot.requests.assessment import missing, policy_steps
from bot.requests.commands import RequestDraft
from bot.requests.unit_of_work import Dependencies
from bot.store import durations, read_cache
from bot.views import consequences, policy_text, trials


def trial(
    deps: Dependencies,
    connection: Connection,
    draft: RequestDraft,
    images: Mapping[int, Image | None],
) -> str:
    """What would be sent, what stands in its way, what follows, and who would approve.

    Args:
        images: those of the draft's steps, as DigitalOcean shows them now; None: there is none.
    """
    account = Account(read_cache.regions(connection))
    found = [(step, _blocker(step, images, account)) for step in draft.steps]
    ahead = tuple(step for step, blocker in found if blocker is None)
    blockers = [blocker for _, blocker in found if blocker is not None]
    seen = [image for image in images.values() if image is not None]
    if not ahead:
        return trials.shown(ahead, seen, blockers, ())
    preview = previewed(deps, connection, replace(draft, steps=ahead), seen)
    return trials.shown(ahead, seen, blockers, preview)


def previewed(
    deps: Dependencies, connection: Connection, draft: RequestDraft, seen: Sequence[Image]
) -> Iterator[str]:
    """Who would approve, what follows and how long it takes, a line each.

    Args:
        seen: what the draft's steps are done to, as DigitalOcean shows it now.
    """
    now, known = deps.store.clock(), {SeenImage.of(image).target: image for image in seen}
    asked = PolicyInput(
        steps=policy_steps(draft.steps, known),
        requester=draft.requester,
        channel=draft.channel,
        at=datetime.fromtimestamp(now, UTC),
        break_glass=bool(draft.break_glass),
        reason=draft.reason,
    )
    decision = decide(deps.policy.current, asked, read_cache.StoredDirectory(connection, now))
    evidence = gather(seen, draft.steps, draft.requester, decision.rule or "")
    said = consequences.of_steps(draft.steps, evidence, now)
    in_turn = any(step.target not in known for step in draft.steps)  # what takes the sum of all
    seconds = None if in_turn else durations.slowest(connection, draft.steps, seen[0])
    return policy_text.preview(decision, said, seconds)


def _blocker(
    step: StepSpec, images: Mapping[int, Image | None], account: Account
) -> Blocker | None:
    image = images.get(step.target.number)
    if image is None:
        return missing(step, gone=False)
    return operation_of(step).preflight(image, step, account)
