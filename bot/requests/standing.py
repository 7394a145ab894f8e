"""Whether a schedule's standing approval covers one of its runs, by what the audit log says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.canonical import canonical
from bot.domain.events import Event
from bot.domain.places import RegionSets, sets_named_in
from bot.domain.states import State
from bot.domain.step_up import StepUp
from bot.operations.standing import STANDING
from bot.policy.decide import Decision
from bot.policy.schema import Policy
from bot.requests.proof import contradictions_with
from bot.requests.schedule_log import is_void
from bot.schedules.approved import digest
from bot.schedules.schema import Schedule
from bot.schedules.when import in_words
from bot.store import audit, requests, schedules

DAY = 86_400.0


@dataclass(frozen=True)
class Standing:
    """An approval that stands.

    Attributes:
        request_id: the ops request that asked for it.
        people: who approved, and by what each confirmed it; nobody where the rule asks nobody.
        since, until: epoch seconds.
        asked: the position of the log's row with which it was asked for.
    """

    request_id: int
    people: Mapping[str, StepUp | None]
    since: float
    until: float
    asked: int
    rule: str
    bound_to: str
    escalated: bool
    """It waited so long that others could approve as well."""


def terms_of(schedule: Schedule, named: RegionSets) -> dict[str, Any]:
    """A schedule as a standing approval is asked for it, with those of the policy's `named` sets
    of regions that its command names: a set that changes is asked for anew."""
    said = in_words(schedule.when)
    terms = {**schedule.model_dump(mode="json"), "in_words": said[:1].lower() + said[1:]}
    sets = sets_named_in(schedule.command, named)
    return {**terms, "regions": sets} if sets else terms


def _bound(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Without what may change under the same approval: whom it tells."""
    return {key: value for key, value in terms.items() if key not in ("notify", "in_words")}


def rule_digest(policy: Policy, name: str | None) -> str:
    """What one rule says, as a digest; empty: there is no such rule."""
    rule = next((each for each in policy.rule if each.name == name), None)
    if rule is None:
        return ""
    said = canonical(rule.model_dump(mode="json", by_alias=True))
    return hashlib.sha256(said.encode()).hexdigest()


def standing_of(
    connection: Connection, schedule: Schedule, named: RegionSets, now: float
) -> Standing | None:
    """The approval of a schedule that was given and has not ended; what it is bound to is not
    compared with the rule of today, but with the sets of regions that its command names.

    The pointer stands in a table, all else is taken from the audit log.
    """
    state = schedules.load(connection, schedule.name)
    granted = requests.load(connection, state.approved_as) if state and state.approved_as else None
    if granted is None or granted.state is not State.COMPLETED or granted.due_at is not None:
        return None
    spec = granted.specs[0]
    about = (spec.operation, spec.target.id, _bound(spec.params.get("terms") or {}))
    if about != (STANDING, schedule.name, _bound(terms_of(schedule, named))):
        return None
    rows = list(audit.entries(connection, ops_request=granted.id))
    if contradictions_with(connection, granted, rows=rows):
        return None
    opened = next(
        (r for r in rows if r.event in (Event.PENDING, Event.RUNS_AT_ONCE)),
        None,
    )
    ended = next((r for r in rows if r.event == Event.COMPLETED), None)
    if opened is None or ended is None:
        return None
    facts = json.loads(opened.facts)
    until = ended.at + schedule.approval_days * DAY
    if now >= until or is_void(connection, schedule.name, granted.id, ended.position):
        return None
    people = dict(sorted((vote.person, vote.step_up) for vote in granted.approvals))
    bound = digest(schedule, facts.get("rule_digest", ""), facts.get("approvers", ()))
    escalated = granted.escalated_at is not None
    return Standing(
        granted.id, people, ended.at, until, rows[0].position, granted.rule, bound, escalated
    )


def is_bound(standing: Standing, schedule: Schedule, policy: Policy) -> bool:
    """Whether the rule that it was approved under, and its approvers, are the same today."""
    rule = next((each for each in policy.rule if each.name == standing.rule), None)
    said = rule_digest(policy, standing.rule)
    return rule is not None and standing.bound_to == digest(schedule, said, rule.listed)


def standing_now(
    connection: Connection, schedule: Schedule, policy: Policy, now: float
) -> Standing | None:
    """The approval that stands, and is bound to what the policy says now."""
    standing = standing_of(connection, schedule, policy.regions, now)
    return standing if standing and is_bound(standing, schedule, policy) else None


def covers(standing: Standing, schedule: Schedule, decision: Decision, policy: Policy) -> bool:
    """Whether a run that the policy decides so today is what was approved."""
    return decision.rule == standing.rule and is_bound(standing, schedule, policy)
