"""Two roles of PostgreSQL: what the web process may do with each table, and what the worker.

The owner of the tables migrates, restores and moves; neither process needs to be it. Neither can
change what stands in the audit log: each can only add to it. The web process takes what people
send; what only jobs write, it can only read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import SettingsError
from bot.store import tables
from bot.store.role_reach import beyond, exceeding

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,62}")


class Duty(StrEnum):
    """Which process a role is for."""

    WEB = "web"
    WORKER = "worker"


_ADD = "SELECT, INSERT"
_MOVE = "SELECT, INSERT, UPDATE"
_ALL = "SELECT, INSERT, UPDATE, DELETE"

_WEB: Mapping[sa.Table, str] = {
    tables.audit: _ADD,
    tables.ops_request: _MOVE,
    tables.ops_step: _MOVE,
    tables.vote: _ALL,  # another vote takes the place of the first
    tables.processed_delivery: _ADD,
    tables.outbox_message: _MOVE,
    tables.channel_queue: "SELECT",
    tables.look_up: _ALL,
    tables.preference: _ALL,
    tables.live_region: _ALL,
    tables.coverage: _ALL,
    tables.user_group: _ALL,
    tables.slack_user: _ALL,
    tables.workspace: _ALL,
    tables.slack_channel: _ALL,
    tables.schedule: "SELECT, UPDATE",
    tables.schedule_run: _MOVE,
    tables.call_budget: "SELECT",
    tables.reconciliation: "SELECT",
    tables.anchor_sink: "SELECT",
    tables.account_finding: "SELECT",
    tables.account_image: "SELECT",
    tables.second_factor: _ALL,  # its pages enrol people, and count their codes
    tables.step_up_link: _ALL,
}
_WEB_QUEUE = {
    "procrastinate_jobs": _ADD,
    "procrastinate_events": _ADD,  # by its triggers
    "procrastinate_workers": "SELECT",
    "procrastinate_periodic_defers": "SELECT",
}
_VERSIONS = {"alembic_version": "SELECT", "queue_schema": "SELECT"}


def privileges(duty: Duty) -> Mapping[str, str]:
    """What a role may do, by the name of the table; every table is named."""
    if duty is Duty.WEB:
        return {table.name: may for table, may in _WEB.items()} | _WEB_QUEUE | _VERSIONS
    ours = {table.name: _ALL for table in tables.metadata.tables.values()}
    return ours | {tables.audit.name: _ADD} | dict.fromkeys(_WEB_QUEUE, _ALL) | _VERSIONS


def statements(names: Mapping[Duty, str]) -> Iterator[str]:
    """The SQL that gives two roles what they need, and takes all else from them. Pure.

    To be run by the owner of the tables, in the schema that they are in, and again after each
    upgrade: a new table is nobody's but the owner's.

    Raises:
        SettingsError: a name that no role should have, or one for both.
    """
    if len(set(names.values())) != len(names) or not all(map(_NAME.fullmatch, names.values())):
        raise SettingsError(
            "Two names of roles are needed: letters, digits, _ and -, at most 63 of them.",
            "Say `python -m bot migrate --roles image_bot_web image_bot_worker`.",
        )
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    for table in privileges(Duty.WORKER):
        yield f'REVOKE ALL ON "{table}" FROM PUBLIC'
    for duty, name in names.items():
        yield f'REVOKE CREATE ON SCHEMA public FROM "{name}"'
        yield f'GRANT USAGE ON SCHEMA public TO "{name}"'
        yield f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{name}"'
        for table, may in privileges(duty).items():
            yield f'REVOKE ALL ON "{table}" FROM "{name}"'
            yield f'GRANT {may} ON "{table}" TO "{name}"'


def apply(connection: Connection, names: Mapping[Duty, str]) -> None:
    """Grant it all, in the caller's transaction.

    Raises:
        SettingsError: a role is missing, or can do more than any grant can take away.
    """
    wanted = list(statements(names))
    for name in names.values():
        _refuse_what_is_not_there(connection, name)
    for statement in wanted:
        connection.execute(sa.text(statement))
    for duty, name in names.items():
        _refuse_what_grants_do_not_bind(connection, duty, name)


def _refuse_what_is_not_there(connection: Connection, name: str) -> None:
    query = sa.text("SELECT FROM pg_roles WHERE rolname = :name")
    if connection.execute(query, {"name": name}).first() is None:
        raise SettingsError(
            f"PostgreSQL knows no role {name}.",
            f"""Make it first: CREATE ROLE "{name}" LOGIN PASSWORD '…'.""",
        )


def _refuse_what_grants_do_not_bind(connection: Connection, duty: Duty, name: str) -> None:
    if more := beyond(connection, name):
        raise SettingsError(
            f"The role {name} can still {more}: no grant binds it.",
            "Give a role that owns nothing and belongs to no other role.",
        )
    if tables_of_more := exceeding(connection, name, privileges(duty)):
        raise SettingsError(
            f"The role {name} can still do more than {duty} needs with"
            f" {', '.join(tables_of_more)}, by a role that it belongs to.",
            "Take it out of that role, and run this again.",
        )


def are_used(connection: Connection) -> bool:
    """Whether somebody but the owner may add to the audit log: the duties are apart."""
    query = sa.text(
        "SELECT EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.oid = to_regclass('audit') AND a.grantee <> c.relowner"
        " AND a.privilege_type = 'INSERT')"
    )
    return bool(connection.execute(query).scalar())


def current(connection: Connection) -> str:
    """The role of this connection."""
    return str(connection.execute(sa.text("SELECT current_user")).scalar_one())


def lacking(connection: Connection, name: str, duty: Duty) -> list[str]:
    """The tables with which a role cannot do all that its duty asks for."""
    can = sa.text("SELECT has_table_privilege(:name, to_regclass(:of), :may)")
    return [
        table
        for table, may in privileges(duty).items()
        if not all(
            connection.execute(can, {"name": name, "of": table, "may": each}).scalar()
            for each in may.split(", ")
        )
    ]
