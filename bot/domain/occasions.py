"""Why something is asked that nobody typed: a schedule is due, or is to be approved. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

_KEY = "occasion"
LATE_SECONDS = 300.0
"""A run that is taken up so long after it was due is late."""


class RunOutcome(StrEnum):
    """What became of one time at which a schedule was due. The value is stored."""

    DUE = "due"
    """It is to be begun."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED_RUNNING = "skipped-running"
    """The run before it was still running."""
    SKIPPED_PAUSED = "skipped-paused"
    SKIPPED_UNAPPROVED = "skipped-unapproved"
    SKIPPED_OWNERLESS = "skipped-ownerless"
    """Its owner has left Slack: nothing is done in the name of somebody who is gone."""


class RunProblem(StrEnum):
    """Why a run failed. The value is stored."""

    REFUSED = "refused"
    """Its command was not taken; its owner was told why."""
    REQUESTS_FAILED = "requests-failed"
    """What it asked for did not end well."""
    NOTHING_CAME = "nothing-came"
    """It asked for nothing."""
    NOT_IN_THE_LOG = "not-in-the-log"
    """The database alone says that it was to be begun."""
    FORGOTTEN = "forgotten"
    """The schedule was taken out of its file."""
    RESTORED = "restored"
    """The database was restored from a backup."""


@dataclass(frozen=True)
class Occasion:
    """What a schedule is about to do.

    Attributes:
        schedule: its name.
        due_at: the time whose run it is (epoch seconds); None: its standing approval is asked.
        terms: for that, the schedule as its file has it.
        deletes: for that, later runs delete what is too many or too old then.
        only_alike: for that, the steps would not be done just now, and tell only of what kind.
    """

    schedule: str
    due_at: float | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    only_alike: bool = False
    deletes: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """As the audit log holds it."""
        return {"schedule": self.schedule, "due_at": self.due_at}

    def beside(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """What a look-up keeps of it, beside what is wanted."""
        return {**wanted, _KEY: asdict(self)}


def occasion_of(kept: Mapping[str, Any]) -> Occasion | None:
    """The occasion of a look-up; None: a person asked."""
    return Occasion(**kept[_KEY]) if _KEY in kept else None


def without_occasion(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted alone."""
    return {key: value for key, value in kept.items() if key != _KEY}
