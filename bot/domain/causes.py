"""Why a request or a step stands as it does, as data. Pure.

`bot.views.causes` has the sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.blockers import Blocker, BlockReason, Kind


class CauseKind(StrEnum):
    """What it is. The value is stored: never change one. The facts of each stand beside it."""

    # Why a request ended before it was sent, or without a word of DigitalOcean's.
    BLOCKED = "blocked"
    """It cannot be done, or need not be: `blockers`, as `Blocker.as_json` writes them."""
    POLICY = "policy"
    """The policy decides so: `decision`, as `bot.policy.stored` writes it."""
    SUPERSEDED = "superseded"
    """Emergency access for the same went round the approvals that it waited for."""
    CLOSED_BY_OPERATOR = "closed-by-operator"
    """At the command line: their `reason`."""
    CALLED_OFF_BY_RESTORE = "called-off-by-restore"
    """Nobody had seen it when the backup was made."""
    SCHEDULE_CHANGED = "schedule-changed"
    """It asked to approve a schedule, which is another one now."""
    CARD_NOT_POSTED = "card-not-posted"
    """Slack takes no card there: its word for it is `error`; or a defect's `reference`."""
    UNFOLLOWED = "unfollowed"
    """A person stopped following it."""
    GIVEN_UP = "given-up"
    """A person closed it without knowing how it ended."""
    HANDED_OVER = "handed-over"
    """An image was offered or given: `handover`, as `asdict` writes it."""

    # What DigitalOcean says.
    ANSWERED = "answered"
    """`said`: the error in words; `answer`: of them DigitalOcean's own part, where it answered;
    `help`: what can be done about it."""
    SO_ALREADY = "so-already"
    """DigitalOcean says that what was asked for is so: `said`."""
    NO_REASON = "no-reason"
    """The action `action_id` errored; DigitalOcean never tells why."""
    NOT_YET_FOR_LONG = "not-yet-for-long"
    """It could not be done yet, and was tried for `minutes`: the last `cause`."""
    DROPLET_BUSY = "droplet-busy"
    """Another snapshot of the Droplet is being taken."""
    ACTION_UNKNOWN = "action-unknown"
    """DigitalOcean does not know the action `action_id` any more."""

    # What the bot found just before it would send a step.
    DONE_ALREADY = "done-already"
    """It is so: `blockers`, one of them."""
    IMAGE_THERE = "image-there"
    """What the step would make is there: `image_id`."""
    SEVERAL_IMAGES = "several-images"
    """Several images may be what the step would make: `image_ids`."""
    IMAGE_UNKNOWN = "image-unknown"
    """Action `action_id` is completed; which image it made is not known: `image_ids`, if any."""
    DRIFTED = "drifted"
    """It is not what was approved: `changes`, each a cause."""
    CHANGED = "changed"
    """A field of the image or the rule: `what` (a `Changed`), `before`, `now`."""
    IMAGE_GONE = "image-gone"
    UNSEEN = "unseen"
    """Nobody saw the image before it was approved."""
    EMERGENCY_NEEDED = "emergency-needed"
    """It would need emergency access by now, and nobody asked for that."""
    TOO_FEW_APPROVALS = "too-few-approvals"
    """Of `needed` approvals `given` are by people who may approve now."""
    APPROVAL_OLD = "approval-old"
    """It was approved more than `hours` ago."""
    CONTRADICTED = "contradicted"
    """The tables say what the audit log does not, about `what`."""
    HEADS_NOT_KEPT = "heads-not-kept"
    """The audit log's head is not taken by the `sinks`, and has to be."""
    INTERNAL_ERROR = "internal-error"
    """A defect of ours: the `reference` that stands in the log."""

    # Why nobody knows whether a call was taken.
    OF_ANOTHER_REQUEST = "of-another-request"
    """The answer tells of an action that another request owns."""
    OF_ANOTHER_ACTION = "of-another-action"
    UNREADABLE = "unreadable"
    """The answer holds no action that can be read."""
    RESTARTED = "restarted"
    """The bot was restarted before an answer came."""
    NOT_SEEN = "not-seen"
    """Nothing was seen of what the call would leave: `trace`, a `Trace`."""
    SEVERAL_ACTIONS = "several-actions"
    MAYBE_ANOTHERS = "maybe-anothers"
    """The action `action_id` may be this step's, or somebody else's."""
    LIST_UNREADABLE = "list-unreadable"
    """DigitalOcean's list could not be read: `said`."""
    RESTORED = "restored"
    """The database is a backup's: it may have been sent since."""


@dataclass(frozen=True)
class Cause:
    """Why a request or a step ended, waits, or needs a person.

    Attributes:
        facts: JSON values, as `CauseKind` has them.
    """

    kind: CauseKind
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As columns and the audit log hold it."""
        return {"kind": self.kind, **self.facts}


def cause_of(stored: Mapping[str, Any] | None) -> Cause | None:
    """What `Cause.as_json` wrote."""
    if not stored:
        return None
    facts = dict(stored)
    return Cause(CauseKind(facts.pop("kind")), facts)


def blocked(blockers: Iterable[Blocker], kind: CauseKind = CauseKind.BLOCKED) -> Cause:
    """What stands in the way."""
    return Cause(kind, {"blockers": [blocker.as_json() for blocker in blockers]})


def blockers_of(cause: Cause) -> list[Blocker]:
    """The blockers among its facts."""
    return [
        Blocker(BlockReason(each["reason"]), Kind(each["kind"]), each["facts"])
        for each in cause.facts["blockers"]
    ]
