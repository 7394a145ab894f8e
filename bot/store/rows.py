"""What the tables of ops requests hold, as values: what was asked for, its image actions, votes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.domain.causes import Cause, cause_of
from bot.domain.evidence import Evidence
from bot.domain.quorum import Group
from bot.domain.search import Asker
from bot.domain.states import State
from bot.domain.step_up import StepUp
from bot.domain.steps import StepSpec, Target, TargetKind, image_target


@dataclass(frozen=True)
class Step:
    """One image action of an ops request. Times are epoch seconds."""

    id: int
    ops_request: int
    position: int
    after: int | None
    state: State
    spec: StepSpec
    finished: bool
    size_gigabytes: float | None
    source_region: str
    fence: str
    intent_at: float | None
    ambiguous: bool
    look_first: bool
    candidates: tuple[Mapping[str, Any], ...]
    action_id: int | None
    started_at: float | None
    completed_at: float | None
    looked_at: float | None
    """The last look at DigitalOcean that worked, as far as the card shows it."""
    missing_since: float | None
    stuck_told: bool
    unfollowed: bool
    """A person closed it before it ended: nobody knows how it did."""
    offered: bool
    """Its image was offered to somebody, and was not known to be taken when that was last looked
    at."""
    resend_votes: tuple[str, ...]
    """Who chose *Send again*, while the rule asks for more people."""
    retry_at: float | None
    refused_for_good: bool
    """DigitalOcean would refuse the same again."""
    not_yet_since: float | None
    """Since when DigitalOcean answers that it cannot be done yet."""
    attempts: int
    withdrawn: bool
    """Taken back before it was sent, while others of the request went on."""
    resolved_id: int | None
    """The image that a step before this one made, where it works with that."""
    error_reference: str
    """Of the defect of ours that people were told of; stands in the log too."""
    cause: Cause | None
    """Why it waits, ended, or needs a person."""

    @property
    def resolved(self) -> StepSpec:
        """The same, with the image that a step before it made, once that is known."""
        if self.resolved_id is None:
            return self.spec
        if self.spec.target.kind is TargetKind.NEW_IMAGE:
            return dataclasses.replace(self.spec, target=image_target(self.resolved_id))
        if not self.spec.params.get("successor"):
            return self.spec
        kept = [self.resolved_id, *self.spec.params.get("unless_last_of", ())]
        params = {**self.spec.params, "unless_last_of": kept, "successor": ""}
        return dataclasses.replace(self.spec, params=params)

    def waits_for(self, made: Target) -> bool:
        """Whether it works with an image that another step makes, or is held back by it."""
        return made in (self.spec.target, self.successor)

    @property
    def successor(self) -> Target | None:
        """The image that has to be there before it is done."""
        name = self.spec.params.get("successor")
        return Target(TargetKind.NEW_IMAGE, name) if name else None

    @property
    def unsent(self) -> bool:
        """Whether it is still to be sent and certainly was not: it can be called off.

        One that is looked for before it is sent (`look_first`) may have been.
        """
        return self.state in (State.PENDING, State.APPROVED) and not self.look_first

    @property
    def can_be_retried(self) -> bool:
        """Whether it failed, or never ran, and asking for the same again can help."""
        ended = self.state in (State.ERRORED, State.CANCELLED)
        return ended and not self.withdrawn and not self.refused_for_good


@dataclass(frozen=True)
class Vote:
    """One person's decision: `choice` is `approve` or `deny`."""

    person: str
    choice: str
    reason: str
    at: float
    step_up: StepUp | None = None
    """By what it was confirmed."""


@dataclass(frozen=True)
class Denial:
    """A request for the same that was denied before; `reason` is empty where it is not to be read.

    `at` is in epoch seconds.
    """

    request_id: int
    person: str
    at: float
    reason: str = ""


@dataclass(frozen=True)
class Gate:
    """What the policy asked for when the request was made, for showing it."""

    approvals: int = 0
    approvers: tuple[str, ...] = ()
    """Users and user groups as the rule writes them."""
    people: tuple[str, ...] = ()
    """Who could approve when it was asked, groups opened up."""
    notify: tuple[str, ...] = ()
    denials: tuple[Denial, ...] = ()
    """Of the same, by others: the newest first, so that nobody shops for an approver unseen."""
    groups: tuple[Group, ...] = ()
    """Where the rule asks for several groups: out of whom how many."""
    escalates_to: tuple[str, ...] = ()
    """Who may approve as well once it has waited, as the rule writes them."""
    ticket: str = ""
    ticket_link: str = ""
    step_up: StepUp | None = None
    """By what each approval is confirmed."""


@dataclass(frozen=True)
class OpsRequest:
    """One thing a person asked for, with its image actions and votes."""

    id: int
    state: State
    requester: str
    channel: str
    reason: str
    break_glass: str
    followers: tuple[str, ...]
    response_url: str
    created_at: float
    expires_at: float | None
    remind_at: float | None
    escalate_at: float | None
    """When others may approve as well, if it still waits then."""
    escalated_at: float | None
    """Since when they may."""
    finished_at: float | None
    retry_at: float | None
    attempts: int
    rule: str
    gate: Gate
    evidence: Evidence | None
    evidence_digest: str
    cause: Cause | None
    """Why it ended so, where its state does not tell."""
    review: str
    permalink: str
    schedule: str
    """The schedule whose run it is, or whose standing approval; empty: a person asked."""
    due_at: float | None
    """The time whose run it is (epoch seconds)."""
    retried_as: int | None
    steps: tuple[Step, ...]
    votes: tuple[Vote, ...]

    @property
    def targets(self) -> tuple[Target, ...]:
        """What its steps are done to, each once, in their order."""
        return tuple(dict.fromkeys(step.spec.target for step in self.steps))

    @property
    def specs(self) -> tuple[StepSpec, ...]:
        """What its steps ask for, in their order."""
        return tuple(step.spec for step in self.steps)

    @property
    def retryable(self) -> tuple[Step, ...]:
        """What *Retry failed* would ask for: nothing where a step that others wait for cannot."""
        hopeless = {step.position for step in self.steps if step.refused_for_good or step.withdrawn}
        for step in self.steps:  # whoever waits for one that waits for it has no hope either
            if step.after in hopeless:
                hopeless.add(step.position)
        return tuple(s for s in self.steps if s.can_be_retried and s.after not in hopeless)

    @property
    def offered(self) -> bool:
        """Whether it ended with an image offered to somebody who has to accept it first."""
        return any(step.offered for step in self.steps)

    @property
    def asker(self) -> Asker:
        """The requester, as one to be answered."""
        return Asker(self.requester, self.channel, "", self.response_url)

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """The votes in favour."""
        return tuple(v for v in self.votes if v.choice == "approve")


@dataclass(frozen=True)
class NewRequest:
    """What is written when a person asks for something."""

    requester: str
    channel: str
    steps: tuple[StepSpec, ...]
    after: tuple[int | None, ...] = ()
    """For each step the position of the one that has to be completed first; empty: none waits."""
    reason: str = ""
    break_glass: str = ""
    response_url: str = ""
    expires_at: float | None = None
    schedule: str = ""
    due_at: float | None = None


def step_of(row: sa.Row[Any]) -> Step:
    values = dict(row._mapping)
    target = Target(TargetKind(values.pop("target_kind")), values.pop("target_id"))
    spec = StepSpec(values.pop("operation"), target, values.pop("params"))
    del values["params_key"]  # follows from the parameters
    own = {
        "spec": spec,
        "state": State(row.state),
        "candidates": tuple(row.candidates or ()),
        "resend_votes": tuple(row.resend_votes or ()),
        "cause": cause_of(row.cause),
    }
    return Step(**values | own)


def step_columns(spec: StepSpec) -> dict[str, Any]:
    """What a step asks for, as its columns hold it."""
    return {
        "operation": spec.operation,
        "target_kind": spec.target.kind,
        "target_id": spec.target.id,
        "params": dict(spec.params),
        "params_key": spec.params_key,
    }


def request_of(row: sa.Row[Any], steps: tuple[Step, ...], votes: tuple[Vote, ...]) -> OpsRequest:
    values = dict(row._mapping)
    gate = values.pop("decision") or {}
    evidence = values.pop("evidence")
    return OpsRequest(
        **values
        | {
            "state": State(row.state),
            "followers": tuple(row.followers),
            "gate": _gate(gate),
            "evidence": Evidence.model_validate(evidence) if evidence else None,
            "cause": cause_of(row.cause),
        },
        steps=steps,
        votes=votes,
    )


def _gate(stored: Mapping[str, Any]) -> Gate:
    columns: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    denials = tuple(Denial(**each) for each in columns.pop("denials", ()))
    groups = tuple(
        Group(tuple(each["entries"]), each["count"], frozenset(each["people"]))
        for each in columns.pop("groups", ())
    )
    asked = columns.pop("step_up", None)
    step_up = StepUp(asked) if asked else None
    return Gate(**columns, denials=denials, groups=groups, step_up=step_up)


def gate_columns(gate: Gate) -> dict[str, Any]:
    """A gate as the `decision` column holds it."""
    columns = dataclasses.asdict(gate)
    columns["groups"] = [
        {"entries": list(group.entries), "count": group.count, "people": sorted(group.people)}
        for group in gate.groups
    ]
    return columns
