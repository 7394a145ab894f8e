"""Former and open requests, as another policy can be tried on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy.engine import Connection

from bot.policy.decide import Verdict
from bot.policy.explain import Past
from bot.policy.schema import Policy
from bot.requests.assessment import asked_of, images_seen
from bot.store.rows import OpsRequest


def past_of(connection: Connection, former: Iterable[OpsRequest], policy: Policy) -> Iterator[Past]:
    """What was decided of each, and what it was asked about; without those still being checked."""
    for request in former:
        if not request.evidence:
            continue
        verdict = Verdict.ASK if request.gate.approvals else Verdict.RUN
        yield Past(
            label=f"request {request.id}",
            asked=asked_of(connection, request, request.created_at, images_seen(request), policy),
            verdict=verdict,
            rule=request.rule,
            approvals=request.gate.approvals,
        )
