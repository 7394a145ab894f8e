"""A decision as columns and the audit log hold it, so that it can be said in words later. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from bot.domain.causes import Cause, CauseKind
from bot.policy import reasons
from bot.policy.decide import Decision

_NOT_SAID = {"why", "approvers", "policy_digest"}
"""What no sentence names, or what is written beside it."""


def cause_of_decision(decision: Decision) -> Cause:
    """What the policy says, as the cause of what follows."""
    why = _whys()[decision.reason].dump_python(decision.why, mode="json")
    plain = _decisions().dump_python(
        decision, mode="json", exclude=_NOT_SAID, exclude_defaults=True
    )
    told = {**plain, "why": {"reason": decision.reason, **why}}
    return Cause(CauseKind.POLICY, {"decision": told})


def group_unknown(decision: Decision) -> Cause:
    """Who may approve is not known, and so not whether those who did are enough."""
    why = reasons.GroupUnknown(decision.rule or "", to_approve=True)
    return cause_of_decision(replace(decision, why=why))


def decision_of(cause: Cause) -> Decision:
    """What `cause_of_decision` was given, as far as sentences name it."""
    told: Mapping[str, Any] = cause.facts["decision"]
    facts = dict(told["why"])
    why = _whys()[reasons.Reason(facts.pop("reason"))].validate_python(facts)
    return _decisions().validate_python({**told, "why": why})


@cache
def _decisions() -> TypeAdapter[Decision]:
    return TypeAdapter(Decision)


@cache
def _whys() -> Mapping[reasons.Reason, TypeAdapter[Any]]:
    return {kind.reason: TypeAdapter(kind) for kind in get_args(reasons.Why)}
