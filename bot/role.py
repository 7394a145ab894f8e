"""What one process of the bot does."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What one process of the bot does."""

    ALL = "all"
    WEB = "web"
    """Takes what Slack sends and answers it; asks for jobs and runs none."""
    WORKER = "worker"
    """Runs jobs; takes nothing from Slack. Opens a port only for looks at it, if one is set."""
