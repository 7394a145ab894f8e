"""What was last read from outside, so that no ack waits for a network call."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.coverage import Account
from bot.domain.membership import Workspaces
from bot.domain.resources import LiveRegion, readable_regions
from bot.store.tables import coverage as coverage_table
from bot.store.tables import live_region, slack_channel, slack_user, user_group, workspace
from bot.store.transaction import Store, Transaction

_REGIONS = sa.select(sa.cast(live_region.c.body, sa.Text))
_REGIONS_SECONDS = 5.0
_USERS = sa.select(slack_user)
_GROUPS = sa.select(user_group).where(user_group.c.seen_at >= sa.bindparam("since"))


def regions(connection: Connection) -> Mapping[str, LiveRegion]:
    """The live regions by slug, as last listed; empty while they were never read."""
    return _parsed(tuple(connection.execute(_REGIONS).scalars()))


@lru_cache(maxsize=2)  # a listing stays for months, and is asked for by every command
def _parsed(bodies: tuple[str, ...]) -> Mapping[str, LiveRegion]:
    found = readable_regions([json.loads(body) for body in bodies])
    return MappingProxyType({region.slug: region for region in found})


class RecentRegions:
    """The live regions as they were a few seconds ago, so that not every command reads them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: Sequence[LiveRegion] = ()
        self._read_at = 0.0

    def __call__(self) -> Sequence[LiveRegion]:
        """The live regions; empty while they were never read.

        Raises:
            bot.errors.StoreUnavailable: they are to be read anew, and the database is away.
        """
        if not self._known or time.monotonic() - self._read_at > _REGIONS_SECONDS:
            with self._store.read() as connection:
                self._known = tuple(regions(connection).values())
            self._read_at = time.monotonic()
        return self._known


def put_regions(tx: Transaction, regions: Iterable[LiveRegion]) -> None:
    """Replace the live regions by a new listing; of one that came twice the last is kept."""
    tx.advisory_lock("live regions")  # two replicas may have read them at the same moment
    tx.execute(sa.delete(live_region))
    for slug, region in {region.slug: region for region in regions}.items():
        body = region.model_dump(mode="json")
        tx.execute(sa.insert(live_region).values(slug=slug, body=body, seen_at=tx.now))


def coverage(connection: Connection) -> Account | None:
    """What the account had copies of when that was last read; None: never."""
    body = connection.execute(sa.select(coverage_table.c.body)).scalar_one_or_none()
    return Account.from_json(body) if body else None


def put_coverage(tx: Transaction, account: Account) -> None:
    """Keep what the account has copies of; an older reading is not put over a newer one."""
    tx.advisory_lock("coverage")
    tx.execute(sa.delete(coverage_table).where(coverage_table.c.seen_at <= account.seen_at))
    if tx.execute(sa.select(coverage_table.c.id)).first() is None:
        row = {"id": 1, "body": account.as_json(), "seen_at": account.seen_at}
        tx.execute(sa.insert(coverage_table).values(**row))


BELIEVED_SECONDS = 900.0
"""How long the members of a group are believed that Slack would not tell again."""


class StoredDirectory:
    """Members of Slack user groups, as last read; what the policy asks for.

    Args:
        connection: read once, when the first group is asked for.
        now: epoch seconds; a group read long before is not known any more.
    """

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self.now = now

    @cached_property
    def _groups(self) -> dict[str, tuple[frozenset[str], float]]:
        rows = self._connection.execute(_GROUPS, {"since": self.now - BELIEVED_SECONDS})
        return {row.id: (frozenset(row.members), row.seen_at) for row in rows}

    def members(self, group_id: str) -> frozenset[str] | None:
        """The people in a group; None while it was not read lately."""
        known = self._groups.get(group_id)
        return known[0] if known else None

    def seen_at(self, group_id: str) -> float:
        """When a group was last read, in epoch seconds; 0 for never."""
        known = self._groups.get(group_id)
        return known[1] if known else 0.0

    @cached_property
    def _users(self) -> dict[str, tuple[bool, float]]:
        return {row.id: (row.has_left, row.seen_at) for row in self._connection.execute(_USERS)}

    def has_left(self, user_id: str) -> bool:
        """Whether the account was deactivated, or gone, when it was last read."""
        known = self._users.get(user_id)
        return known[0] if known else False

    def user_seen_at(self, user_id: str) -> float:
        """When a person was last read, in epoch seconds; 0 for never."""
        known = self._users.get(user_id)
        return known[1] if known else 0.0


def put_users(tx: Transaction, has_left: Mapping[str, bool]) -> None:
    """Write who has left, of the people that the policy names."""
    tx.advisory_lock("slack users")
    for user_id, left in sorted(has_left.items()):
        tx.execute(sa.delete(slack_user).where(slack_user.c.id == user_id))
        tx.execute(sa.insert(slack_user).values(id=user_id, has_left=left, seen_at=tx.now))


def put_group(tx: Transaction, group_id: str, members: Iterable[str]) -> None:
    """Write the members of one user group."""
    tx.advisory_lock(group_id)
    tx.execute(sa.delete(user_group).where(user_group.c.id == group_id))
    tx.execute(sa.insert(user_group).values(id=group_id, members=sorted(members), seen_at=tx.now))


def forget_group(tx: Transaction, group_id: str) -> None:
    """From now on it is not known who is in it."""
    tx.advisory_lock(group_id)
    tx.execute(sa.delete(user_group).where(user_group.c.id == group_id))


def public_channels(connection: Connection) -> frozenset[str]:
    """The ids of the channels that Slack last named as public ones."""
    query = sa.select(slack_channel.c.id).where(~slack_channel.c.is_private)
    return frozenset(connection.execute(query).scalars())


def put_channel(tx: Transaction, channel_id: str, private: bool) -> None:
    """Write whether a conversation is private."""
    tx.advisory_lock(f"channel {channel_id}")
    tx.execute(sa.delete(slack_channel).where(slack_channel.c.id == channel_id))
    row = {"id": channel_id, "is_private": private, "seen_at": tx.now}
    tx.execute(sa.insert(slack_channel).values(**row))


def own_workspace(connection: Connection, bot_token: str) -> Workspaces:
    """The workspace that this bot token (a digest of it) was said to be of; empty: none yet."""
    query = sa.select(workspace).where(workspace.c.bot_token == bot_token)
    row = connection.execute(query).first()
    return Workspaces(frozenset([row.team]), row.enterprise) if row else Workspaces()


def put_own_workspace(tx: Transaction, bot_token: str, team: str, enterprise: str) -> None:
    """Keep what `auth.test` said; what another token was told is forgotten."""
    tx.advisory_lock("workspace")
    tx.execute(sa.delete(workspace))
    tx.execute(
        sa.insert(workspace).values(
            team=team, enterprise=enterprise, bot_token=bot_token, seen_at=tx.now
        )
    )
