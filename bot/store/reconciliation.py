"""What is remembered of looks at the account: how far it was looked at, and what was found.

One process looks at a time: it holds the row for a while, under a token that is compared again
when it writes down what it found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.reconciliation import Finding, KnownImage, Verdict
from bot.domain.resources import ImageAction
from bot.store import audit
from bot.store.tables import account_finding, account_image, reconciliation
from bot.store.transaction import Transaction

FIRST_LOOK_SECONDS = 86_400.0
"""How far the first look goes back, and no further than the log."""
HOLD_SECONDS = 900.0
"""How long one look may take before another process may begin one."""
_ACCOUNT = "account"
_KEPT_SECONDS = 2 * 86_400.0
"""How long what is explained is remembered: far longer than two looks overlap."""
_THE_ROW = sa.select(reconciliation).where(reconciliation.c.name == _ACCOUNT)
_CHANGE = sa.update(reconciliation).where(reconciliation.c.name == _ACCOUNT)


@dataclass(frozen=True)
class Progress:
    """How far the account was looked at; all times are epoch seconds by our clock."""

    began_at: float
    until: float
    looked_at: float | None
    next_at: float
    holder: str
    held_until: float
    failing_since: float | None
    failing_told: bool


@dataclass(frozen=True)
class Known:
    """What earlier looks found: verdicts by kind and number, actions that nobody could settle, and
    the images that were there."""

    verdicts: dict[tuple[str, int], Verdict]
    unsettled: tuple[ImageAction, ...]
    images: tuple[KnownImage, ...]


def progress(connection: Connection) -> Progress | None:
    """How far the account was looked at; None: never."""
    row = connection.execute(_THE_ROW).one_or_none()
    if row is None:
        return None
    return Progress(**{name: value for name, value in row._mapping.items() if name != "name"})


def is_due(connection: Connection, now: float) -> bool:
    """Whether somebody should look now."""
    found = progress(connection)
    return found is None or (found.next_at <= now and found.held_until <= now)


def take_hold(tx: Transaction, *, only_if_due: bool) -> Progress | None:
    """Begin a look; None: somebody looks now, or it is not time yet."""
    tx.advisory_lock("reconciliation")
    found = progress(tx.connection)
    if found is None:
        first = audit.first_at(tx.connection)
        began = max(tx.now - FIRST_LOOK_SECONDS, tx.now if first is None else first)
        row = {"name": _ACCOUNT, "began_at": began, "until": began}
        tx.execute(sa.insert(reconciliation).values(**row))
    elif found.held_until > tx.now or (only_if_due and found.next_at > tx.now):
        return None
    change(tx, holder=uuid4().hex, held_until=tx.now + HOLD_SECONDS)
    return progress(tx.connection)


def is_held(tx: Transaction, by: Progress) -> bool:
    """Whether the look that was begun so is still the one that counts."""
    tx.advisory_lock("reconciliation")
    found = progress(tx.connection)
    return found is not None and found.holder == by.holder


def change(tx: Transaction, **columns: Any) -> None:
    """Write down how a look went."""
    tx.execute(_CHANGE.values(**columns))


def known(connection: Connection) -> Known:
    """What earlier looks found."""
    found = connection.execute(sa.select(account_finding)).all()
    images = connection.execute(sa.select(account_image)).all()
    return Known(
        {(row.kind, row.number): Verdict(row.verdict) for row in found},
        tuple(
            ImageAction.model_validate(row.body)
            for row in found
            if row.verdict == Verdict.UNSETTLED
        ),
        tuple(KnownImage(row.image_id, row.name, row.type, row.seen_at) for row in images),
    )


def unexplained(connection: Connection, since: float) -> list[dict[str, Any]]:
    """What was found unexplained and began since then (epoch seconds), oldest first, as
    `Finding.as_json` gave it."""
    c = account_finding.c
    at = sa.func.coalesce(c.at, c.found_at)
    query = sa.select(c.body).where(c.verdict == Verdict.UNEXPLAINED, at >= since).order_by(at)
    return list(connection.execute(query).scalars())


def count(connection: Connection, verdict: Verdict) -> int:
    """How many things are remembered with this verdict."""
    query = sa.select(sa.func.count()).where(account_finding.c.verdict == verdict)
    return connection.execute(query).scalar_one()


def remember(tx: Transaction, findings: Iterable[Finding], actions: dict[int, ImageAction]) -> None:
    """Keep what was found, so that it is not told again; forget what was explained long ago."""
    c = account_finding.c
    for each in findings:
        unsettled = each.verdict is Verdict.UNSETTLED
        body = actions[each.number].model_dump(mode="json") if unsettled else each.as_json()
        tx.execute(sa.delete(account_finding).where(c.kind == each.kind, c.number == each.number))
        row = {"kind": each.kind, "number": each.number, "verdict": each.verdict, "at": each.at}
        tx.execute(sa.insert(account_finding).values(**row, found_at=tx.now, body=body))
    over = c.verdict.in_((Verdict.EXPLAINED, Verdict.EXPIRED))
    tx.execute(sa.delete(account_finding).where(over, c.found_at < tx.now - _KEPT_SECONDS))


def remember_images(tx: Transaction, there: Iterable[KnownImage]) -> None:
    """Keep the images that are there, in place of those that were."""
    tx.execute(sa.delete(account_image))
    rows = [
        {"image_id": i.id, "name": i.name, "type": i.type[:16], "seen_at": i.seen_at} for i in there
    ]
    if rows:
        tx.connection.execute(sa.insert(account_image), rows)
