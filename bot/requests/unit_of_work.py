"""What the use cases work with, and one transaction of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from bot.domain.places import Places
from bot.domain.search import Wanted
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy
from bot.requests.commands import RequestDraft
from bot.requests.step_ups import StepUps
from bot.schedules.file import SchedulesFile
from bot.slack.rate_limit import PerPerson
from bot.store.database import PATIENT_SECONDS
from bot.store.read_cache import RecentRegions
from bot.store.transaction import Store, Transaction

REFUSALS_A_MINUTE = 30
"""Refused clicks of one person that are logged: rows of the audit log stay for ever."""

ReadCommand = Callable[[str, str, str, Places], "Wanted | RequestDraft"]
"""Reads a schedule's command, as its owner types it in its channel, by what is known of regions.

Raises:
    CommandError: it cannot be understood.
"""


def _no_schedules() -> SchedulesFile:
    return SchedulesFile(None, lambda _: None)


@dataclass(frozen=True, eq=False)
class Dependencies:
    """What the use cases work with, for as long as the process lives.

    Attributes:
        read_command: None: this process runs no schedules.
        step_ups: by what this bot can have something confirmed.
        refused: who was refused how often, so that a flood does not fill the audit log.
    """

    store: Store
    policy: PolicyFile
    schedules: SchedulesFile = field(default_factory=_no_schedules)
    read_command: ReadCommand | None = None
    step_ups: StepUps = field(default_factory=StepUps)
    refused: PerPerson = field(default_factory=lambda: PerPerson(REFUSALS_A_MINUTE))

    @cached_property
    def regions(self) -> RecentRegions:
        """The live regions, as last read."""
        return RecentRegions(self.store)

    @contextmanager
    def unit_of_work(self, wait: float = PATIENT_SECONDS) -> Iterator[UnitOfWork]:
        """One write transaction; `wait`: so many seconds for whoever writes just now."""
        with self.store.write(wait) as tx:
            yield UnitOfWork(tx, self)


@dataclass(frozen=True)
class UnitOfWork:
    """One write transaction, with what a use case asks beside the database meanwhile."""

    tx: Transaction
    deps: Dependencies

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.deps.policy.current
