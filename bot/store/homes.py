"""App Home: a row a person among the cards, once they have opened it.

What changes for a person only raises the version that their Home should show; the stage
`deliver` draws it anew, at most once a second a person.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from bot.store.tables import card
from bot.store.transaction import Transaction

PLACE = "home"

_OF_THESE = (
    sa.select(card.c.id, card.c.lane)
    .where(
        card.c.ops_request.is_(None),  # a Home is about none; so an index finds them
        card.c.place == PLACE,
        card.c.lane.in_(sa.bindparam("lanes", expanding=True)),
        card.c.failure == "",
    )
    .order_by(card.c.id)
    .with_for_update()
)


def opened(tx: Transaction, person: str) -> None:
    """A person looks at their Home: it is drawn now, and kept up to date from now on."""
    tx.alone(_lane(person))
    mine = sa.and_(card.c.lane == _lane(person), card.c.place == PLACE)
    again = sa.update(card).where(mine).values(wanted=card.c.wanted + 1, failure="")
    if not tx.execute(again).rowcount:
        tx.execute(sa.insert(card).values(place=PLACE, lane=_lane(person), channel=person, note={}))
    tx.later("deliver", _lane(person))


def refresh(tx: Transaction, people: Iterable[str]) -> None:
    """Something changed for these people: those who have opened their Home see it there."""
    lanes = [_lane(person) for person in people]
    for row in tx.execute(_OF_THESE, {"lanes": lanes}).all():
        tx.execute(sa.update(card).where(card.c.id == row.id).values(wanted=card.c.wanted + 1))
        tx.later("deliver", row.lane)


def drawn(tx: Transaction, home: int, policy: str) -> None:
    """A Home shows the policy with this digest now; `home` is its card's id."""
    tx.execute(sa.update(card).where(card.c.id == home).values(note={"policy": policy}))


def show_policy(tx: Transaction, policy: str) -> None:
    """Another policy may be in force: every Home that shows one with another digest is stale."""
    rows = tx.execute(
        sa.select(card.c.id, card.c.lane, card.c.note)
        .where(card.c.place == PLACE, card.c.failure == "")
        .order_by(card.c.id)
    ).all()
    for row in rows:
        if (row.note or {}).get("policy") not in (None, policy):
            tx.execute(sa.update(card).where(card.c.id == row.id).values(wanted=card.c.wanted + 1))
            tx.later("deliver", row.lane)


def _lane(person: str) -> str:
    return f"home:{person}"
