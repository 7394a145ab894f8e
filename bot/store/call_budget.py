"""The call budget of a token: one row that all replicas share, and who follows with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.budget_snapshot import BudgetSnapshot, LimitHeaders
from bot.store.tables import call_budget
from bot.store.transaction import Transaction

LEASE_SECONDS = 15.0
"""How long after it was last heard of a follower keeps others from following."""
RENEW_SECONDS = 5.0
"""How often it lets itself be heard of, in a round and between rounds."""

_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_ROW = sa.select(call_budget).where(call_budget.c.token == _WHICH).with_for_update()
_CHANGE = sa.update(call_budget).where(call_budget.c.token == _WHICH)
_CHANGE_MINE = _CHANGE.where(call_budget.c.holder == sa.bindparam("mine"))
_SHOWN = (
    sa.select(call_budget.c.waits_until, call_budget.c.every)
    .order_by(call_budget.c.round_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a follower finds in the row it has taken hold of.

    Attributes:
        saved: what is known of the budget.
        taken_over: another process followed until now, so its looks are not ours.
        round_at, round_calls: when the last round began (epoch seconds), and its calls.
    """

    saved: BudgetSnapshot
    taken_over: bool
    round_at: float
    round_calls: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card may tell: see `bot.domain.estimates.Outlook`. 0: nothing."""

    waits_until: float = 0.0
    every: float = 0.0


def key_of(token: str) -> str:
    """The row's key for a token: a hash, from which the token cannot be found."""
    return hashlib.sha256(b"image-bot call budget " + token.encode()).hexdigest()


def held_by_another(connection: Connection, key: str, holder: str, now: float) -> bool:
    """Whether some other process follows with this token at `now` (epoch seconds)."""
    if _is_alone(connection):
        return False
    query = sa.select(call_budget.c.token).where(
        call_budget.c.token == key,
        call_budget.c.holder.not_in(("", holder)),
        call_budget.c.held_until > now,
    )
    return connection.execute(query).first() is not None


def lease(tx: Transaction, key: str, holder: str) -> Held | None:
    """Whether this process may be the one that follows with this token; None: another is.

    The row stands still until the transaction ends; `hold` or `begin_round` writes it.

    Args:
        holder: names this process, differently after each start.
    """
    row = _row(tx, key)
    if row.holder not in ("", holder) and row.held_until > tx.now and not _is_alone(tx.connection):
        return None
    return Held(_saved(row), row.holder != holder, row.round_at, row.round_calls)


def hold(tx: Transaction, key: str, holder: str) -> None:
    """Become, or stay, the process that follows: `lease` said that it may."""
    tx.execute(_CHANGE, {"which": key, **_held(tx, holder)})


def renew_lease(tx: Transaction, key: str, holder: str) -> bool:
    """The holder goes on following; False: it was silent for too long, and another follows."""
    if _is_alone(tx.connection):
        return True  # nobody else reads how long it is held
    return tx.changed(_CHANGE_MINE, {"which": key, "mine": holder, **_held(tx, holder)})


def end_lease(tx: Transaction, key: str, holder: str) -> None:
    """The holder follows no more: whoever is woken next does."""
    tx.execute(_CHANGE_MINE, {"which": key, "mine": holder, "held_until": 0.0})


def release_leases(connection: Connection) -> None:
    """Whoever followed is dead: whoever is woken next follows."""
    connection.execute(sa.update(call_budget).values(holder="", held_until=0.0))


def _is_alone(connection: Connection) -> bool:
    """A SQLite file belongs to one process: a holder before it is dead."""
    return connection.dialect.name == "sqlite"


def begin_round(
    tx: Transaction, key: str, holder: str, saved: BudgetSnapshot, calls: int, every: float
) -> None:
    """`hold`, and write down a round before it begins: after a crash its calls count as made."""
    values = {"round_at": tx.now, "round_calls": calls, "every": every}
    tx.execute(_CHANGE, {"which": key, **_held(tx, holder), **_columns(saved), **values})


def tell_wait(tx: Transaction, key: str, until: float) -> None:
    """DigitalOcean said to wait (epoch seconds): every process hears of it."""
    _row(tx, key)
    later = sa.and_(call_budget.c.token == key, call_budget.c.waits_until < until)
    tx.execute(sa.update(call_budget).where(later).values(waits_until=until))


def shown(connection: Connection, now: float) -> Shown:
    """What cards may tell at `now` (epoch seconds). A bot has one token at a time."""
    row = connection.execute(_SHOWN).one_or_none()
    if row is None:
        return Shown()
    return Shown(row.waits_until if row.waits_until > now else 0.0, row.every)


def _row(tx: Transaction, key: str) -> sa.Row[Any]:
    row = tx.execute(_ROW, {"which": key}).one_or_none()
    if row is not None:
        return row
    try:
        with tx.connection.begin_nested():
            tx.execute(sa.insert(call_budget).values(token=key, recent=[]))
    except sa.exc.IntegrityError:
        pass  # another replica was faster: its row is as good
    return tx.execute(_ROW, {"which": key}).one()


def _held(tx: Transaction, holder: str) -> dict[str, Any]:
    return {"holder": holder, "held_until": tx.now + LEASE_SECONDS}


def _columns(saved: BudgetSnapshot) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "recent": [list(each) for each in saved.recent],
        "waits_until": saved.waits_until,
    }
    if saved.headers is not None:
        told = saved.headers
        columns |= {"hourly": told.hourly, "remaining": told.remaining}
        columns |= {"reset": told.reset, "seen_at": told.at}
    return columns


def _saved(row: sa.Row[Any]) -> BudgetSnapshot:
    told = None
    if row.hourly is not None:
        told = LimitHeaders(row.hourly, row.remaining, int(row.reset), row.seen_at)
    recent = tuple((int(minute), int(count)) for minute, count in row.recent)
    return BudgetSnapshot(told, row.waits_until, recent)
