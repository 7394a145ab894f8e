"""What a role of PostgreSQL can do: by its own rights, and by those of any role that it can become.

`has_table_privilege` alone does not tell: a right that is not inherited is one `SET ROLE` away, and
so is a superuser. Who owns the schema or the database drops a table that others own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_CHANGES = ("UPDATE", "DELETE", "TRUNCATE")
_REACH = sa.text(
    "SELECT rolname FROM pg_roles WHERE pg_has_role(:name, oid, 'MEMBER') ORDER BY rolname"
)
_BOUND_BY_NOTHING = sa.text(
    "SELECT rolname FROM pg_roles WHERE rolname = ANY(CAST(:roles AS name[]))"
    " AND (rolsuper OR rolcreaterole"
    " OR rolname IN ('pg_execute_server_program', 'pg_write_server_files')) ORDER BY rolname"
)
# A grant on one column is no right to the table, and enough to rewrite a row.
_CAN = sa.text(
    "SELECT r FROM unnest(CAST(:roles AS name[])) r"
    " WHERE has_table_privilege(r, to_regclass(:of), :may) OR CASE WHEN :may = 'UPDATE'"
    " THEN has_any_column_privilege(r, to_regclass(:of), 'UPDATE') ELSE false END"
)
_OWN = sa.text(
    "SELECT r.rolname FROM pg_roles r, pg_class t, pg_namespace s, pg_database d"
    " WHERE t.oid = to_regclass('audit') AND s.oid = t.relnamespace"
    " AND d.datname = current_database() AND r.oid IN (t.relowner, s.nspowner, d.datdba)"
    " AND r.rolname = ANY(CAST(:roles AS name[])) ORDER BY r.rolname"
)
_MAKE = sa.text(
    "SELECT r FROM unnest(CAST(:roles AS name[])) r, pg_class t"
    " WHERE t.oid = to_regclass('audit') AND has_schema_privilege(r, t.relnamespace, 'CREATE')"
)


class _Reach:
    """One role, and those that it can become."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._roles = list(connection.execute(_REACH, {"name": name}).scalars())

    def who(self, query: sa.TextClause, **about: str) -> list[str]:
        """The role itself, if it can; else those that can which it can become."""
        told = self._connection.execute(query, {"roles": self._roles, **about})
        found = list(told.scalars())
        return [self._name] if self._name in found else found

    def by(self, roles: list[str]) -> str:
        return "" if roles == [self._name] else f" (as {', '.join(roles)})"


def beyond(connection: Connection, name: str) -> str:
    """What a role can do to the audit log beside adding to it, in words; empty: nothing."""
    reach = _Reach(connection, name)
    return "; ".join(f"{what}{reach.by(who)}" for what, who in _beyond(reach) if who)


def _beyond(reach: _Reach) -> Iterator[tuple[str, list[str]]]:
    can = {may: reach.who(_CAN, of="audit", may=may) for may in _CHANGES}
    for who in sorted({tuple(found) for found in can.values()}):
        what = ", ".join(may.lower() for may in _CHANGES if tuple(can[may]) == who)
        yield f"{what} rows of the audit log", list(who)
    yield "make triggers on the audit log", reach.who(_CAN, of="audit", may="TRIGGER")
    yield "drop the audit log, its schema or its database", reach.who(_OWN)
    yield "make tables and functions beside the audit log", reach.who(_MAKE)
    yield "go round every grant", reach.who(_BOUND_BY_NOTHING)


def exceeding(connection: Connection, name: str, allowed: Mapping[str, str]) -> list[str]:
    """The tables to which a role can do more than it is allowed, by itself or as another role.

    Args:
        allowed: for each table what it may, such as `SELECT, INSERT`.
    """
    reach = _Reach(connection, name)
    return [
        table
        for table, may in allowed.items()
        if any(
            reach.who(_CAN, of=table, may=change)
            for change in ("INSERT", *_CHANGES, "TRIGGER")
            if change not in may.split(", ")
        )
    ]
