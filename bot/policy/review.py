"""One click on Approve or Deny: whether it counts, and what follows. Pure.

The caller loads the request, decides again with the policy in force at the click, asks here,
and then writes the vote and the move in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.quorum import seats_of
from bot.domain.step_up import StepUp
from bot.policy.decide import Decision, Verdict
from bot.policy.reasons import Reason

PENDING = "pending"
"""The one state of a request in which votes are taken."""
EXPIRED = "expired"


class Choice(StrEnum):
    """What a reviewer can say."""

    APPROVE = "approve"
    DENY = "deny"


class ReviewReason(StrEnum):
    """Why a click counts or not. The value stands in the audit log: never change one."""

    APPROVED = "approved"
    """It counts, and no more approvals are missing."""
    COUNTED = "counted"
    """It counts, and more approvals are missing."""
    DENIED = "denied"
    """It counts, and ends the request."""
    FINISHED = "finished"
    EXPIRED = "expired"
    SELF_APPROVAL = "self-approval"
    SELF_DENIAL = "self-denial"
    ALREADY_VOTED = "already-voted"
    RIGHT_TAKEN_AWAY = "right-taken-away"
    NOT_AN_APPROVER = "not-an-approver"
    GROUP_UNKNOWN = "group-unknown"
    ANOTHER_RULE = "another-rule"
    FROZEN = "frozen"
    NO_LONGER_ALLOWED = "no-longer-allowed"
    UNDECIDED = "undecided"
    NOT_CONFIRMED = "not-confirmed"
    """The rule asks for a second factor, and none, or another one, was shown."""


@dataclass(frozen=True)
class Vote:
    """What a person said before. A request has at most one of each person."""

    person: str
    choice: Choice
    step_up: StepUp | None = None
    """By what it was confirmed."""


@dataclass(frozen=True)
class ReviewedRequest:
    """What the store knows of the request that is clicked on.

    Args:
        requester: a Slack user id.
        rule: the rule that asked for the approvals when the request was made.
        state: where it stands; only in `pending` are votes taken.
        expires_at: when it stops waiting.
        votes: all that were taken before this click.
        approvers_then: who could approve when it was made, to tell a right taken away from
            one never had; may be empty.
    """

    requester: str
    rule: str
    state: str
    expires_at: datetime
    votes: tuple[Vote, ...] = ()
    approvers_then: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tally:
    """The votes that count under the policy in force now."""

    approved_by: tuple[str, ...]
    """Distinct persons, in the order of their votes."""
    missing: int
    """How many more are needed; not each of those who approved counts, where groups are asked."""
    complete: bool
    """Enough rightful people have approved, and the policy would still let it run."""
    seats: Mapping[str, int] = field(default_factory=dict)
    """For which of the decision's groups (its place) each of them counts."""


@dataclass(frozen=True)
class ReviewDecision:
    """Whether a click counts, and what follows from it."""

    counts: bool
    """Write the vote. Where False, tell the clicker alone, and write no vote."""
    reason: ReviewReason
    tally: Tally
    """With this click, where it counts as an approval."""
    now: Decision
    """The policy's, by which the click was judged."""
    request: ReviewedRequest

    @property
    def approves(self) -> bool:
        """This click completes the approval: move the request on."""
        return self.reason is ReviewReason.APPROVED

    @property
    def denies(self) -> bool:
        """This click ends the request."""
        return self.reason is ReviewReason.DENIED


def tally(now: Decision, request: ReviewedRequest) -> Tally:
    """Count the rightful approvals: distinct people who may approve under `now`.

    Whoever lost the right no longer counts. The caller asks this again before the POST.
    """
    return _tally(now, request, request.votes)


def review(
    now: Decision,
    request: ReviewedRequest,
    person: str,
    choice: Choice,
    at: datetime,
    step_up: StepUp | None = None,
) -> ReviewDecision:
    """Judge a click of `person` at `at`.

    Args:
        now: `decide` on the same request under the policy in force, with `at` as its time,
            the image facts known, and no `earlier` requests.
        step_up: by what it is confirmed, or would be once it is.
    """
    reason = (
        _closed(request, at)
        or _own(now, request, person, choice)
        or _voted(now, request, person, choice)
        or _no_right(now, request, person)
        or (_void(now, request, step_up) if choice is Choice.APPROVE else None)
    )
    if reason:
        return ReviewDecision(False, reason, tally(now, request), now, request)
    if choice is Choice.DENY:
        return ReviewDecision(True, ReviewReason.DENIED, tally(now, request), now, request)
    counted = _tally(now, request, (*request.votes, Vote(person, choice, step_up)))
    reason = ReviewReason.APPROVED if counted.complete else ReviewReason.COUNTED
    return ReviewDecision(True, reason, counted, now, request)


def _tally(now: Decision, request: ReviewedRequest, votes: tuple[Vote, ...]) -> Tally:
    said_yes = (vote.person for vote in votes if _approves(now, vote))
    rightful = tuple(dict.fromkeys(p for p in said_yes if _may(now, request, p)))
    seats = seats_of(now.groups, rightful)
    missing = now.approvals - len(seats)
    holds = now.rule == request.rule and now.verdict in (Verdict.ASK, Verdict.RUN)
    return Tally(rightful, missing, holds and missing == 0, seats)


def _approves(now: Decision, vote: Vote) -> bool:
    return vote.choice is Choice.APPROVE and now.step_up in (None, vote.step_up)


def _may(now: Decision, request: ReviewedRequest, person: str) -> bool:
    """Checked here again for the requester: a wrong `now` must not open the gate."""
    return person in now.approvers and (now.self_approval or person != request.requester)


def _closed(request: ReviewedRequest, at: datetime) -> ReviewReason | None:
    if request.state == EXPIRED or (request.state == PENDING and at >= request.expires_at):
        return ReviewReason.EXPIRED
    return None if request.state == PENDING else ReviewReason.FINISHED


def _own(
    now: Decision, request: ReviewedRequest, person: str, choice: Choice
) -> ReviewReason | None:
    if person != request.requester:
        return None
    if choice is Choice.DENY:
        return ReviewReason.SELF_DENIAL
    return None if now.self_approval else ReviewReason.SELF_APPROVAL


def _voted(
    now: Decision, request: ReviewedRequest, person: str, choice: Choice
) -> ReviewReason | None:
    """Whoever approved may think better of it while others are waited for, and deny; or confirm it,
    where the rule has come to ask for that."""
    counts = [v for v in request.votes if v.choice is Choice.DENY or _approves(now, v)]
    voted = [vote.choice for vote in counts if vote.person == person]
    if not voted or (choice is Choice.DENY and Choice.DENY not in voted):
        return None
    return ReviewReason.ALREADY_VOTED


def _no_right(now: Decision, request: ReviewedRequest, person: str) -> ReviewReason | None:
    if now.verdict in (Verdict.NEEDS_IMAGE, Verdict.NEEDS_DIRECTORY) and now.rule is None:
        return ReviewReason.UNDECIDED
    if _may(now, request, person):
        return None
    if now.groups_needed:
        return ReviewReason.GROUP_UNKNOWN
    if now.rule is None:
        if now.reason is Reason.FROZEN:
            return ReviewReason.FROZEN
        return ReviewReason.NO_LONGER_ALLOWED
    had_it = person in request.approvers_then
    return ReviewReason.RIGHT_TAKEN_AWAY if had_it else ReviewReason.NOT_AN_APPROVER


def _void(now: Decision, request: ReviewedRequest, step_up: StepUp | None) -> ReviewReason | None:
    """Why an approval by somebody with the right would not hold."""
    if now.rule != request.rule:
        return ReviewReason.ANOTHER_RULE
    if now.reason is Reason.FROZEN:
        return ReviewReason.FROZEN
    if now.verdict is Verdict.REFUSE:
        return ReviewReason.NO_LONGER_ALLOWED
    if now.step_up not in (None, step_up):
        return ReviewReason.NOT_CONFIRMED
    return None
