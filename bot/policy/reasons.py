"""Why the policy decides as it does, as data: an enum, and the facts of each reason. Pure.

`bot.views.decisions` has the sentences. What a decision holds anyway (its rule, the groups that
approve, until when) is not told again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import PlainSerializer, PlainValidator

from bot.policy.match import Step

_Step = Annotated[
    Step,
    PlainValidator(lambda told: Step(**told)),
    PlainSerializer(lambda step: {"operation": step.operation, "region": step.region}),
]
"""A step as `bot.policy.stored` writes it: what people read of it."""


class Reason(StrEnum):
    """Why. The value stands in the audit log: never change one."""

    RULE_ALLOWS = "rule-allows"
    APPROVAL_NEEDED = "approval-needed"
    BREAK_GLASS = "break-glass"
    NO_RULE = "no-rule"
    REQUESTER_NOT_ALLOWED = "requester-not-allowed"
    WRONG_CHANNEL = "wrong-channel"
    WRONG_RECIPIENT = "wrong-recipient"
    OUTSIDE_HOURS = "outside-hours"
    DIFFERENT_RULES = "different-rules"
    FROZEN = "frozen"
    QUOTA_USED = "quota-used"
    TICKET_MISSING = "ticket-missing"
    BREAK_GLASS_NOT_ALLOWED = "break-glass-not-allowed"
    NOBODY_BUT_REQUESTER = "nobody-but-requester"
    TOO_FEW_APPROVERS = "too-few-approvers"
    NEEDS_IMAGE = "needs-image"
    GROUP_UNKNOWN = "group-unknown"


@dataclass(frozen=True)
class RuleAllows:
    """It runs at once; `needless_glass`: emergency access was asked for all the same."""

    reason: ClassVar = Reason.RULE_ALLOWS
    needless_glass: bool = False


@dataclass(frozen=True)
class ApprovalNeeded:
    reason: ClassVar = Reason.APPROVAL_NEEDED


@dataclass(frozen=True)
class BreakGlassUsed:
    reason: ClassVar = Reason.BREAK_GLASS


@dataclass(frozen=True)
class NoRule:
    reason: ClassVar = Reason.NO_RULE
    step: _Step


@dataclass(frozen=True)
class RequesterNotAllowed:
    """Who may is in the decision; `rules` would let them."""

    reason: ClassVar = Reason.REQUESTER_NOT_ALLOWED
    step: _Step
    rules: tuple[str, ...]


@dataclass(frozen=True)
class WrongChannel:
    """`allowed`: the channels where it may be asked for."""

    reason: ClassVar = Reason.WRONG_CHANNEL
    step: _Step
    channel: str
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class WrongRecipient:
    """`allowed`: to whom it may go, as the rules have it."""

    reason: ClassVar = Reason.WRONG_RECIPIENT
    recipient: str
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class OutsideHours:
    """`hours`: when it may be asked for, as each rule has it."""

    reason: ClassVar = Reason.OUTSIDE_HOURS
    step: _Step
    hours: tuple[str, ...]


@dataclass(frozen=True)
class DifferentRules:
    """`rules`: the one of each step."""

    reason: ClassVar = Reason.DIFFERENT_RULES
    steps: tuple[_Step, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Frozen:
    """`emergency`: it lets no emergency through either. Until when is in the decision."""

    reason: ClassVar = Reason.FROZEN
    freeze: str
    time_zone: str
    emergency: bool = False


@dataclass(frozen=True)
class QuotaUsed:
    """So many `requests` were made in the time `per`."""

    reason: ClassVar = Reason.QUOTA_USED
    requests: int
    per: timedelta


@dataclass(frozen=True)
class TicketMissing:
    """`pattern`: what a ticket looks like, as the file has it."""

    reason: ClassVar = Reason.TICKET_MISSING
    pattern: str


@dataclass(frozen=True)
class BreakGlassNotAllowed:
    reason: ClassVar = Reason.BREAK_GLASS_NOT_ALLOWED
    in_a_freeze: bool


@dataclass(frozen=True)
class NobodyElse:
    """The requester alone could approve, or close the review of an emergency; `gone`: entries that
    name nobody any more."""

    reason: ClassVar = Reason.NOBODY_BUT_REQUESTER
    gone: tuple[str, ...] = ()
    emergency: bool = False


@dataclass(frozen=True)
class TooFewApprovers:
    """`others` people could ever approve it; `gone`: entries that name nobody any more."""

    reason: ClassVar = Reason.TOO_FEW_APPROVERS
    others: int
    gone: tuple[str, ...]


@dataclass(frozen=True)
class NeedsImage:
    """`rule` asks for its name and tags."""

    reason: ClassVar = Reason.NEEDS_IMAGE
    rule: str


@dataclass(frozen=True)
class GroupUnknown:
    """Who is in the decision's groups is not known; `rule` lets their members ask, or approve."""

    reason: ClassVar = Reason.GROUP_UNKNOWN
    rule: str
    to_approve: bool


Why = (
    RuleAllows
    | ApprovalNeeded
    | BreakGlassUsed
    | NoRule
    | RequesterNotAllowed
    | WrongChannel
    | WrongRecipient
    | OutsideHours
    | DifferentRules
    | Frozen
    | QuotaUsed
    | TicketMissing
    | BreakGlassNotAllowed
    | NobodyElse
    | TooFewApprovers
    | NeedsImage
    | GroupUnknown
)
