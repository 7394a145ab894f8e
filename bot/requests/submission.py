"""Asking for something: a draft becomes a new request, joins what is under way, or is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from bot.domain.events import Event
from bot.operations.registry import predecessors
from bot.operations.standing import standing_step
from bot.policy.decide import Decision, Verdict
from bot.policy.stored import cause_of_decision
from bot.requests.clicks import only_image
from bot.requests.commands import BySender, Opened, RequestDraft
from bot.requests.idempotency import TEXT, Kept, taken_once
from bot.requests.joining import as_json, decision_on_draft, join_twins, supersede
from bot.requests.telling import tell
from bot.requests.unit_of_work import UnitOfWork
from bot.store import audit, events, transitions
from bot.store.rows import NewRequest
from bot.store.transaction import Transaction
from bot.views import answers, formats, policy_text

_CHECK_PATIENCE = 4 * 3600.0
"""How long, in seconds, a request waits for DigitalOcean to be reachable before it expires."""


@dataclass(frozen=True)
class OpenRequest(BySender):
    """Ask for what a draft says."""

    draft: RequestDraft


def _opened_from(text: str) -> Opened:
    kept = json.loads(text)
    return Opened(**{**kept, "joined": tuple(kept["joined"])})


_OPENED = Kept[Opened](lambda opened: json.dumps(asdict(opened)), _opened_from)


@taken_once(TEXT)
def open_request(uow: UnitOfWork, command: OpenRequest) -> str:
    """Take a new ops request, or join the one that is under way; the answer to the sender."""
    return open_draft(uow, command.draft, command.by.asker.response_url).text


@taken_once(TEXT)
def open_by_click(uow: UnitOfWork, command: OpenRequest) -> str:
    """The same for a button: the answer goes to whoever clicked, alone."""
    asker = command.by.asker
    return tell(uow.tx, asker, open_draft(uow, command.draft, asker.response_url).text)


@taken_once(_OPENED)
def open_from_form(uow: UnitOfWork, command: OpenRequest) -> Opened:
    """The same for a form, which stays open where the policy refuses."""
    return open_draft(uow, command.draft, command.by.asker.response_url)


def open_draft(uow: UnitOfWork, draft: RequestDraft, response_url: str) -> Opened:
    """Open what is not under way already, and join the rest."""
    tx = uow.tx
    if draft.occasion and draft.occasion.due_at is None:
        step = standing_step(draft.occasion, draft.steps)
        draft = replace(draft, steps=(step,))
    decision = decision_on_draft(uow, draft)
    if decision.verdict is Verdict.REFUSE:  # whom it refuses joins nobody's request
        return _refuse(tx, draft, decision, [])
    superseded = supersede(uow, draft) if draft.break_glass else []
    joined = join_twins(tx, draft, decision)
    if not joined.left:
        said = "\n".join(joined.said)
        return Opened(said, joined=joined.numbers, left_out=joined.left_out)
    if joined.left != draft.steps:
        draft = replace(draft, steps=joined.left)
        decision = decision_on_draft(uow, draft)
        if decision.verdict is Verdict.REFUSE:
            return _refuse(tx, draft, decision, joined.said)
    request_id = _insert(tx, draft, response_url)
    for twin in superseded:
        events.record(tx, twin.id, Event.SUPERSEDED, draft.requester, {"by": request_id})
    asked = formats.asked_of(formats.numbered(draft.steps), draft.steps)
    taken = answers.taken(request_id, asked)
    return Opened("\n".join([*joined.said, taken]), request_id)


def _refuse(
    tx: Transaction, draft: RequestDraft, decision: Decision, joined: Sequence[str]
) -> Opened:
    audit.append(
        tx,
        Event.REFUSED,
        draft.requester,
        image_id=only_image(draft.steps),
        channel=draft.channel,
        rule=decision.rule or "",
        facts={
            "policy": decision.reason,
            "cause": cause_of_decision(decision).as_json(),
            "steps": as_json(draft.steps),
        },
    )
    return Opened("\n".join([*joined, policy_text.refused(decision)]), refused=True)


def _insert(tx: Transaction, draft: RequestDraft, response_url: str) -> int:
    occasion = draft.occasion
    request_id = transitions.insert(
        tx,
        NewRequest(
            requester=draft.requester,
            channel=draft.channel,
            steps=draft.steps,
            after=predecessors(draft.steps, in_turn=draft.in_turn),
            reason=draft.reason,
            break_glass=draft.break_glass,
            response_url=response_url,
            expires_at=tx.now + _CHECK_PATIENCE,
            schedule=occasion.schedule if occasion else "",
            due_at=occasion.due_at if occasion else None,
        ),
    )
    audit.append(  # and no more: nothing is shown of it yet, and its ack waits
        tx,
        Event.REQUESTED,
        draft.requester,
        ops_request=request_id,
        image_id=only_image(draft.steps),
        channel=draft.channel,
        facts={
            "steps": as_json(draft.steps),
            "reason": draft.reason,
            "break_glass": draft.break_glass,
            **({"in_turn": True} if draft.in_turn else {}),
            **(occasion.facts if occasion else {}),
        },
    )
    return request_id
