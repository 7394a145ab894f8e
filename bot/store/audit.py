"""The audit log: append-only, each row hashed over the one before."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.canonical import canonical
from bot.domain.events import Event
from bot.observability.log_context import log_event
from bot.store.tables import audit
from bot.store.transaction import Transaction

log = logging.getLogger(__name__)

GENESIS = "0" * 64
"""What the first row is hashed over."""
OPERATOR = "operator"
"""Who did something at the command line; the row says which account."""
BOT = "image-bot"
"""The actor where no person acted."""
_WORRYING = frozenset(
    {
        Event.AMBIGUOUS,
        Event.ANCHOR_FAILING,
        Event.CARD_LOST,
        Event.CONTRADICTED,
        Event.INTERNAL_ERROR,
        Event.NEEDS_ATTENTION,
        Event.REJECTED,
        Event.STEP_UP_REFUSED,
        Event.STUCK,
    }
)
"""What an operator looks for at 3 a.m.: warnings in the log."""
_LOGGED = ("position", "action_id", "why", "choice", "policy", "missing", "seconds")
"""The facts that go into the log as well."""
_LOCK = 4_213_001  # any number, the same in all replicas: it serialises appends on PostgreSQL
_ONE_AT_A_TIME = sa.select(sa.func.pg_advisory_xact_lock(_LOCK))
OUT_OF_ORDER_SECONDS = 300.0
"""A row holds when its transaction began, by the clock of one replica: so far it may be behind."""
_LAST = sa.select(audit.c.position, audit.c.hash).order_by(audit.c.position.desc()).limit(1)
_APPEND = sa.insert(audit)
_OF_REQUEST = (
    sa.select(audit)
    .where(audit.c.ops_request == sa.bindparam("which"))
    .order_by(audit.c.position)
    .execution_options(yield_per=1000)
)
_LINKS = sa.select(audit.c.position, audit.c.previous, audit.c.hash).where(
    audit.c.position.in_(sa.bindparam("around", expanding=True))
)
_SINCE = (
    sa.select(audit)
    .where(audit.c.position >= sa.bindparam("first"))
    .order_by(audit.c.position)
    .execution_options(yield_per=1000)
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `facts` is canonical JSON, `at` epoch seconds."""

    position: int
    at: float
    event: str
    actor: str
    ops_request: int | None
    image_id: int | None
    channel: str
    rule: str
    evidence_digest: str
    facts: str
    previous: str
    hash: str

    def expected_hash(self) -> str:
        """SHA-256 over every other field, the previous row's hash among them."""
        content = {k: v for k, v in vars(self).items() if k != "hash"}
        return hashlib.sha256(canonical(content).encode()).hexdigest()


def append(
    tx: Transaction,
    event: Event,
    actor: str,
    *,
    ops_request: int | None = None,
    image_id: int | None = None,
    channel: str = "",
    rule: str = "",
    evidence_digest: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one row at the end of the chain, at the end of the caller's transaction.

    Every writer waits for the one before it, so the wait is as short as a commit.
    """
    told = dict(facts or {})
    entry = Entry(
        position=0,
        at=tx.now,
        event=str(event),
        actor=actor,
        ops_request=ops_request,
        image_id=image_id,
        channel=channel,
        rule=rule,
        evidence_digest=evidence_digest,
        facts=canonical(told),
        previous="",
        hash="",
    )
    tx.last_before_commit.append(lambda: _append(tx, entry, told))


def _append(tx: Transaction, entry: Entry, told: Mapping[str, Any]) -> None:
    if not tx.is_alone:
        tx.execute(_ONE_AT_A_TIME)
    position, previous = head(tx.connection)
    entry = replace(entry, position=position + 1, previous=previous)
    entry = replace(entry, hash=entry.expected_hash())
    tx.execute(_APPEND, vars(entry))
    tx.after_commit.append(lambda: tx.log_end.note(entry.position, entry.hash))
    tx.after_commit.append(lambda: _log(entry, told))


def _log(entry: Entry, facts: Mapping[str, Any]) -> None:
    """One line a row, once it is committed; reasons and names stay out of the log."""
    log_event(
        log,
        entry.event,
        level=logging.WARNING if entry.event in _WORRYING else logging.INFO,
        ops_request=entry.ops_request,
        actor=entry.actor,
        channel=entry.channel,
        image_id=entry.image_id,
        audit=entry.position,
        **{name: facts[name] for name in _LOGGED if name in facts},
        **_logged_cause(facts.get("cause") or {}),
    )


def _logged_cause(cause: Mapping[str, Any]) -> dict[str, Any]:
    """Its kind, and what DigitalOcean or Slack said."""
    told = {"cause": cause.get("kind"), "said": cause.get("said") or cause.get("error")}
    return {name: value for name, value in told.items() if value}


def entries(
    connection: Connection,
    *,
    ops_request: int | None = None,
    image_id: int | None = None,
    newest: int | None = None,
) -> Iterator[Entry]:
    """Rows in order, oldest first; all of them, or those of one request or image.

    Args:
        newest: no more than this many, the newest ones.
    """
    if ops_request is not None and image_id is None and newest is None:
        of_it = connection.execute(_OF_REQUEST, {"which": ops_request})
        yield from (Entry(**row._mapping) for row in of_it)
        return
    query = sa.select(audit)
    if ops_request is not None:
        query = query.where(audit.c.ops_request == ops_request)
    if image_id is not None:
        query = query.where(audit.c.image_id == image_id)
    if newest is not None:
        rows = connection.execute(query.order_by(audit.c.position.desc()).limit(newest)).all()
        yield from (Entry(**row._mapping) for row in reversed(rows))
        return
    result = connection.execute(query.order_by(audit.c.position).execution_options(yield_per=1000))
    yield from (Entry(**row._mapping) for row in result)


def entries_since(connection: Connection, at: float) -> list[Entry]:
    """The rows from a time on (epoch seconds), oldest first, with the one before them.

    Only the end of the log is read, however long it is.
    """
    found: list[Entry] = []
    newest_first = sa.select(audit).order_by(audit.c.position.desc())
    with connection.execute(newest_first.execution_options(yield_per=200)) as rows:
        for row in rows:
            found.append(Entry(**row._mapping))
            if row.at < at - OUT_OF_ORDER_SECONDS:
                break
    return found[::-1]


def time_for(connection: Connection, ops_request: int, now: float) -> float:
    """The time as far as a request is concerned (epoch seconds): `now`, and no earlier than the log
    holds since the request's first row. A clock that is set back makes no deadline later.

    A clock that was ahead once ends what was open then, and nothing that is asked for later.
    """
    first = sa.select(sa.func.min(audit.c.position)).where(audit.c.ops_request == ops_request)
    since = sa.select(sa.func.max(audit.c.at)).where(audit.c.position >= first.scalar_subquery())
    return max(now, connection.execute(since).scalar_one_or_none() or now)


def last_of(connection: Connection, event: Event) -> Entry | None:
    """The newest row of an event; None: there is none."""
    of_it = sa.select(audit).where(audit.c.event == str(event))
    row = connection.execute(of_it.order_by(audit.c.position.desc()).limit(1)).one_or_none()
    return Entry(**row._mapping) if row else None


def first_at(connection: Connection) -> float | None:
    """When the log begins (epoch seconds); None: nothing stands in it."""
    return connection.execute(
        sa.select(audit.c.at).order_by(audit.c.position).limit(1)
    ).scalar_one_or_none()


def are_linked(connection: Connection, rows: Sequence[Entry]) -> bool:
    """Whether each row follows from the one before it, and is followed by the one after it."""
    around = {row.position + beside for row in rows for beside in (-1, 1)}
    found = {row.position: row for row in connection.execute(_LINKS, {"around": sorted(around)})}
    for row in rows:
        before, after = found.get(row.position - 1), found.get(row.position + 1)
        if row.previous != (before.hash if before else GENESIS if row.position == 1 else ""):
            return False
        if after is not None and after.previous != row.hash:
            return False
    return True


def is_whole_since(connection: Connection, position: int) -> bool:
    """Whether all rows from one on follow from each other: none was changed, moved or taken out.

    A log that was cut off at its end, or written anew from there on, looks whole.
    """
    before = None
    with connection.execute(_SINCE, {"first": position}) as rows:
        for each in rows:
            row = Entry(**each._mapping)
            follows = before is None or (row.position - 1, row.previous) == before
            if not follows or row.hash != row.expected_hash():
                return False
            before = row.position, row.hash
    return True


def holds(connection: Connection, row: tuple[int, str]) -> bool:
    """Whether the log still has a row, by its position and hash; position 0: any log."""
    there = sa.select(audit.c.position).where(audit.c.position == row[0], audit.c.hash == row[1])
    return row[0] == 0 or connection.execute(there).first() is not None


def verify(chain: Iterator[Entry]) -> list[str]:
    """What is wrong with a whole chain: changed, removed or reordered rows. Empty: nothing.

    A chain cut off at its end looks whole: compare `head` with a copy kept elsewhere.
    """
    problems = []
    previous, position = GENESIS, 0
    for entry in chain:
        if entry.position != position + 1:
            problems.append(
                f"row {position + 1} is missing: row {entry.position} follows {position}"
            )
        if entry.previous != previous:
            problems.append(f"row {entry.position} does not follow from the row before it")
        if entry.hash != entry.expected_hash():
            problems.append(f"row {entry.position} was changed after it was written")
        previous, position = entry.hash, entry.position
    return problems


def head(connection: Connection) -> tuple[int, str]:
    """The last position and its hash: (0, `GENESIS`) while nothing has happened."""
    last = connection.execute(_LAST).one_or_none()
    return (last.position, last.hash) if last else (0, GENESIS)
