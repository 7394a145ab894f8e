"""The kinds of work that run behind, by the names that stand in the queue."""

from __future__ import annotations

from enum import StrEnum


class Job(StrEnum):
    """One kind of work. The value stands in databases: once released, it is kept or redirected."""

    CHECK = "check"
    """Look the image up, ask the policy, open the card. Key: a request's number."""
    SUBMIT = "submit"
    """Send one step to DigitalOcean. Key: a step's row."""
    CANDIDATES = "candidates"
    """Read again which actions could be a lost POST's. Key: a step's row."""
    POLL = "poll"
    """Look at all actions in flight."""
    LOOKUP = "lookup"
    """Look images up for one person. Key: a look-up's row."""
    DELIVER = "deliver"
    """Bring Slack up to date in one channel. Key: the channel's queue."""
    EXPIRE = "expire"
    """End, or remind of, a request that waits for approval. Key: its number."""
    REFRESH = "refresh"
    """Read regions, users and groups anew."""
    SCHEDULES = "schedules"
    """Have each schedule do what it needs now."""
    RECONCILE = "reconcile"
    """Hold what happened at DigitalOcean against the audit log."""
    ANCHOR = "anchor"
    """Send the audit log's head to where it is kept."""
    CLEANUP = "cleanup"
    """Delete what is older than it is kept."""
