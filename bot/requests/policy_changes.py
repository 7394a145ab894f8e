"""Four eyes on the policy: a changed file is shown, and in force once it is approved."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.states import State
from bot.policy.differences import differences
from bot.policy.explain import replay
from bot.policy.fields import is_group
from bot.policy.file import PolicyFile
from bot.policy.governance import Governance, Proposal
from bot.policy.review import Choice
from bot.policy.schema import Policy
from bot.requests.commands import Click
from bot.requests.past import past_of
from bot.requests.policy_in_force import LOCK, PolicyLog, newest_position, parsed, read
from bot.requests.taking import Taking
from bot.requests.telling import tell
from bot.store import audit, outbox, read_cache, requests
from bot.store.transaction import Store, Transaction
from bot.views import policy_changes as views

_TRIED = 200
"""Open requests on which a changed policy is tried."""


class PolicyInForce:
    """The policy that the audit log says is in force, where it says who approves the next.

    Read again when a row about the policy was added.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read_at = -1
        self._log = PolicyLog()

    def __call__(self) -> tuple[Policy, str] | None:
        """The policy and its text; None: the one in the file is in force.

        Raises:
            bot.errors.StoreUnavailable: the log cannot be read.
            bot.errors.PolicyError: the policy in force was written for another version.
        """
        with self._store.read() as connection:
            newest = newest_position(connection)
            if newest != self._read_at:
                self._log = read(connection)
                self._read_at = newest
        return self._log.held


class ProposePolicy:
    """Has a changed file approved; called by whoever sweeps."""

    def __init__(self, store: Store, file: PolicyFile) -> None:
        self._store = store
        self._file = file
        self._noticed = 0

    def __call__(self) -> None:
        """Propose what the file says, once for each time that it was written."""
        readings = self._file.readings
        if readings == self._noticed:
            return
        with self._store.write() as tx:
            tx.advisory_lock(LOCK)
            self._propose(tx, read(tx.connection), is_start=self._noticed == 0)
        self._noticed = readings

    def _propose(self, tx: Transaction, log: PolicyLog, *, is_start: bool) -> None:
        policy, text = self._file.candidate
        governance = log.governance
        if governance is None or (log.open and log.open.digest == policy.digest):
            return
        if policy.digest == log.digest:
            if log.open and not is_start:
                audit.append(tx, Event.POLICY_WITHDRAWN, audit.BOT, facts={"proposal": log.open.id})
                _redraw(tx, log.open, log, views.withdrawn())
            return
        if is_start and policy.digest in log.before | log.refused:
            return  # a file that was left behind, such as on a replica that is not rolled out yet
        if log.open:
            _redraw(tx, log.open, log, views.superseded())
        proposal = Proposal(uuid.uuid4().hex, policy.digest, text, str(self._file.path))
        changes = changes_of(tx.connection, tx.now, parsed(log.text), policy)
        facts = {
            "proposal": proposal.id,
            "digest": policy.digest,
            "policy": policy.model_dump(mode="json", by_alias=True),
            "path": proposal.path,
            "text": text,
            "changes": list(changes.sentences),
            "requests": list(changes.requests),
            "supersedes": log.open.id if log.open else "",
        }
        channel = governance.channel
        audit.append(tx, Event.POLICY_PROPOSED, audit.BOT, channel=channel, facts=facts)
        drawn = views.draw(proposal, changes, governance)
        outbox.add_message(tx, channel, drawn.text, drawn.blocks, _place(proposal))


class ReviewingPolicy(Taking):
    """What people decide about a changed policy."""

    def review_policy(self, click: Click, proposal_id: str, choice: Choice) -> None:
        """Approve or deny a change; by the approvers of the policy in force alone.

        Raises:
            bot.errors.StoreUnavailable: the click was not taken.
        """
        self._once(click.delivery, lambda tx: self._review_policy(tx, click, proposal_id, choice))
        self._policy.refresh()

    def _review_policy(
        self, tx: Transaction, click: Click, proposal_id: str, choice: Choice
    ) -> str:
        tx.advisory_lock(LOCK)
        log = read(tx.connection)
        governance, waiting = log.governance, log.open
        if governance is None or waiting is None or waiting.id != proposal_id:
            return tell(tx, click.asker, views.over())
        how = _qualified(tx, governance, click.person)
        if how is None:
            return self._refused_vote(tx, click, governance, views.not_known())
        if not how:
            return self._refused_vote(tx, click, governance, views.not_for_you(governance))
        if choice is Choice.APPROVE and click.person in waiting.approved_by:
            return self._refused_vote(tx, click, governance, views.approved_already())
        facts = {
            "proposal": waiting.id,
            "digest": waiting.digest,
            "choice": choice,
            "needed": governance.approvals,
            "qualified": how,
        }
        channel = governance.channel
        audit.append(tx, Event.POLICY_VOTED, click.person, channel=channel, facts=facts)
        if choice is Choice.DENY:
            _redraw(tx, waiting, log, views.denied(click.person))
            return ""
        people = (*waiting.approved_by, click.person)
        voted = Proposal(waiting.id, waiting.digest, waiting.text, waiting.path, people)
        if len(people) < governance.approvals:
            _redraw(tx, voted, log, "")
        else:
            self._comes_into_force(tx, voted, log, click.person)
        return ""

    def _refused_vote(
        self, tx: Transaction, click: Click, governance: Governance, text: str
    ) -> str:
        if not self._refused.wait(click.person):  # of a flood the log holds enough
            facts = {"choice": "policy", "why": text}
            channel = governance.channel
            audit.append(tx, Event.CLICK_REFUSED, click.person, channel=channel, facts=facts)
        return tell(tx, click.asker, text)

    def _comes_into_force(
        self, tx: Transaction, approved: Proposal, log: PolicyLog, person: str
    ) -> None:
        policy = parsed(approved.text)
        facts = {
            "digest": approved.digest,
            "policy": policy.model_dump(mode="json", by_alias=True),
            "path": approved.path,
            "text": approved.text,
            "proposal": approved.id,
            "approved_by": list(approved.approved_by),
        }
        audit.append(tx, Event.POLICY_CHANGED, audit.BOT, facts=facts)
        _redraw(tx, approved, log, views.in_force(person))


def changes_of(connection: Connection, now: float, old: Policy, new: Policy) -> views.Changes:
    """What another policy would decide otherwise, of open requests too."""
    open_ones = requests.newest(connection, open_only=True, limit=_TRIED)
    waiting = [request for request in open_ones if request.state is State.PENDING]
    directory = read_cache.StoredDirectory(connection, now)
    otherwise = replay(past_of(connection, waiting, new), new, directory)
    both = [rule for policy in (old, new) for rule in policy.rule]
    ids = {entry for rule in both for entry in (*rule.everybody, *rule.channels)}
    for governance in (old.policy, new.policy):
        ids |= {*governance.approvers} if governance else set()
    return views.Changes(
        differences(old, new),
        tuple(map(str, otherwise)),
        frozenset(entry for entry in ids if not entry.startswith(("C", "G"))),
    )


def _qualified(tx: Transaction, governance: Governance, person: str) -> Mapping[str, Any] | None:
    """By which entry somebody may vote; empty: by none; None: it is not known."""
    directory = read_cache.StoredDirectory(tx.connection, tx.now)
    unknown = False
    for entry in sorted(governance.approvers, key=is_group):
        members = directory.members(entry) if is_group(entry) else frozenset({entry})
        if members is None:
            unknown = True
        elif person in members and not directory.has_left(person):
            return {"by": entry, "members": sorted(members)}
    return None if unknown else {}


def _redraw(tx: Transaction, proposal: Proposal, log: PolicyLog, ended: str) -> None:
    governance = log.governance
    if governance is None:
        return
    policy = parsed(proposal.text)
    changes = changes_of(tx.connection, tx.now, parsed(log.text), policy)
    drawn = views.draw(proposal, changes, governance, ended)
    outbox.redraw_message(tx, _place(proposal), governance.channel, drawn.text, drawn.blocks)


def _place(proposal: Proposal) -> str:
    return f"policy:{proposal.id}"
