"""Whose approvals a request still needs, and which of those given count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.quorum import missing, seats_of
from bot.policy.fields import is_group, is_rota
from bot.store.rows import OpsRequest
from bot.views import formats

_MOST = 20
"""Users and user groups that are named together."""


def counting(request: OpsRequest) -> int:
    """How many of those who approved count; each person counts for one group."""
    people = [vote.person for vote in request.approvals]
    return len(seats_of(request.gate.groups, people)) if request.gate.groups else len(people)


def may(entries: Sequence[str], people: Collection[str]) -> list[str]:
    """Those entries of a rule by which somebody may approve: a requester who is listed may not.

    Args:
        people: who may, groups opened up; empty: not known.
    """
    return [e for e in entries if not people or e in people or is_group(e) or is_rota(e)]


def asked(request: OpsRequest) -> list[str]:
    """Who may approve a request, to be named."""
    return may(request.gate.approvers, request.gate.people)[:_MOST]


def is_asked(request: OpsRequest, person: str) -> bool:
    """Whether a person may approve it, as the policy in force has it: others could before."""
    if request.escalated_at is not None:
        return True  # who may since then is not opened up here: a click tells
    gate = request.gate
    listed = any(not e.startswith(("U", "W")) or e == person for e in gate.approvers)
    return person in gate.people and listed


def so_far(request: OpsRequest) -> str:
    """`1 of 2`."""
    return f"{counting(request)} of {request.gate.approvals}"


def still_needed(request: OpsRequest) -> str:
    """`1 approval from @bob or @leads`, then `1 more from @leads`.

    Of several groups `1 of @sec and 2 of @ops, @bob`.
    """
    gate = request.gate
    if gate.groups:
        return formats.listed(_of_groups(request)) or "no more"
    left = max(1, gate.approvals - len(request.approvals))
    voted = {vote.person for vote in request.approvals}
    others = [entry for entry in asked(request) if entry not in voted]
    who = f" from {formats.people(others)}" if others else ""
    if voted:
        return f"{left} more{who}"
    return f"{'1 approval' if left == 1 else f'{left} approvals'}{who}"


def _of_groups(request: OpsRequest) -> list[str]:
    groups = request.gate.groups
    seats = seats_of(groups, [vote.person for vote in request.approvals])
    entries = [(g.count, may(g.entries, request.gate.people)) for g in groups]
    return _left(entries, seats)


def _left(groups: Sequence[tuple[int, Sequence[str]]], seats: Mapping[str, int]) -> list[str]:
    left = missing([count for count, _ in groups], seats)
    most = max(1, 2 * _MOST // len(groups))
    return [
        f"{count} of {', '.join(formats.people([entry]) for entry in entries[:most])}"
        f"{' …' if len(entries) > most else ''}"
        for count, (_, entries) in zip(left, groups, strict=True)
        if count
    ]


def later(request: OpsRequest) -> str:
    """Who may approve as well, and from when; empty where nobody ever may."""
    who = formats.people(request.gate.escalates_to[:_MOST])
    if who and request.escalate_at is not None:
        return f"After {formats.moment(request.escalate_at)} {who} may approve too."
    if who and request.escalated_at is not None:
        return f"{who} may approve too, since {formats.moment(request.escalated_at)}."
    return ""
