"""What people are shown once the policy lets a request through or asks, and what the log keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.evidence import Evidence
from bot.jobs import card_first
from bot.jobs.card_copies import places
from bot.policy.decide import Decision, Verdict
from bot.policy.review import Choice
from bot.requests.assessment import Assessment
from bot.store import events, outbox, read_cache, sending
from bot.store.requests import denied_before
from bot.store.rows import Denial, Gate, OpsRequest
from bot.store.transaction import Transaction

_DENIALS_COUNT_SECONDS = 30 * 86_400.0
"""How long a denial is shown with the next request for the same."""
_MOST_DENIALS = 3


def show(
    tx: Transaction, request: OpsRequest, decision: Decision, gate: Gate, *, asked: bool
) -> None:
    """The card, and its copies; `asked`: people are to approve."""
    outbox.add_root(tx, request.id, request.channel, at=_shown_at(tx, request, gate))
    for place in places(tx, request, decision, asked=asked):
        if place != request.channel:
            outbox.add_copy(tx, request.id, place)


def facts_of_opening(
    request: OpsRequest, found: Assessment, gate: Gate, rule: str, *, asked: bool
) -> dict[str, Any]:
    """Of the row with which the gate opens, or people are `asked`; see docs/audit.md.

    Args:
        rule: the digest of the rule that decides.
    """
    decision = found.decision
    facts: dict[str, Any] = {
        "reason": request.break_glass,
        "asked_because": request.reason,
        "policy": decision.reason,
        "policy_digest": decision.policy_digest,
        "approvals": decision.approvals,
        "approvers": list(decision.approver_entries),
        "groups": [{"from": list(g.entries), "count": g.count} for g in decision.groups],
        "people": sorted(decision.approvers),
        "expires_after": decision.expires_after.total_seconds(),
        "denied_before": [denial.request_id for denial in gate.denials],
        "evidence": evidence_of(found).model_dump(mode="json"),
        "rule_digest": rule,
    }
    if there := [n for n, each in enumerate(found.blockers) if each and each.done_already]:
        facts["done_already"] = there
    if decision.step_up and asked:
        facts["step_up"] = decision.step_up
    if decision.ticket:
        facts["ticket"] = decision.ticket
    if decision.escalates_after and asked:
        seconds = decision.escalates_after.total_seconds()
        facts["escalate"] = {"after": seconds, "to": list(decision.escalates_to)}
    return facts


def denials(tx: Transaction, request: OpsRequest) -> tuple[Denial, ...]:
    """Earlier denials of the same; a reason given elsewhere is read there, if it was in private."""
    readable = {request.channel, *read_cache.public_channels(tx.connection)}
    since = tx.now - _DENIALS_COUNT_SECONDS
    return tuple(
        Denial(earlier.id, vote.person, vote.at, vote.reason if earlier.channel in readable else "")
        for earlier in denied_before(tx.connection, request.specs, since, _MOST_DENIALS)
        for vote in earlier.votes
        if vote.choice == Choice.DENY
    )


def gate_of(decision: Decision, denials: tuple[Denial, ...]) -> Gate:
    """What the request needs before it is sent."""
    return Gate(
        approvals=decision.approvals if decision.verdict is Verdict.ASK else 0,
        approvers=decision.approver_entries,
        people=tuple(sorted(decision.approvers)),
        notify=decision.notify,
        groups=decision.groups if len(decision.groups) > 1 else (),
        escalates_to=decision.escalates_to,
        step_up=decision.step_up,
        ticket=decision.ticket,
        ticket_link=decision.ticket_link,
        denials=denials,
    )


def evidence_of(found: Assessment) -> Evidence:
    """What was seen.

    Raises:
        LookupError: nothing was.
    """
    if found.evidence is None:
        raise LookupError("a request is opened only when its image was seen")
    return found.evidence


def _shown_at(tx: Transaction, request: OpsRequest, gate: Gate) -> float | None:
    """When its card is wanted: where that is not awaited, together with what the POST brings."""
    later = card_first.may_come_later(replace(request, gate=gate))
    if later and sending.has_shown_lately(tx.connection, request.channel, tx.now):
        return tx.now + events.TOGETHER_SECONDS
    return None
