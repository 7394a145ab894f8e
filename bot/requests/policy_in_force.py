"""Which policy is in force, by the audit log alone, where changes of it have to be approved.

The text in force, the changes that wait and the votes on them are rows of the log, and stand
nowhere else: a restart, another file or a row written beside the chain changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.policy.governance import Governance, Proposal
from bot.policy.load import load
from bot.policy.schema import Policy
from bot.requests.counted import account_of
from bot.store import audit
from bot.store.audit import Entry
from bot.store.tables import POLICY_ROWS
from bot.store.tables import audit as audit_table

LOCK = "policy log"
"""Whoever writes rows about the policy stands behind it."""
_ROWS = sa.select(audit_table).where(sa.text(POLICY_ROWS)).order_by(audit_table.c.position)
_NEWEST = sa.select(sa.func.max(audit_table.c.position)).where(sa.text(POLICY_ROWS))


@dataclass(frozen=True)
class PolicyLog:
    """What the log says of the policy.

    Attributes:
        text, digest: the newest policy that came into force rightly; empty: none did yet.
        before: the digests of those that were in force before it.
        refused: the digests that were denied since it is in force.
        ignored: positions of rows that do not follow from the chain or from the votes.
    """

    text: str = ""
    digest: str = ""
    open: Proposal | None = None
    before: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    ignored: tuple[int, ...] = field(default=())

    @property
    def governance(self) -> Governance | None:
        """Who approves the next one; None: whatever the file says is in force."""
        return parsed(self.text).policy if self.text else None

    def held(self, candidate: Policy) -> tuple[Policy, str] | None:
        """The policy in force and its text, where a file does not take its place by itself: where
        changes are approved, or the file is an older version; None: the file decides."""
        if not self.text:
            return None
        now = parsed(self.text)
        return (now, self.text) if now.policy or now.outranks(candidate) else None


@lru_cache(maxsize=32)
def parsed(text: str) -> Policy:
    """A policy out of the log.

    Raises:
        bot.errors.PolicyError: this version of the bot cannot read it.
    """
    return load(text, "the policy in force, as the audit log holds it")


def read(connection: Connection) -> PolicyLog:
    """What the log says now."""
    rows = [Entry(**row._mapping) for row in connection.execute(_ROWS)]
    sound = [row for row in rows if _is_sound(connection, row)]
    found = told_by(sound)
    broken = {row.position for row in rows} - {row.position for row in sound}
    return replace(found, ignored=(*found.ignored, *sorted(broken)))


def newest_position(connection: Connection) -> int:
    """Where the newest row about the policy is: while it stays, `read` says the same."""
    return connection.execute(_NEWEST).scalar_one() or 0


def _is_sound(connection: Connection, row: Entry) -> bool:
    return row.hash == row.expected_hash() and audit.are_linked(connection, [row])


def told_by(rows: Iterable[Entry]) -> PolicyLog:
    """The same from the rows about the policy, oldest first. Pure."""
    found = PolicyLog()
    for row in rows:
        told = json.loads(row.facts)
        if row.event == Event.POLICY_CHANGED:
            found = _changed(found, row, told)
        elif row.event == Event.POLICY_PROPOSED:
            new = Proposal(told["proposal"], told["digest"], told["text"], told.get("path", ""))
            found = replace(found, open=new)
        elif found.open and told.get("proposal") == found.open.id:
            found = _voted(found, row, told)
    return found


def _changed(found: PolicyLog, row: Entry, told: Mapping[str, Any]) -> PolicyLog:
    governance, waiting = found.governance, found.open
    if governance and not (
        waiting
        and waiting.id == told.get("proposal")
        and (waiting.digest, waiting.text) == (told["digest"], told["text"])
        and len(waiting.approved_by) >= governance.approvals
    ):
        return replace(found, ignored=(*found.ignored, row.position))
    if not governance and found.text and parsed(found.text).outranks(parsed(told["text"])):
        return replace(found, ignored=(*found.ignored, row.position))
    before = found.before | ({found.digest} if found.digest else set())
    return PolicyLog(told["text"], told["digest"], None, before, ignored=found.ignored)


def _voted(found: PolicyLog, row: Entry, told: Mapping[str, Any]) -> PolicyLog:
    waiting, governance = found.open, found.governance
    if row.event == Event.POLICY_WITHDRAWN or waiting is None or governance is None:
        return replace(found, open=None)
    how = told["qualified"]
    if how["by"] not in governance.approvers or row.actor not in (how["by"], *how["members"]):
        return replace(found, ignored=(*found.ignored, row.position))
    confirmed = (told.get("step_up") or {}).get("method")
    if told["choice"] != "deny" and governance.step_up not in (None, confirmed):
        return replace(found, ignored=(*found.ignored, row.position))
    if told["choice"] == "deny":
        return replace(found, open=None, refused=found.refused | {waiting.digest})
    account = account_of(told.get("step_up"))
    if account in waiting.signed_in_as and row.actor not in waiting.approved_by:
        return replace(found, ignored=(*found.ignored, row.position))
    people = tuple(dict.fromkeys((*waiting.approved_by, row.actor)))
    accounts = waiting.signed_in_as if account is None else (*waiting.signed_in_as, account)
    return replace(found, open=replace(waiting, approved_by=people, signed_in_as=accounts))
