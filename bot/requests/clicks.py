"""What all clicks on cards share: the request that is meant, the policy asked, a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.evidence import DIGEST_SHOWN
from bot.domain.jobs import Job
from bot.domain.states import OPEN
from bot.domain.steps import StepSpec, TargetKind
from bot.policy.decide import Decision, decide
from bot.policy.review import ReviewReason
from bot.requests.assessment import asked_of, images_seen
from bot.requests.commands import Click
from bot.requests.outcomes import Refused
from bot.requests.policy_log import note_policy
from bot.requests.telling import tell
from bot.requests.unit_of_work import UnitOfWork
from bot.store import audit, outbox, read_cache, requests
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction
from bot.views import answers


def clicked(connection: Connection, click: Click, *, for_update: bool = False) -> OpsRequest | None:
    """The request that a click is about; None: there is none, or the button was drawn for
    another one, by another bot of the same Slack app or from another database."""
    request = requests.load(connection, click.request_id, for_update=for_update)
    if request is None or click.digest is None:
        return request
    if click.digest == request.evidence_digest[:DIGEST_SHOWN]:
        return request
    if click.digest:
        return None
    shown = outbox.request_at(connection, click.channel, click.message_ts)
    return request if shown == request.id else None


def tell_none(uow: UnitOfWork, click: Click) -> Refused:
    """Whoever clicked is told that there is no such request."""
    return Refused(tell(uow.tx, click.asker, answers.no_such_request(click.request_id)))


def decision_now(uow: UnitOfWork, request: OpsRequest) -> Decision:
    """What the policy in force says of a request that is under way, as it was evidenced."""
    tx = uow.tx
    policy = note_policy(tx, uow.deps.policy)
    now = audit.time_for(tx.connection, request.id, tx.now)
    asked = asked_of(tx.connection, request, now, images_seen(request), policy)
    return decide(policy, asked, read_cache.StoredDirectory(tx.connection, tx.now))


def refuse_click(
    uow: UnitOfWork, click: Click, request: OpsRequest, text: str, facts: Mapping[str, object]
) -> Refused:
    """Whoever clicked is told why nothing came of it; it stands in the audit log."""
    if not uow.deps.refused.wait(click.person):  # of a flood the log holds enough
        audit_refusal(uow.tx, request, click.person, facts)
    if facts.get("policy") == ReviewReason.EXPIRED and request.state in OPEN:
        uow.tx.enqueue(Job.EXPIRE, request.id)
    return Refused(tell(uow.tx, click.asker, text))


def audit_refusal(
    tx: Transaction, request: OpsRequest, person: str, facts: Mapping[str, object]
) -> None:
    """A refused click stands in the audit log."""
    audit.append(
        tx,
        Event.CLICK_REFUSED,
        person,
        ops_request=request.id,
        image_id=only_image(request.specs),
        channel=request.channel,
        rule=request.rule,
        evidence_digest=request.evidence_digest,
        facts=facts,
    )


def only_image(steps: Iterable[StepSpec]) -> int | None:
    """The one image that all steps are about, for the audit log; None: several."""
    targets = {step.target for step in steps}
    only = targets.pop() if len(targets) == 1 else None
    return only.number if only and only.kind is TargetKind.IMAGE else None
