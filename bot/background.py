"""What runs behind: the function of each job, which jobs are due, and what a dead one held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.anchors.signing import Signer
from bot.anchors.sinks import Sink
from bot.config import Settings
from bot.domain.jobs import Job
from bot.jobs.check import Check
from bot.jobs.cleanup import Cleanup
from bot.jobs.deliver import Deliver
from bot.jobs.expire import Expire
from bot.jobs.follow_policy import FollowPolicy
from bot.jobs.keep_heads import KeepHeads, Telling
from bot.jobs.lookup import LookUpImages
from bot.jobs.poll import Poll
from bot.jobs.reconcile import Reconciler, RefreshCandidates
from bot.jobs.reconcile_account import ReconcileAccount
from bot.jobs.refresh import Refresh, ShowPolicy
from bot.jobs.schedules import RunSchedules
from bot.jobs.submit import Submit
from bot.on_call import on_call_of
from bot.outside import Outside
from bot.queue import JobFunctions
from bot.requests import Dependencies
from bot.requests.assessment import Assessor
from bot.store import anchors, call_budget, reconciliation, sending, stats
from bot.store.due import due
from bot.store.transaction import JobKey


class Background:
    """The jobs of one process.

    Args:
        sinks, signer: where heads of the audit log are kept, and by whose key; none: nowhere.
        post_pause: seconds between two posts in one channel.

    Attributes:
        refresh: reads what is kept of both services anew.
        poll: follows the actions in flight.
    """

    def __init__(
        self,
        settings: Settings,
        deps: Dependencies,
        outside: Outside,
        sinks: Sequence[Sink],
        signer: Signer | None,
        post_pause: float,
    ) -> None:
        self._settings, self._deps, self._outside = settings, deps, outside
        self._store, self._post_pause = deps.store, post_pause
        self.sinks = [sink.name for sink in sinks]
        self._heads = self._keep_heads(sinks, signer) if sinks else None
        self._on_call = on_call_of(settings)
        self._assessor = Assessor(
            self._store, outside.client, outside.slack, deps.policy, self._on_call
        )
        self._show_policy = ShowPolicy(self._store, deps.policy)
        self._follow_policy = FollowPolicy(self._store, deps.policy, self._assessor)
        self.poll = Poll(
            self._store,
            outside.client,
            poll_seconds=settings.poll_seconds,
            settle_seconds=settings.settle_seconds,
            account=outside.calls,
            key=outside.budget_key,
        )
        self.refresh = Refresh(
            self._store,
            outside.client,
            outside.slack,
            deps.policy,
            outside.catalogue,
            deps.schedules,
            self._on_call,
        )

    def jobs(self) -> JobFunctions:
        """What does each kind of work."""
        settings, store, outside = self._settings, self._store, self._outside
        reconciler = Reconciler(
            store,
            outside.client,
            http_seconds=settings.http_seconds,
            settle_seconds=settings.settle_seconds,
        )
        return {
            Job.CHECK: Check(store, self._assessor, self._deps.schedules),
            Job.SUBMIT: Submit(store, outside.client, self._assessor, reconciler, self._heads),
            Job.CANDIDATES: RefreshCandidates(store, reconciler),
            Job.POLL: self.poll,
            Job.LOOKUP: LookUpImages(self._deps, outside.catalogue),
            Job.DELIVER: Deliver(store, outside.slack, self._deps.policy, self._post_pause),
            Job.EXPIRE: Expire(store, self._assessor),
            Job.REFRESH: self.refresh,
            Job.SCHEDULES: RunSchedules(self._deps),
            Job.RECONCILE: ReconcileAccount(store, outside.client, settings.reconcile_channel),
            Job.ANCHOR: self._heads or (lambda _key: None),
            Job.CLEANUP: Cleanup(store, settings.retention_days),
        }

    def due(self) -> Iterator[JobKey]:
        """The jobs that the database says are due, with their keys."""
        self._show_policy()
        self._follow_policy()
        now = self._store.clock()
        with self._store.read() as connection:
            yield from list(due(connection, now))
            looks = bool(self._settings.reconcile_channel)
            if looks and reconciliation.is_due(connection, now):
                yield Job.RECONCILE, "all"
            every = self._settings.anchor_seconds
            if self.sinks and anchors.is_due(connection, self.sinks, now, every):
                yield Job.ANCHOR, "all"
        if self._deps.schedules.is_used:
            yield Job.SCHEDULES, "all"

    def release(self, job: str, key: str) -> None:
        """The process that ran this job is dead: what it held waits for nobody."""
        with self._store.write() as tx:
            if job == Job.DELIVER:
                sending.release(tx.connection, key)
            elif job == Job.POLL:
                call_budget.release_leases(tx.connection)

    def read_stats(self) -> stats.Stats:
        """What waits and what is under way, for the metrics."""
        reconciles = bool(self._settings.reconcile_channel)
        with self._store.read() as connection:
            now = self._store.clock()
            return stats.read(connection, now, reconciles=reconciles, sinks=self.sinks)

    def _keep_heads(self, sinks: Sequence[Sink], signer: Signer | None) -> KeepHeads:
        settings = self._settings
        return KeepHeads(
            self._store,
            sinks,
            signer,
            every=settings.anchor_seconds,
            required=settings.anchor_required,
            telling=Telling(settings.anchor_channel, settings.reconcile_channel),
        )
