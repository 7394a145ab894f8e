"""What can happen to an ops request: the words of the audit log and of the thread's replies."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Event(StrEnum):
    """One thing that happened. The value stands in the audit log: never change one."""

    REQUESTED = "requested"
    LOOK_UP_ASKED = "look-up-asked"
    """Somebody typed a command that has to look at DigitalOcean before it asks for anything."""
    LOOK_UP_TAKEN = "look-up-taken"
    """It was answered: nothing more comes of it by itself."""
    JOINED = "joined"
    DELAYED = "delayed"
    """DigitalOcean could not be reached; it is tried again."""
    INTERNAL_ERROR = "internal-error"
    """A defect of ours, before anything was sent; it is tried again."""
    REFUSED = "refused"
    NOTHING_TO_DO = "nothing-to-do"
    PENDING = "pending"
    RUNS_AT_ONCE = "runs-at-once"
    STANDING_APPROVAL = "standing-approval"
    """A schedule's run, which the approval of the schedule covers."""
    SCHEDULE_DUE = "schedule-due"
    """A time at which a schedule was due was taken up, or passed over."""
    SCHEDULE_PAUSED = "schedule-paused"
    SCHEDULE_RESUMED = "schedule-resumed"
    SCHEDULE_STARTED = "schedule-started"
    """Somebody had a schedule run at once."""
    SCHEDULE_BEGUN = "schedule-begun"
    """The command of a run was typed: that happens once for each time at which it is due."""
    SCHEDULE_ENDED = "schedule-ended"
    """All that a run asked for has ended, or nothing came of it."""
    SCHEDULE_VOID = "schedule-void"
    """What was approved is not what the schedule and its rule say now, or its time is over."""
    SCHEDULE_FORGOTTEN = "schedule-forgotten"
    """It was taken out of its file: put back, it is a new one."""
    BREAK_GLASS_USED = "break-glass-used"
    REVIEW_CLOSED = "review-closed"
    VOTED = "voted"
    STEP_UP_ASKED = "step-up-asked"
    """Whoever clicked *Approve* got a link, to confirm it with a second factor."""
    STEP_UP_REFUSED = "step-up-refused"
    """Nothing came of such a link: the row says why."""
    SECOND_FACTOR_ENROLLED = "second-factor-enrolled"
    SECOND_FACTOR_RESET = "second-factor-reset"
    """An operator had the bot forget what somebody enrolled."""
    VOTE_WITHDRAWN = "vote-withdrawn"
    """Whoever approved took that back, while others were waited for."""
    APPROVED = "approved"
    DENIED = "denied"
    CLICK_REFUSED = "click-refused"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """Emergency access for the same went round the approvals that this one waited for."""
    CLOSED = "closed"
    """An operator ended it at the command line; DigitalOcean may still be at work on it."""
    WITHDRAWN = "withdrawn"
    """Somebody took back what was not sent yet; the rest goes on."""
    EXPIRED = "expired"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    """It has waited so long that others may approve as well, and they were told."""
    APPROVAL_EXPIRED = "approval-expired"
    """It was approved so long ago, and could not be sent, that people are asked anew."""
    DRIFTED = "drifted"
    CONTRADICTED = "contradicted"
    """The tables say of a request what the audit log does not: nothing is sent."""
    INTENT = "intent"
    NOT_ARRIVED = "not-arrived"
    REJECTED = "rejected"
    """DigitalOcean said no."""
    AMBIGUOUS = "ambiguous"
    RESENT = "resent"
    """The answer was lost, of something that can be sent again without harm."""
    ACCEPTED = "accepted"
    ADOPTED = "adopted"
    NEEDS_ATTENTION = "needs-attention"
    ATTENTION_REMINDED = "attention-reminded"
    """Nobody has decided yet what becomes of a lost answer."""
    POST_AGAIN_VOTED = "post-again-voted"
    """Somebody chose *Send again*; the rule asks for more people."""
    POST_AGAIN = "post-again"
    GIVEN_UP = "given-up"
    STUCK = "stuck"
    STOPPED_FOLLOWING = "stopped-following"
    """A person closed what did not end; DigitalOcean may still be at it."""
    COMPLETED = "completed"
    ERRORED = "errored"
    ENDED = "ended"
    """The last of several image actions ended: the summary."""
    RETRIED = "retried"
    """What failed was asked for again, as another request."""
    CARD_LOST = "card-lost"
    """The channel was archived, or the bot removed from it."""
    POLICY_PROPOSED = "policy-proposed"
    """A changed policy file waits for approval; the row holds its text, and what it changes."""
    POLICY_VOTED = "policy-voted"
    POLICY_WITHDRAWN = "policy-withdrawn"
    """The file was put back, so nothing waits any more."""
    POLICY_CHANGED = "policy-changed"
    """Another policy decides from here on; the row holds its text."""
    RESTORED = "restored"
    """The database was filled from a backup: what happened after it is not in this log."""
    ASKED_AGAIN = "asked-again"
    """A restore made what people said before void."""
    ANCHOR_KEY = "anchor-key"
    """From here on heads of this log are signed with another key."""
    ANCHOR_FAILING = "anchor-failing"
    """A place that is to keep heads of this log takes none."""
    ANCHOR_KEPT = "anchor-kept"
    """It takes them again."""
    RECONCILED = "reconciled"
    """What happened at DigitalOcean was held against this log."""


TOLD: frozenset[Event] = frozenset(Event) - {
    Event.REQUESTED,
    Event.LOOK_UP_ASKED,
    Event.LOOK_UP_TAKEN,
    Event.REFUSED,
    Event.NOTHING_TO_DO,
    Event.PENDING,
    Event.RUNS_AT_ONCE,
    Event.STANDING_APPROVAL,
    Event.SCHEDULE_DUE,
    Event.SCHEDULE_PAUSED,
    Event.SCHEDULE_RESUMED,
    Event.SCHEDULE_STARTED,
    Event.SCHEDULE_BEGUN,
    Event.SCHEDULE_ENDED,
    Event.SCHEDULE_VOID,
    Event.SCHEDULE_FORGOTTEN,
    Event.CLICK_REFUSED,
    Event.REMINDED,
    Event.INTENT,
    Event.CARD_LOST,
    Event.RESTORED,
    Event.POLICY_CHANGED,
    Event.RECONCILED,
    Event.ANCHOR_KEY,
    Event.ANCHOR_FAILING,
    Event.ANCHOR_KEPT,
    Event.POLICY_PROPOSED,
    Event.POLICY_VOTED,
    Event.POLICY_WITHDRAWN,
    Event.STEP_UP_ASKED,
    Event.STEP_UP_REFUSED,
    Event.SECOND_FACTOR_ENROLLED,
    Event.SECOND_FACTOR_RESET,
}
"""The events that get a reply in the thread; the card itself shows the others."""

ON_THE_CARD = frozenset({Event.ACCEPTED})
"""Events that are not told where the thread tells nothing yet."""

AMENDS: Mapping[Event, frozenset[Event]] = {
    Event.VOTED: frozenset({Event.VOTED, Event.VOTE_WITHDRAWN}),
    Event.VOTE_WITHDRAWN: frozenset({Event.VOTED, Event.VOTE_WITHDRAWN}),
    Event.APPROVED: frozenset({Event.VOTED, Event.VOTE_WITHDRAWN}),
    Event.ACCEPTED: frozenset(
        {Event.VOTED, Event.APPROVED, Event.BREAK_GLASS_USED, Event.ACCEPTED}
    ),
}
"""Events that are told by editing the thread's last reply, where that tells one of these."""
