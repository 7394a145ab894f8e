"""Whether the tables say of a request what the audit log says: asked before each POST."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import BotError
from bot.requests.contradictions import Contradiction, contradictions
from bot.store import audit
from bot.store.requests import load
from bot.store.rows import OpsRequest
from bot.store.tables import ops_request


def contradictions_of(connection: Connection, request_id: int) -> tuple[Contradiction, ...]:
    """The same of one request, as both are now."""
    request = load(connection, request_id)
    if request is None:
        return ()
    return contradictions_with(connection, request)


def contradictions_before_a_post(
    connection: Connection,
    request: OpsRequest,
    only: int,
    end: tuple[int, str],
    since: int | None = None,
) -> tuple[Contradiction, ...]:
    """The same, and whether the log is whole: a row that was taken out, moved to another request or
    cut off may have been the end of this one.

    Args:
        end: a row that the log had, by its position and hash; see `bot.store.transaction.LogEnd`.
        since: the position from which on it is looked at; None: from the request's first row on.
    """
    rows = list(audit.entries(connection, ops_request=request.id))
    found = contradictions_with(connection, request, only, rows)
    first = rows[0].position if rows else 1
    whole = audit.holds(connection, end) and audit.is_whole_since(
        connection, first if since is None else since
    )
    return found if whole or Contradiction.LOG in found else (*found, Contradiction.LOG)


def contradictions_with(
    connection: Connection,
    request: OpsRequest,
    only: int | None = None,
    rows: Sequence[audit.Entry] | None = None,
) -> tuple[Contradiction, ...]:
    """The same of a request that was read before: what was looked at is what will be sent.

    Args:
        rows: the log's about it, where they were read before.
    """
    if rows is None:
        rows = list(audit.entries(connection, ops_request=request.id))
    found = contradictions(request, rows, only)
    if Contradiction.LOG not in found and not audit.are_linked(connection, rows):
        found = (*found, Contradiction.LOG)
    return found


def refuse_contradictions(connection: Connection) -> None:
    """A database whose tables say what its log does not is not put to work.

    Raises:
        BotError: it names the first request that differs.
    """
    for number, found in all_contradictions(connection):
        raise BotError(
            f"Request {number}: the tables and the audit log differ in {', '.join(found)}.",
            "Restore another backup; this one was changed after it was made.",
        )


def all_contradictions(
    connection: Connection,
) -> Iterator[tuple[int, tuple[Contradiction, ...]]]:
    """Each request that differs from the log, with in what."""
    numbers = connection.execute(sa.select(ops_request.c.id).order_by(ops_request.c.id)).scalars()
    for number in numbers.all():
        if found := contradictions_of(connection, number):
            yield number, found
