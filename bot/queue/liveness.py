"""Whether the process of a worker is there, by a lock that lives as long as its connection.

When a process dies, its kernel closes its connections, and PostgreSQL lets their locks go: the
others know at once. A process that is frozen, or cut off, keeps its lock, and is told by its
heartbeat alone, later.
"""

from __future__ import annotations

from typing import Any

import psycopg

_CLASS = 4_214
"""The class of these locks; any number, the same in all replicas, and used for nothing else."""
_YOUNG_SECONDS = 1.0
"""A worker has its number before it has its lock: one that is so young is left alone."""

_MINE = """
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND pid = pg_backend_pid()
    AND classid = %(class)s AND objid = %(worker)s
"""
_GONE = """
    SELECT id FROM procrastinate_workers
    WHERE last_heartbeat < now() - make_interval(secs => %(young)s)
    AND NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid = %(class)s AND objid = procrastinate_workers.id
    )
"""


class Life:
    """One worker's lock, on a connection of its own.

    Args:
        connection: in autocommit; nothing else may use it.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def begin(self, worker: int) -> None:
        """From now on the worker of this number is there."""
        key = {"class": _CLASS, "worker": worker}
        await self._connection.execute(
            "SELECT pg_advisory_lock(%(class)s, %(worker)s::integer)", key
        )

    async def check(self, worker: int) -> None:
        """Make sure that the others still see it.

        Raises:
            psycopg.OperationalError: the connection was lost, and the lock with it.
        """
        found = await self._connection.execute(_MINE, {"class": _CLASS, "worker": worker})
        if await found.fetchone() is None:
            raise psycopg.OperationalError("the lock of this worker is gone")

    async def gone(self) -> list[int]:
        """The workers whose process is certainly not there any more."""
        found = await self._connection.execute(_GONE, {"class": _CLASS, "young": _YOUNG_SECONDS})
        return [row[0] for row in await found.fetchall()]
