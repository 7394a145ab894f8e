"""The call budget of a token: one row that all replicas share, and who follows with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.digitalocean import RateLimit
from bot.following.account import Saved
from bot.store.tables import call_budget
from bot.store.transaction import Transaction

HOLD_SECONDS = 60.0
"""How long a follower that died keeps others from taking over."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a follower finds in the row it has taken hold of.

    Attributes:
        saved: what is known of the budget.
        taken_over: another process followed until now, so its looks are not ours.
        round_at, round_calls: when the last round began (epoch seconds), and its calls.
    """

    saved: Saved
    taken_over: bool
    round_at: float
    round_calls: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else follows, until at least then (epoch seconds)."""

    until: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card may tell: see `bot.pace.Outlook`. 0: nothing."""

    waits_until: float = 0.0
    every: float = 0.0


def key_of(token: str) -> str:
    """The row's key for a token: no way leads back to it."""
    return hashlib.sha256(b"image-bot call budget " + token.encode()).hexdigest()


def hold(tx: Transaction, key: str, holder: str) -> Held | Taken:
    """Become, or stay, the one process that follows with this token.

    Args:
        holder: names this process, differently after each start.
    """
    row = _row(tx, key)
    alone = tx.connection.dialect.name == "sqlite"  # one process: the holder before is dead
    if row.holder != holder and row.held_until > tx.now and not alone:
        return Taken(min(row.held_until, tx.now + HOLD_SECONDS))
    tx.execute(_update(key).values(holder=holder, held_until=tx.now + HOLD_SECONDS))
    return Held(_saved(row), row.holder != holder, row.round_at, row.round_calls)


def begin_round(tx: Transaction, key: str, saved: Saved, calls: int, every: float) -> None:
    """Write down a round before it begins: after a crash its calls count as made."""
    values = {"round_at": tx.now, "round_calls": calls, "every": every}
    tx.execute(_update(key).values(**_columns(saved), **values))


def tell_wait(tx: Transaction, key: str, until: float) -> None:
    """DigitalOcean said to wait (epoch seconds): every process hears of it."""
    _row(tx, key)
    later = sa.and_(call_budget.c.token == key, call_budget.c.waits_until < until)
    tx.execute(sa.update(call_budget).where(later).values(waits_until=until))


def waits_until(connection: Connection, key: str) -> float:
    """Until when DigitalOcean said to wait (epoch seconds); 0: it never did."""
    query = sa.select(call_budget.c.waits_until).where(call_budget.c.token == key)
    return connection.execute(query).scalar_one_or_none() or 0.0


def shown(connection: Connection, now: float) -> Shown:
    """What cards may tell at `now` (epoch seconds). A bot has one token at a time."""
    row = connection.execute(
        sa.select(call_budget.c.waits_until, call_budget.c.every)
        .order_by(call_budget.c.round_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return Shown()
    return Shown(row.waits_until if row.waits_until > now else 0.0, row.every)


def _row(tx: Transaction, key: str) -> sa.Row[Any]:
    query = sa.select(call_budget).where(call_budget.c.token == key).with_for_update()
    row = tx.execute(query).one_or_none()
    if row is not None:
        return row
    try:
        with tx.connection.begin_nested():
            tx.execute(sa.insert(call_budget).values(token=key, recent=[]))
    except sa.exc.IntegrityError:
        pass  # another replica was faster: its row is as good
    return tx.execute(query).one()


def _update(key: str) -> sa.Update:
    return sa.update(call_budget).where(call_budget.c.token == key)


def _columns(saved: Saved) -> dict[str, Any]:
    limit = saved.rate_limit
    columns = {
        "recent": [list(each) for each in saved.recent],
        "waits_until": saved.waits_until,
    }
    if limit is not None:
        columns |= {
            "hourly": limit.limit,
            "remaining": limit.remaining,
            "reset": limit.reset,
            "seen_at": saved.seen_at,
        }
    return columns


def _saved(row: sa.Row[Any]) -> Saved:
    limit = None
    if row.hourly is not None:
        limit = RateLimit(row.hourly, row.remaining, int(row.reset))
    recent = tuple((int(minute), int(count)) for minute, count in row.recent)
    return Saved(limit, row.seen_at, row.waits_until, recent)
