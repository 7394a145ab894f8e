"""Four eyes on the policy: a changed file is shown, and in force once it is approved."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
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
from bot.requests.commands import BySender, Sender
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import DONE, Outcome, Refused
from bot.requests.past import past_of
from bot.requests.policy_in_force import LOCK, PolicyLog, newest_position, parsed, read
from bot.requests.telling import tell
from bot.requests.unit_of_work import Dependencies, UnitOfWork
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


@dataclass(frozen=True)
class VoteOnPolicy(BySender):
    """Approve or deny a change of the policy."""

    proposal_id: str
    choice: Choice


def vote_on_policy(deps: Dependencies, command: VoteOnPolicy) -> Outcome:
    """Approve or deny a change; by the approvers of the policy in force alone.

    Raises:
        bot.errors.StoreUnavailable: the click was not taken.
    """
    outcome = _vote(deps, command)
    deps.policy.refresh()
    return outcome


@taken_once(OUTCOME)
def _vote(uow: UnitOfWork, command: VoteOnPolicy) -> Outcome:
    tx, person = uow.tx, command.by.person
    tx.advisory_lock(LOCK)
    log = read(tx.connection)
    governance, waiting = log.governance, log.open
    if governance is None or waiting is None or waiting.id != command.proposal_id:
        return Refused(tell(tx, command.by.asker, views.over()))
    how = _qualified(tx, governance, person)
    if how is None:
        return _refuse_vote(uow, command.by, governance, views.not_known())
    if not how:
        return _refuse_vote(uow, command.by, governance, views.not_for_you(governance))
    if command.choice is Choice.APPROVE and person in waiting.approved_by:
        return _refuse_vote(uow, command.by, governance, views.approved_already())
    facts = {
        "proposal": waiting.id,
        "digest": waiting.digest,
        "choice": command.choice,
        "needed": governance.approvals,
        "qualified": how,
    }
    audit.append(tx, Event.POLICY_VOTED, person, channel=governance.channel, facts=facts)
    if command.choice is Choice.DENY:
        _redraw(tx, waiting, log, views.denied(person))
        return DONE
    people = (*waiting.approved_by, person)
    voted = Proposal(waiting.id, waiting.digest, waiting.text, waiting.path, people)
    if len(people) < governance.approvals:
        _redraw(tx, voted, log, "")
    else:
        _comes_into_force(tx, voted, log, person)
    return DONE


def _refuse_vote(uow: UnitOfWork, by: Sender, governance: Governance, text: str) -> Refused:
    if not uow.deps.refused.wait(by.person):  # of a flood the log holds enough
        facts = {"choice": "policy", "why": text}
        channel = governance.channel
        audit.append(uow.tx, Event.CLICK_REFUSED, by.person, channel=channel, facts=facts)
    return Refused(tell(uow.tx, by.asker, text))


def _comes_into_force(tx: Transaction, approved: Proposal, log: PolicyLog, person: str) -> None:
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
