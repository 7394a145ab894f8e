"""The policy in the audit log: its whole text whenever another one decides."""

from __future__ import annotations

import json

import sqlalchemy as sa

from bot.domain.events import Event
from bot.policy.file import PolicyFile
from bot.store import audit
from bot.store.tables import audit as audit_table
from bot.store.transaction import Transaction

_NEWEST = (
    sa.select(audit_table.c.facts)
    .where(audit_table.c.event == Event.POLICY_CHANGED)
    .order_by(audit_table.c.position.desc())
    .limit(1)
)


def note_policy(tx: Transaction, file: PolicyFile) -> str:
    """Write a `policy-changed` row where the log's newest holds another; the digest in force.

    It is called in each transaction that decides something by the policy: a file that is changed,
    used and put back leaves its text, however short the while.
    """
    policy, text = file.in_force
    if file.logged == policy.digest:
        return policy.digest
    tx.advisory_lock("policy log")  # replicas read a changed file at about the same moment
    newest = tx.execute(_NEWEST).scalar_one_or_none()
    if newest is None or json.loads(newest)["digest"] != policy.digest:
        meant = policy.model_dump(mode="json", by_alias=True)  # what the digest is made of
        facts = {"digest": policy.digest, "policy": meant, "path": str(file.path), "text": text}
        audit.append(tx, Event.POLICY_CHANGED, audit.BOT, facts=facts)
    tx.after_commit.append(lambda: file.note_logged(policy.digest))
    return policy.digest
