"""What a draft finds under way already: it joins that, or an emergency closes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.resources import Image
from bot.domain.search import Asker
from bot.domain.states import State
from bot.domain.steps import StepSpec, Target
from bot.operations.registry import operation_of, predecessors
from bot.policy.decide import Decision, decide
from bot.policy.match import PastRequest, PolicyInput
from bot.requests.assessment import images_seen, policy_steps
from bot.requests.commands import RequestDraft
from bot.requests.query import joined_under, may_read, reader_of
from bot.requests.unit_of_work import UnitOfWork
from bot.store import events, outbox, read_cache, requests, transitions
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction
from bot.views import answers

_SUPERSEDED = Cause(CauseKind.SUPERSEDED)


def decision_on_draft(
    uow: UnitOfWork,
    draft: RequestDraft,
    images: Mapping[Target, Image | None] | None = None,
) -> Decision:
    """What the policy says before anything is looked up at DigitalOcean.

    Args:
        images: those that are known by somebody else's request.
    """
    tx, policy = uow.tx, uow.policy
    former = requests.earlier_requests(
        tx.connection, draft.requester, tx.now, policy.quotas, besides=0
    )
    asked = PolicyInput(
        steps=policy_steps(draft.steps, images),
        requester=draft.requester,
        channel=draft.channel,
        at=datetime.fromtimestamp(tx.now, UTC),
        break_glass=bool(draft.break_glass),
        earlier=tuple(PastRequest(rule, datetime.fromtimestamp(at, UTC)) for rule, at in former),
        reason=draft.reason,
    )
    return decide(policy, asked, read_cache.StoredDirectory(tx.connection, tx.now))


def supersede(uow: UnitOfWork, draft: RequestDraft) -> list[OpsRequest]:
    """Close the requests that wait for approvals which emergency access may go round, or may have
    to wait for them: they are still being checked.

    The policy is asked with the image as their approvers saw it, so nobody closes a request
    by an emergency access that would be refused. Of one that is being checked nobody has seen the
    image: where the policy has to know it, that one is joined.
    """
    closed: list[OpsRequest] = []
    while twin := requests.unfinished_twin(uow.tx.connection, draft.steps):
        if twin.state not in (State.CHECKING, State.PENDING) or twin.break_glass:
            break
        if any(operation_of(step).makes_image for step in twin.specs) and not (
            {step.key for step in twin.specs} <= {step.key for step in draft.steps}
        ):
            break  # an emergency about one old image must not take a whole plan away
        found = decision_on_draft(uow, draft, images_seen(twin))
        if not found.break_glass:
            break
        transitions.move(uow.tx, twin, State.CANCELLED, cause=_SUPERSEDED.as_json())
        if twin.state is State.CHECKING:  # it has no card that could tell
            outbox.add_answer(uow.tx, twin.id, twin.asker, answers.superseded_unseen(twin))
        closed.append(twin)
    return closed


@dataclass(frozen=True)
class Joined:
    """What became of a draft by others' requests.

    Attributes:
        said: a line for each.
        left: what is still to be asked for.
        numbers: those requests.
        left_out: a part of the plan is neither joined nor left.
    """

    said: list[str]
    left: tuple[StepSpec, ...]
    numbers: tuple[int, ...]
    left_out: bool = False


def join_twins(tx: Transaction, draft: RequestDraft, decision: Decision) -> Joined:
    """Join the requests that already do some of it.

    Of a plan nothing is left to be asked for: what follows a convert waits for that one convert.
    """
    said: list[str] = []
    numbers: list[int] = []
    left = draft.steps
    while left:
        twin = requests.unfinished_twin(tx.connection, left)
        under_way = {s.spec.key for s in twin.steps if not s.finished} if twin else ()
        both = tuple(step for step in left if step.key in under_way)
        if twin is None or not both:
            break
        numbers.append(twin.id)
        whole = _stands_or_falls(draft.steps, both)
        said.append(_join(tx, twin, left if whole else both, draft, decision))
        if draft.break_glass and twin.state is State.CHECKING and not twin.break_glass:
            said.append(answers.being_checked(twin))
        left = tuple(step for step in left if step not in both)
        if left and whole:
            said.append(answers.plan_under_way(twin))
            return Joined(said, (), tuple(numbers), left_out=True)
    return Joined(said, left, tuple(numbers))


def _join(
    tx: Transaction,
    twin: OpsRequest,
    steps: tuple[StepSpec, ...],
    draft: RequestDraft,
    decision: Decision,
) -> str:
    person = draft.requester
    before = joined_under(tx.connection, twin, person) if person in twin.followers else None
    new = before is None or not set(steps) <= set(before[1])
    if person != twin.requester and new:
        transitions.update(tx, twin.id, followers=list(dict.fromkeys([*twin.followers, person])))
        facts = {
            "from": draft.channel,
            "steps": as_json(steps),
            "asked_because": draft.reason,
            "joined_under": decision.rule or "",
            **(draft.occasion.facts if draft.occasion else {}),
        }
        events.record(tx, twin.id, Event.JOINED, person, facts)
    reader = reader_of(tx.connection, Asker(person, draft.channel))
    return answers.joined(twin, steps, readable=may_read(reader, twin))


def _stands_or_falls(plan: Sequence[StepSpec], joined: Collection[StepSpec]) -> bool:
    """Whether the rest of a plan is not asked for, where somebody else does a part of it.

    What follows a conversion waits for that one conversion. What is deleted after a snapshot may
    be deleted by others.
    """
    if operation_of(plan[0]).makes_image:
        return plan[0] in joined
    return any(after is not None for after in predecessors(plan))


def as_json(steps: Iterable[StepSpec]) -> list[dict[str, Any]]:
    """Steps as the audit log holds them."""
    return [step.as_json() for step in steps]
