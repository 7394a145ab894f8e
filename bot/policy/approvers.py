"""What a rule of the policy file asks for: approvals, by whom and when, and a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, StrictBool, StrictInt, TypeAdapter

from bot.domain.quorum import Group, can_be_reached
from bot.domain.step_up import StepUp
from bot.policy import fields, tickets
from bot.toml.table import Complaint, Table

_MOST = 20


class ApproverGroup(Table):
    """One of several groups that a rule asks, and how many of it have to approve."""

    from_: tuple[fields.Approver, ...] = Field(
        alias="from",
        min_length=1,
        description='a list of Slack user or user group ids such as ["S0SEC", "U0BOB"]',
    )
    count: Annotated[StrictInt, Field(ge=1, le=_MOST)] = Field(
        1, description=f"a whole number from 1 to {_MOST}"
    )


class Escalation(Table):
    """Others who may approve as well, once a request has waited for a while."""

    after: fields.Duration = Field(description='a duration such as "30m", from 1 minute to 30 days')
    to: tuple[fields.Approver, ...] = Field(
        min_length=1, description='a list of Slack user or user group ids such as ["S0LEADS"]'
    )


_COUNT: TypeAdapter[int] = TypeAdapter(Annotated[StrictInt, Field(ge=0, le=_MOST)])
_GROUPS: TypeAdapter[tuple[ApproverGroup, ...]] = TypeAdapter(
    Annotated[tuple[ApproverGroup, ...], Field(min_length=1, max_length=_MOST)]
)


def _number_or_groups(value: Any) -> Any:
    # One or the other by the look of it: an error then names the place in the file, which a
    # union's would not.
    if isinstance(value, list | tuple):
        return _GROUPS.validate_python(value)
    return _COUNT.validate_python(value)


def _as_written(value: int | tuple[ApproverGroup, ...]) -> Any:
    if isinstance(value, int):
        return value
    return [group.model_dump(mode="json", by_alias=True) for group in value]


Approvals = Annotated[
    int | tuple[ApproverGroup, ...],
    PlainValidator(_number_or_groups),
    PlainSerializer(_as_written, return_type=Any),
]


class Approving(Table):
    """The part of a rule that says who has to approve, and what a request has to bring."""

    approvals: Approvals = Field(
        1,
        description="a whole number from 0 (runs at once) to 20, or a list of groups such as"
        ' [{ from = ["S0SEC"], count = 1 }, { from = ["S0OPS", "U0BOB"], count = 2 }]',
    )
    approvers: tuple[fields.Approver, ...] = Field(
        (),
        min_length=1,
        description='a list of Slack user or user group ids such as ["U0BOB", "S0LEADS"]',
    )
    escalate: Escalation | None = Field(
        None, description='a table such as { after = "30m", to = ["S0LEADS"] }'
    )
    ticket: tickets.Pattern | None = Field(
        None, description=r"a regular expression such as '^OPS-\d+$'"
    )
    ticket_url: tickets.Address | None = Field(
        None, description='an address such as "https://example.atlassian.net/browse/{ticket}"'
    )
    step_up: StepUp | None = Field(
        None,
        description='"totp" or "oidc": whoever approves confirms it with a code, or by signing in',
    )
    self_approval: StrictBool = Field(False, description="true or false")
    expires_after: fields.Duration = Field(
        timedelta(hours=4), description='a duration such as "4h", from 1 minute to 30 days'
    )
    break_glass: StrictBool = Field(False, description="true or false")

    def _complaints(self) -> Iterator[Complaint]:
        yield from self._approver_complaints()
        if self.escalate and not self.needed:
            yield "escalate", "approvals = 0 asks nobody, so there is nothing to escalate."
        elif self.escalate and self.escalate.after >= self.expires_after:
            yield "escalate", "after has to be shorter than expires_after."
        if self.step_up and not self.needed:
            yield "step_up", "approvals = 0 asks nobody, so there is nothing to confirm."
        if self.ticket_url and not self.ticket:
            yield "ticket_url", "ticket_url needs ticket: say what a ticket looks like."

    def _approver_complaints(self) -> Iterator[Complaint]:
        if not isinstance(self.approvals, int):
            if self.approvers:
                yield "approvers", "each group of approvals says who in from: leave this out."
            yield from _group_complaints(self.approvals)
        elif self.approvals and not self.approvers:
            yield (
                "approvers",
                f"approvals = {self.approvals} needs approvers: say who, or set approvals = 0.",
            )
        elif self.break_glass and not self.approvers:
            yield (
                "approvers",
                "break_glass = true needs approvers: a second person has to close its review.",
            )
        elif not self._could_suffice:
            yield (
                "approvers",
                f"approvals = {self.approvals} can never be reached by"
                f" {len(set(self.approvers))} approver(s): name more, or a user group.",
            )

    @property
    def _could_suffice(self) -> bool:
        has_group = any(fields.is_group(entry) for entry in self.approvers)
        return has_group or len(set(self.approvers)) >= self.needed

    @property
    def groups(self) -> tuple[ApproverGroup, ...]:
        """Out of whom how many have to approve; a mere number is one group of all approvers."""
        if not isinstance(self.approvals, int):
            return self.approvals
        everybody = {"from": self.approvers, "count": self.approvals}
        return (ApproverGroup.model_validate(everybody),) if self.approvals else ()

    @property
    def needed(self) -> int:
        """How many different people have to approve."""
        if isinstance(self.approvals, int):
            return self.approvals
        return sum(group.count for group in self.approvals)

    @property
    def listed(self) -> tuple[str, ...]:
        """All who may approve from the start, each entry once."""
        of_groups = (entry for group in self.groups for entry in group.from_)
        return tuple(dict.fromkeys((*self.approvers, *of_groups)))

    @property
    def who_decides(self) -> tuple[str, ...]:
        """All who may ever approve: those listed, and those whom it escalates to."""
        later = self.escalate.to if self.escalate else ()
        return tuple(dict.fromkeys((*self.listed, *later)))


def _group_complaints(groups: tuple[ApproverGroup, ...]) -> Iterator[Complaint]:
    """Groups that can never be filled, by the people named alone: user groups hold anybody."""
    if any(fields.is_group(entry) for group in groups for entry in group.from_):
        groups = tuple(g for g in groups if not any(map(fields.is_group, g.from_)))
    named = [Group(group.from_, group.count, frozenset(group.from_)) for group in groups]
    if named and not can_be_reached(named):
        wanted = sum(group.count for group in named)
        yield (
            "approvals",
            f"these groups ask for {wanted} different people and can never be filled by those"
            " whom they name: name more, or a user group.",
        )
