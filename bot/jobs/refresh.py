"""refresh: read from outside what acks must not wait for: live regions and user groups."""

from __future__ import annotations

import logging

from bot.digitalocean import Client, DigitalOceanError
from bot.digitalocean.catalogue import Catalogue
from bot.domain.coverage import Coverage
from bot.domain.jobs import Job
from bot.domain.resources import readable_regions
from bot.jobs.coverage import read_account
from bot.on_call import OnCall
from bot.policy.file import PolicyFile
from bot.requests.people import groups_of, people_of, read_groups, read_people
from bot.requests.policy_changes import ProposePolicy
from bot.requests.policy_log import note_policy
from bot.schedules.file import SchedulesFile
from bot.slack.web_api import Slack
from bot.store import homes, read_cache
from bot.store.transaction import Store

log = logging.getLogger(__name__)

REFRESH_SECONDS = 300.0
"""How old the live regions and the user groups may grow."""

_SETTLES = 20.0
"""Seconds after a change of the policy within which every replica has read it."""


class Refresh:
    """The job `refresh`; its key means nothing."""

    def __init__(
        self,
        store: Store,
        client: Client,
        slack: Slack,
        policy: PolicyFile,
        catalogue: Catalogue,
        schedules: SchedulesFile,
        on_call: OnCall | None = None,
    ) -> None:
        self._schedules = schedules
        self._on_call = on_call
        self._store = store
        self._client = client
        self._slack = slack
        self._policy = policy
        self._catalogue = catalogue

    def __call__(self, _key: str) -> None:
        """Read all of it once; what cannot be read now keeps its last value."""
        with self._store.write() as tx:  # first: no sweep knows of it, whatever goes wrong
            tx.enqueue(Job.REFRESH, "all", tx.now + REFRESH_SECONDS)
        if self._catalogue.is_here:  # else the worker reads what is DigitalOcean's
            self._regions()
        groups = sorted(set(groups_of(self._policy.current)))
        read_groups(self._store, self._slack, self._on_call, groups)
        owners = {schedule.owner for schedule in self._schedules.current}
        people = sorted(owners.union(people_of(self._policy.current)))
        read_people(self._store, self._slack, people)
        if self._catalogue.is_here:
            self._coverage()
        with self._store.write() as tx:
            homes.show_policy(tx, self._policy.current.digest)

    def _coverage(self) -> None:
        """What Homes tell of copies; not read while nobody has opened one."""
        with self._store.read() as connection:
            if not homes.is_any(connection):
                return
        try:
            account = read_account(self._catalogue, Coverage(), self._store.clock())
        except DigitalOceanError as error:
            log.warning("what has a copy where cannot be read: %s", error.problem)
            return
        with self._store.write() as tx:
            read_cache.put_coverage(tx, account)

    def _regions(self) -> None:
        try:
            listed = [
                region
                for page in self._client.regions.pages()
                for region in readable_regions(page.get("regions"))
            ]
        except DigitalOceanError as error:
            log.warning("the live regions cannot be read: %s", error.problem)
            return
        if listed:
            with self._store.write() as tx:
                read_cache.put_regions(tx, listed)


class ShowPolicy:
    """Homes and the audit log follow the policy: called by whoever sweeps.

    Homes are looked at for a while after each change, until every replica has read it.
    """

    def __init__(self, store: Store, policy: PolicyFile) -> None:
        self._store = store
        self._policy = policy
        self._propose = ProposePolicy(store, policy)
        self._digest = policy.current.digest
        self._until = 0.0

    def __call__(self) -> None:
        """Have every Home drawn anew that shows another policy than the one in force."""
        self._propose()
        digest, now = self._policy.current.digest, self._store.clock()
        if digest != self._policy.logged:  # whether or not anything is decided by it
            with self._store.write() as tx:
                note_policy(tx, self._policy)
        if digest != self._digest:
            self._digest, self._until = digest, now + _SETTLES
        if now < self._until:
            with self._store.write() as tx:
                homes.show_policy(tx, digest)
