"""A vote that counts: written down with all that its right follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.events import Event
from bot.domain.states import State
from bot.domain.step_up import Confirmed
from bot.policy.decide import Decision
from bot.policy.fields import is_group
from bot.policy.review import Choice, ReviewDecision
from bot.requests import counted
from bot.requests.gate import as_of_now
from bot.store import events, read_cache, transitions
from bot.store.rows import OpsRequest, gate_columns
from bot.store.transaction import Transaction


@dataclass(frozen=True)
class Voter:
    """Whoever votes, how, and by what they confirmed it."""

    person: str
    choice: Choice
    reason: str = ""
    confirmed: Confirmed | None = None


def cast(
    tx: Transaction, request: OpsRequest, by: Voter, decision: Decision, judged: ReviewDecision
) -> None:
    """Write a vote that counts, and move the request by it."""
    confirmed = by.confirmed
    method = confirmed.method if confirmed else None
    transitions.add_vote(tx, request.id, by.person, by.choice, by.reason, method)
    right: dict[str, object] = {
        "policy_digest": decision.policy_digest,
        "needed": decision.approvals,
        "qualified": qualified(tx, by.person, decision),
        "tally": counted.facts(decision, judged.tally),
    }
    if judged.tally.missing:  # the policy may have changed: what the card asks for follows it
        gate = gate_columns(as_of_now(request.gate, decision))
        transitions.update(tx, request.id, decision=gate)
    if confirmed:
        right["step_up"] = confirmed.facts()
    _count(tx, request, by, judged, right)


def _count(
    tx: Transaction,
    request: OpsRequest,
    by: Voter,
    judged: ReviewDecision,
    right: Mapping[str, object],
) -> None:
    if judged.denies:
        transitions.move(tx, request, State.DENIED)
        events.record(tx, request.id, Event.DENIED, by.person, {"reason": by.reason, **right})
    elif judged.approves:
        transitions.move(tx, request, State.APPROVED)
        approved_by = list(judged.tally.approved_by)
        facts = {"approved_by": approved_by, **right}
        events.record(tx, request.id, Event.APPROVED, by.person, facts)
    else:
        facts = {"missing": judged.tally.missing, **right}
        events.record(tx, request.id, Event.VOTED, by.person, facts)


def qualified(tx: Transaction, person: str, decision: Decision) -> dict[str, object]:
    """By which entry of the rule somebody may vote: by name, or as one of a group's members."""
    directory = read_cache.StoredDirectory(tx.connection, tx.now)
    later = set(decision.escalates_to).difference(*(group.entries for group in decision.groups))
    # By what the rule asks first, then by name: whom it escalates to comes last.
    for entry in sorted(decision.approver_entries, key=lambda e: (e in later, is_group(e))):
        escalated = {"escalated": True} if entry in later else {}
        members = directory.members(entry) if is_group(entry) else None
        if entry == person:
            return {"by": entry, **escalated}
        if members and person in members:
            return {"by": entry, "members": sorted(members), **escalated}
    return {"by": ""}
