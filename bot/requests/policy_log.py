"""The policy in the audit log: its whole text whenever another one decides."""

from __future__ import annotations

from bot.domain.events import Event
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy
from bot.requests.policy_in_force import LOCK, read
from bot.store import audit
from bot.store.transaction import Transaction


def note_policy(tx: Transaction, file: PolicyFile) -> Policy:
    """Write a `policy-changed` row where the log's newest holds another; the policy in force.

    It is called in each transaction that decides something by the policy, and what it returns is
    what decides there: a file that is changed, used and put back leaves its text, however short
    the while, and no row names another policy than the one that decided.
    """
    policy, text = file.in_force
    if policy.digest in (file.logged, *tx.rows_to_come):
        return policy
    tx.advisory_lock(LOCK)  # replicas read a changed file at about the same moment
    log = read(tx.connection)
    if held := log.held(policy):  # another replica took a newer file meanwhile
        policy, text = held
    if log.digest != policy.digest:
        meant = policy.model_dump(mode="json", by_alias=True)  # what the digest is made of
        facts = {"digest": policy.digest, "policy": meant, "path": str(file.path), "text": text}
        audit.append(tx, Event.POLICY_CHANGED, audit.BOT, facts=facts)
        tx.rows_to_come.add(policy.digest)
    tx.after_commit.append(lambda: file.note_logged(policy.digest))
    return policy
