"""Second factors, and the links on which people show them. Of a link only a digest is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.step_up import (
    APPROVAL_SECONDS,
    MOST_WRONG,
    SIGN_IN_SECONDS,
    Purpose,
    Refusal,
    StepUp,
    pause_after,
)
from bot.store.tables import second_factor, step_up_link
from bot.store.transaction import Transaction

_KEPT_SECONDS = 86_400.0
"""So long it is known of a link why it is good for nothing any more."""
_LINK = sa.update(step_up_link)


@dataclass(frozen=True)
class Factor:
    """What one person enrolled. Times are epoch seconds."""

    person: str
    sealed: str
    enrolled_at: float
    used: int
    """The newest step of time whose code was taken."""
    wrong: int
    """Wrong codes in a row."""
    paused_until: float


@dataclass(frozen=True)
class Link:
    """One link, good once, for one person; `token` is a digest."""

    token: str
    purpose: Purpose
    method: StepUp
    """By what it is to be confirmed."""
    person: str
    ops_request: int | None
    about: str
    """Which step of the request, or which changed policy; empty where there is one alone."""
    evidence_digest: str
    sealed: str
    """A new secret that waits for its first code; empty: it was not shown yet."""
    state: str
    """A digest of the state of the sign-in that was begun on it last; empty: none waits."""
    wrong: int
    expires_at: float
    ended_as: Refusal | None

    def refused_at(self, now: float) -> Refusal | None:
        """Why it is good for nothing; None: it is good."""
        if self.ended_as is not None:
            return self.ended_as
        return Refusal.EXPIRED if now >= self.expires_at else None

    def sign_in_refused_at(self, now: float) -> Refusal | None:
        """The same of a sign-in that was begun on it in time: that may take a while longer."""
        return self.refused_at(now - SIGN_IN_SECONDS)

    @property
    def made_at(self) -> float:
        """When an approval was clicked that it would confirm, in epoch seconds."""
        return self.expires_at - APPROVAL_SECONDS

    @property
    def name(self) -> str:
        """By what rows of the audit log name it."""
        return self.token[:16]


def digest(token: str) -> str:
    """Of a token, as the database holds it."""
    return hashlib.sha256(token.encode()).hexdigest()


def lock(tx: Transaction, person: str) -> None:
    """Let nobody else touch a person's factor and links until this transaction ends.

    Taken after the ops request, where one is taken too.
    """
    tx.advisory_lock(f"step-up:{person}")


def factor_of(connection: Connection, person: str) -> Factor | None:
    """What a person enrolled; None: nothing."""
    query = sa.select(second_factor).where(second_factor.c.person == person)
    row = connection.execute(query).one_or_none()
    return Factor(**row._mapping) if row else None


def enrolled(connection: Connection) -> list[Factor]:
    """All of them, by person."""
    rows = connection.execute(sa.select(second_factor).order_by(second_factor.c.person))
    return [Factor(**row._mapping) for row in rows]


def enrol(tx: Transaction, person: str, sealed: str, used: int) -> None:
    """Put a new secret in the place of an old one."""
    forget(tx, person)
    row = {"person": person, "sealed": sealed, "enrolled_at": tx.now, "used": used}
    tx.execute(sa.insert(second_factor), row)


def forget(tx: Transaction, person: str) -> bool:
    """Forget what a person enrolled, and end their links; False: there was nothing."""
    end_links(tx, person, Refusal.VOID)
    return tx.changed(sa.delete(second_factor).where(second_factor.c.person == person))


def taken(tx: Transaction, factor: Factor, used: int) -> bool:
    """Write down that a code was taken; False: by somebody faster."""
    c = second_factor.c
    mine = (c.person == factor.person) & (c.used < used)
    values = {"used": used, "wrong": 0, "paused_until": 0.0}
    return tx.changed(sa.update(second_factor).where(mine), values)


def missed(tx: Transaction, factor: Factor) -> float:
    """Write down a wrong code; until when the person has to wait (0: not at all)."""
    wrong = factor.wrong + 1
    pause = pause_after(wrong)
    until = tx.now + pause if pause else 0.0
    mine = second_factor.c.person == factor.person
    tx.execute(sa.update(second_factor).where(mine), {"wrong": wrong, "paused_until": until})
    if pause:
        end_links(tx, factor.person, Refusal.VOID)
    return until


def add_link(tx: Transaction, token: str, purpose: Purpose, person: str, **columns: Any) -> None:
    """Write a new link; older ones for the same are void."""
    c = step_up_link.c
    request_id = columns.get("ops_request")
    about = c.ops_request == request_id if request_id is not None else c.ops_request.is_(None)
    about &= c.about == columns.get("about", "")
    same = (c.person == person) & (c.purpose == purpose) & about & (c.ended_as == "")
    tx.execute(_LINK.where(same), _ended(Refusal.VOID))
    row = {"token": digest(token), "purpose": purpose, "person": person, **columns}
    tx.execute(sa.insert(step_up_link), row)


def link_of(connection: Connection, token: str) -> Link | None:
    """The link of a token; None: there is none."""
    query = sa.select(step_up_link).where(step_up_link.c.token == digest(token))
    return _link(connection, query)


def same_link(connection: Connection, link: Link) -> Link | None:
    """A link as it is now."""
    query = sa.select(step_up_link).where(step_up_link.c.token == link.token)
    return _link(connection, query)


def link_of_sign_in(connection: Connection, state: str) -> Link | None:
    """The link on which a sign-in of this state was begun and not answered; None: none."""
    query = sa.select(step_up_link).where(step_up_link.c.state == digest(state))
    return _link(connection, query)


def _link(connection: Connection, query: sa.Select[Any]) -> Link | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    read = {
        "purpose": Purpose(row.purpose),
        "method": StepUp(row.method),
        "ended_as": Refusal(row.ended_as) if row.ended_as else None,
    }
    return Link(**{**row._mapping, **read})


def begin_sign_in(tx: Transaction, link: Link, state: str) -> bool:
    """Have the link wait for the answer to a sign-in; one begun before is void."""
    mine = (step_up_link.c.token == link.token) & (step_up_link.c.ended_as == "")
    return tx.changed(_LINK.where(mine), {"state": digest(state)})


def take_answer(tx: Transaction, link: Link) -> bool:
    """Take the answer to the sign-in that the link waits for; False: somebody was faster."""
    mine = (step_up_link.c.token == link.token) & (step_up_link.c.state == link.state)
    return bool(link.state) and tx.changed(_LINK.where(mine), {"state": ""})


def end_link(tx: Transaction, link: Link, why: Refusal) -> bool:
    """From now on it is good for nothing; False: it was already."""
    mine = (step_up_link.c.token == link.token) & (step_up_link.c.ended_as == "")
    return tx.changed(_LINK.where(mine), _ended(why))


def end_links(tx: Transaction, person: str, why: Refusal) -> None:
    """The same of all links of a person."""
    mine = (step_up_link.c.person == person) & (step_up_link.c.ended_as == "")
    tx.execute(_LINK.where(mine), _ended(why))


def _ended(why: Refusal) -> dict[str, str]:
    return {"ended_as": why, "sealed": "", "state": ""}


def missed_on(tx: Transaction, link: Link) -> None:
    """A wrong first code of a new secret: after some the link is void."""
    wrong = link.wrong + 1
    ended = _ended(Refusal.VOID) if wrong >= MOST_WRONG else {}
    tx.execute(_LINK.where(step_up_link.c.token == link.token), {"wrong": wrong, **ended})


def hold_secret(tx: Transaction, link: Link, sealed: str) -> bool:
    """Keep a new secret until its first code; False: this link holds one already."""
    mine = (step_up_link.c.token == link.token) & (step_up_link.c.sealed == "")
    return tx.changed(_LINK.where(mine), {"sealed": sealed})


def forget_links(tx: Transaction) -> int:
    """Forget those that are long over; how many."""
    over = step_up_link.c.expires_at < tx.now - _KEPT_SECONDS
    return tx.execute(sa.delete(step_up_link).where(over)).rowcount
