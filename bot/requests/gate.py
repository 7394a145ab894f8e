"""What a request that waits asks for, as the policy in force has it: pure."""

from __future__ import annotations

from dataclasses import replace

from bot.policy.decide import Decision
from bot.store.rows import Gate


def as_of_now(gate: Gate, decision: Decision) -> Gate:
    """What is asked for under `decision`; who could approve before stays known."""
    return replace(
        gate,
        approvals=decision.approvals,
        approvers=decision.approver_entries,
        people=tuple(sorted({*gate.people, *decision.approvers})),
        groups=decision.groups if len(decision.groups) > 1 else (),
        step_up=decision.step_up,
    )
