"""What a standing approval of a schedule is bound to. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.domain.canonical import canonical
from bot.schedules.schema import Schedule

_BOUND = {"name", "when", "time_zone", "command", "channel", "owner", "approval_days"}
"""What approvers were asked about; whom a schedule tells besides may change."""


def digest(schedule: Schedule, rule_text: str, approvers: Iterable[str]) -> str:
    """SHA-256, in hexadecimal, of what approvers were asked about.

    An approval counts while this stays the same.

    Args:
        rule_text: what the rule says that decides the schedule's command.
        approvers: the ids of those who may approve under it, in any order.
    """
    bound = {
        **schedule.model_dump(mode="json", include=_BOUND),
        "rule": rule_text,
        "approvers": sorted(set(approvers)),
    }
    return hashlib.sha256(canonical(bound).encode()).hexdigest()
