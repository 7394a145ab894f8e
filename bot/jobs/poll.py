"""follow: look at all image actions in flight together, and end those that ended."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress

from sqlalchemy.engine import Connection

from bot.digitalocean import Client
from bot.digitalocean.call_budget import RateLimitBudget
from bot.domain.estimates import Estimate
from bot.domain.jobs import Job
from bot.domain.resources import ActionStatus, ImageAction
from bot.errors import StoreUnavailable
from bot.jobs.action_results import ActionResults
from bot.jobs.polling.plan import InFlightAction, Round
from bot.jobs.polling.poller import Poller
from bot.jobs.show_progress import ProgressUpdates
from bot.store import call_budget
from bot.store.durations import DurationEstimates, InFlightStep, in_flight_steps
from bot.store.transaction import Store, Transaction
from bot.store.transitions import note_looks

log = logging.getLogger(__name__)

_PASS_ON_SECONDS = 0.25
"""A wake that came to a process which does not follow is there again after this long."""
_RETHINK_SECONDS = 60.0
"""However long a plan wants to wait, it is thought over again after this long."""


class Poll:
    """The job `poll`; there is one follower for a token, so its key means nothing.

    It keeps in memory when it looked at what; the database is written to only when something
    changed, once a round, and to keep the token's row in `call_budget`: of several processes one
    holds it and follows; another that is woken passes the wake on, until the holder is dead.

    Args:
        account: counts the client's calls; None: only what the follower itself makes of them.
        key: the token's in `call_budget` (`bot.store.call_budget.key_of`).
    """

    def __init__(
        self,
        store: Store,
        client: Client,
        *,
        poll_seconds: float,
        settle_seconds: float,
        account: RateLimitBudget | None = None,
        key: str = "",
    ) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._results = ActionResults(store, client, settle_seconds)
        self._account = account or RateLimitBudget(store.clock)
        self._key = key
        self._holder = uuid.uuid4().hex
        self._follower = Poller(client, self._account, poll_seconds, store.clock)
        self._paces = DurationEstimates()
        self._shows = ProgressUpdates(store)
        self._has_lease = False
        self._renewed_at = 0.0
        self._told_wait = 0.0
        self._read_at = 0.0
        self._next_at = 0.0

    def __call__(self, _key: str) -> None:
        """Look at what is due; come back while anything is in flight."""
        now = self._store.clock()
        if self._follows_elsewhere(now):
            self._has_lease = False
            self._tell_wait()  # what this process heard when it posted, the follower must know
            self._come_back(now + _PASS_ON_SECONDS)
            return
        soon = min(self._next_at, self._read_at + self._poll_seconds)
        if self._has_lease and self._read_at <= now < soon:
            self._come_back(soon)  # what began meanwhile is not due before then
            return
        self._read_at = now
        rows, in_flight = self._in_flight(now)
        if rows:
            self._next_at = self._poll_due(rows, in_flight)
            self._come_back(self._next_at)

    def stop(self) -> None:
        """This process follows no more: another may begin at once.

        Raises:
            StoreUnavailable: the others will find out by themselves.
        """
        if self._has_lease:
            with self._store.write(wait=1.0) as tx:
                call_budget.end_lease(tx, self._key, self._holder)

    def use_key(self, key: str) -> None:
        """Follow with another token's row from now on; the one before is let go."""
        with suppress(StoreUnavailable):  # then it is held until its lease ends
            self.stop()
        self._key, self._has_lease = key, False

    def _follows_elsewhere(self, now: float) -> bool:
        with self._store.read() as connection:
            return call_budget.held_by_another(connection, self._key, self._holder, now)

    def _in_flight(self, now: float) -> tuple[dict[int, InFlightStep], list[InFlightAction]]:
        with self._store.read() as connection:
            rows = {row.action_id: row for row in in_flight_steps(connection, now)}
            in_flight = [
                self._flight(row, self._estimate(connection, row)) for row in rows.values()
            ]
        return rows, in_flight

    def _estimate(self, connection: Connection, row: InFlightStep) -> Estimate | None:
        return self._paces.of(connection, row.way, row.gigabytes)

    def _flight(self, row: InFlightStep, learnt: Estimate | None) -> InFlightAction:
        looked = self._follower.tried(row.action_id, row.started_at)
        return InFlightAction(
            row.id,
            row.action_id,
            int(row.target_id),
            row.started_at,
            looked,
            learnt,
            of_droplet=row.of_droplet,
        )

    def _poll_due(self, rows: dict[int, InFlightStep], in_flight: list[InFlightAction]) -> float:
        """Read what is due, if it is ours to read; when to come back (epoch seconds)."""
        plan = self._follower.plan(in_flight)
        if not self._acquire_lease(plan):
            return self._store.clock() + _PASS_ON_SECONDS
        plan = self._follower.plan(self._again(rows, in_flight))  # we may know more now
        if plan.calls:
            ended = self._look(plan, rows, in_flight)
            self._tell_wait()
            in_flight = [f for f in self._again(rows, in_flight) if f.action_id not in ended]
            plan = self._follower.plan(in_flight)
        self._shows(rows, in_flight, self._account.waits_until, self._looks(in_flight))
        return min(plan.next_at, self._store.clock() + _RETHINK_SECONDS)

    def _looks(self, in_flight: list[InFlightAction]) -> dict[int, float]:
        """When each was last read, by our row's id."""
        looks = {f.id: self._follower.looked(f.action_id, f.since) for f in in_flight}
        return {step_id: at for step_id, at in looks.items() if at is not None}

    def _again(
        self, rows: dict[int, InFlightStep], in_flight: list[InFlightAction]
    ) -> list[InFlightAction]:
        """The same, with when they were looked at by now."""
        return [self._flight(rows[f.action_id], f.estimate) for f in in_flight]

    def _acquire_lease(self, plan: Round) -> bool:
        """Take hold of the token's row, and write the round down before it begins."""
        if self._has_lease and not plan.calls:
            return True
        with self._store.write() as tx:
            held = call_budget.lease(tx, self._key, self._holder)
            self._has_lease = held is not None
            self._renewed_at = tx.now
            if held is None:
                return False
            if held.taken_over:
                self._account.restore(held.saved)
                self._follower.take_over(held.round_at, held.round_calls)
            self._account.hear(held.saved.waits_until)
            if plan.calls:
                saved = self._account.saved(planned=plan.calls)
                call_budget.begin_round(tx, self._key, self._holder, saved, plan.calls, plan.every)
            else:
                call_budget.hold(tx, self._key, self._holder)
        return True

    def _look(
        self, plan: Round, rows: dict[int, InFlightStep], in_flight: list[InFlightAction]
    ) -> set[int]:
        """One round; the action ids that are not in flight any more."""
        ended: set[int] = set()

        def tell(followed: InFlightAction, action: ImageAction | None) -> None:
            if action is None:
                self._results.missing(rows[followed.action_id])
            elif action.status in (ActionStatus.COMPLETED, ActionStatus.ERRORED):
                if self._results.ended(followed, action):
                    ended.add(followed.action_id)
            else:
                self._results.still(rows[followed.action_id], followed, action)

        self._follower.look(plan, in_flight, tell, self._still_has_lease)
        self._note_beside(ended, rows, in_flight)
        return ended

    def _note_beside(
        self, ended: set[int], rows: dict[int, InFlightStep], in_flight: list[InFlightAction]
    ) -> None:
        """The card of what ended is drawn again, with when the others on it were read."""
        drawn = {rows[action_id].ops_request for action_id in ended}
        beside = [
            followed
            for followed in in_flight
            if followed.action_id not in ended and rows[followed.action_id].ops_request in drawn
        ]
        if beside:
            with self._store.write() as tx:
                note_looks(tx, self._looks(beside))

    def _still_has_lease(self) -> bool:
        """Whether this process is to go on with its round."""
        if abs(self._store.clock() - self._renewed_at) >= call_budget.RENEW_SECONDS:
            with self._store.write() as tx:
                self._renew_lease(tx)
        return self._has_lease

    def _renew_lease(self, tx: Transaction) -> None:
        self._has_lease = call_budget.renew_lease(tx, self._key, self._holder)
        self._renewed_at = tx.now

    def _come_back(self, at: float) -> None:
        with self._store.write() as tx:
            if self._has_lease:
                if abs(tx.now - self._renewed_at) >= call_budget.RENEW_SECONDS / 2:
                    self._renew_lease(tx)  # else a round has just done it
                at = min(at, tx.now + call_budget.RENEW_SECONDS)
            tx.enqueue(Job.POLL, "all", max(at, tx.now + 0.01))

    def _tell_wait(self) -> None:
        """DigitalOcean said 429: the other processes hear of it at once."""
        until = self._account.waits_until
        if until > max(self._told_wait, self._store.clock()):
            with self._store.write() as tx:
                call_budget.tell_wait(tx, self._key, until)
            self._told_wait = until
