"""`[policy]`: who has to approve another policy before it decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictInt

from bot.domain.step_up import StepUp
from bot.policy import fields
from bot.toml.table import Complaint, Table


class VoteRefusal(StrEnum):
    """Why a vote on a changed policy does not count. The value is stored: never change one."""

    NOT_FOR_YOU = "not-for-you"
    NOT_KNOWN = "not-known"
    """Who is in a group that may vote is not known just now."""
    APPROVED_ALREADY = "approved-already"


class Governance(Table):
    """How many, out of whom, approve a changed file, and where they are asked."""

    approvals: Annotated[StrictInt, Field(ge=1, le=20)] = Field(
        1, description="a whole number from 1 to 20"
    )
    approvers: tuple[fields.Approver, ...] = Field(
        min_length=1,
        description='a list of Slack user or user group ids such as ["U0BOB", "S0LEADS"]',
    )
    step_up: StepUp | None = Field(
        None,
        description='"totp" or "oidc": whoever approves confirms it with a code, or by signing in',
    )
    channel: fields.Channel = Field(description='a Slack channel id such as "C0APPROVALS"')

    def _complaints(self) -> Iterator[Complaint]:
        named = set(self.approvers)
        if len(named) < self.approvals and not any(map(fields.is_group, named)):
            yield (
                "approvers",
                f"approvals = {self.approvals} can never be reached by {len(named)} approver(s):"
                " name more, or a user group.",
            )


@dataclass(frozen=True)
class Proposal:
    """A changed policy that waits for approval."""

    id: str
    digest: str
    text: str
    path: str
    approved_by: tuple[str, ...] = ()
    signed_in_as: tuple[tuple[str, str], ...] = ()
    """The accounts of the identity provider that confirmed it: issuer and subject."""
