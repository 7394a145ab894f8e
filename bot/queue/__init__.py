"""What wakes the jobs. State is the truth: an engine only says when to look at it again.

Two engines stand behind one seam: `local` in this process, and `cluster` on PostgreSQL, shared
by any number of processes. Both hold to this:

- a wake asked for within a transaction comes after its commit, and never without it;
- the same job never runs for the same key twice at once (across all processes);
- a run serves every wake for its job and key that came before it, so wakes do not pile up,
  and a job that wants to be woken again says so each time it runs;
- a wake may be lost or come twice: the sweep asks the database again every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from bot.domain.jobs import Job
from bot.store.transaction import JobKey, Transaction

JobFunction = Callable[[str], None]
"""One kind of work: looks at the row that its key names, does what its state still needs,
and moves it. Idempotent: woken twice, or for nothing, it does no harm."""

JobFunctions = Mapping[str, JobFunction]
"""By job. A name, once released, is kept or redirected: what asks for it may wait, and the version
before asks for it while both run. Redirected: `lambda key: engine.enqueue("new", key)`."""

URGENT = frozenset({Job.SUBMIT})
"""Of what is due, these go first: a message can wait until what it tells of has happened."""

Sweep = Callable[[], Iterable[JobKey]]
"""Everything that waits for a job now, as the database has it."""

SWEEP_SECONDS = 3.0
"""How often the database is asked so."""

Release = Callable[[str, str], None]
"""Told the job and the key of a run that ended with its process, before it is run again."""


class Engine(Protocol):
    """Wakes jobs; see the module for what every engine holds to."""

    @property
    def is_alone(self) -> bool:
        """Whether no other process works on the same database."""

    def is_working(self) -> bool:
        """Whether it was started, and what runs the jobs is alive."""

    def enqueue_in(self, tx: Transaction, job: str, key: str, at: float | None) -> None:
        """Run `job` for `key` once `tx` is committed, not before `at` (epoch seconds)."""

    def enqueue(self, job: str, key: str, at: float | None = None) -> None:
        """The same outside of a transaction.

        Raises:
            bot.errors.StoreUnavailable: the wake could not be kept.
        """

    def start(
        self, jobs: JobFunctions, sweep: Sweep | None = None, release: Release = lambda *_: None
    ) -> None:
        """Begin working: run `jobs`, and wake all that `sweep` finds, now and every few seconds.

        What a run holds in the database, until a time by which its process would surely have
        ended it, `release` gives back at once where that process is certainly gone. An engine that
        is alone never calls it: at its start nobody else is there.

        A job that raises is logged with a reference and left to the sweep; where the
        database is away, it is woken again a moment later.
        """

    def stop(self, seconds: float) -> bool:
        """Take no new work; wait up to `seconds` for what runs. False: some still does.

        What is left unfinished is handed back, or found by the next process's sweep.
        """
