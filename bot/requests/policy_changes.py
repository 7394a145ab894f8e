"""Four eyes on the policy: a changed file is shown, and in force once it is approved."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.states import State
from bot.domain.step_up import Confirmed, Lack, Purpose, StepUp
from bot.policy.differences import differences
from bot.policy.explain import replay
from bot.policy.fields import is_group
from bot.policy.file import PolicyFile
from bot.policy.governance import Governance, Proposal, VoteRefusal
from bot.policy.review import Choice
from bot.policy.schema import Policy
from bot.requests.commands import BySender, Sender
from bot.requests.confirmable import NotCounted
from bot.requests.counted import account_of
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import DONE, Outcome, Refused, SaidOnce
from bot.requests.past import past_of
from bot.requests.policy_in_force import LOCK, PolicyLog, newest_position, parsed, read
from bot.requests.telling import tell
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import audit, outbox, read_cache, requests
from bot.store.second_factors import Link
from bot.store.transaction import Store, Transaction
from bot.views import policy_changes as views
from bot.views import step_up
from bot.views.pages.step_up import PolicyChange

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
            "changes": [each.as_json() for each in changes.decided],
            "requests": [each.as_json() for each in changes.requests],
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


@taken_once(OUTCOME)
def vote_on_policy(uow: UnitOfWork, command: VoteOnPolicy) -> Outcome:
    """Approve or deny a change; by the approvers of the policy in force alone.

    Returns:
        `SaidOnce`: a link to confirm it, where the policy in force asks for that.
    """
    tx, person = uow.tx, command.by.person
    tx.advisory_lock(LOCK)
    log = read(tx.connection)
    governance, waiting = log.governance, log.open
    if governance is None or waiting is None or waiting.id != command.proposal_id:
        return Refused(tell(tx, command.by.asker, views.over()))
    how = _may_vote(tx, governance, waiting, person, command.choice)
    if isinstance(how, VoteRefusal):
        text = views.vote_refused(how, governance)
        return _refuse_vote(uow, command.by, governance, how, text)
    if governance.step_up and command.choice is Choice.APPROVE:
        return _ask_to_confirm(uow, command.by, governance, waiting, governance.step_up)
    vote = _Vote(person, command.choice, how)
    _cast(uow, log, governance, waiting, vote)
    return DONE


@dataclass(frozen=True)
class _Vote:
    """A vote that counts: by which entry, and by what it was confirmed."""

    person: str
    choice: Choice
    qualified: Mapping[str, Any]
    confirmed: Confirmed | None = None


def _may_vote(
    tx: Transaction, governance: Governance, waiting: Proposal, person: str, choice: Choice
) -> Mapping[str, Any] | VoteRefusal:
    """By which entry somebody may vote, or why not."""
    how = _qualified(tx, governance, person)
    if how is None:
        return VoteRefusal.NOT_KNOWN
    if not how:
        return VoteRefusal.NOT_FOR_YOU
    if choice is Choice.APPROVE and person in waiting.approved_by:
        return VoteRefusal.APPROVED_ALREADY
    return how


def _ask_to_confirm(
    uow: UnitOfWork, by: Sender, governance: Governance, waiting: Proposal, asked: StepUp
) -> Outcome:
    bound = {"about": waiting.id, "evidence_digest": waiting.digest}
    link = uow.deps.step_ups.ask(uow.tx, asked, Purpose.POLICY, by.person, **bound)
    if isinstance(link, Lack):
        return _refuse_vote(uow, by, governance, link, step_up.lacking(link, asked))
    facts = {"purpose": Purpose.POLICY, "proposal": waiting.id}
    audit.append(uow.tx, Event.STEP_UP_ASKED, by.person, channel=governance.channel, facts=facts)
    return SaidOnce(step_up.confirm_policy_here(link, asked))


class ApprovingPolicy:
    """Approving a changed policy, where it is confirmed."""

    def lock(self, tx: Transaction, link: Link) -> None:
        """As `Confirmable.lock`."""
        tx.advisory_lock(LOCK)

    def find(self, connection: Connection, link: Link) -> PolicyChange | None:
        """As `Confirmable.find`."""
        log = read(connection)
        waiting = log.open
        if waiting is None or (waiting.id, waiting.digest) != (link.about, link.evidence_digest):
            return None
        return PolicyChange(waiting, differences(parsed(log.text), parsed(waiting.text)))

    def count(
        self, uow: UnitOfWork, subject: PolicyChange, person: str, confirmed: Confirmed
    ) -> PolicyChange | NotCounted:
        """As `Confirmable.count`: the policy in force is read anew."""
        log = read(uow.tx.connection)
        governance, waiting = log.governance, log.open
        if governance is None or waiting is None:
            return NotCounted(views.over())
        how = _may_vote(uow.tx, governance, waiting, person, Choice.APPROVE)
        if isinstance(how, VoteRefusal):
            return NotCounted(step_up.not_yours())
        if governance.step_up not in (None, confirmed.method):
            return NotCounted(step_up.confirmed_otherwise())
        if account_of(confirmed.facts()) in waiting.signed_in_as:
            return NotCounted(step_up.same_account())
        vote = _Vote(person, Choice.APPROVE, how, confirmed)
        _cast(uow, log, governance, waiting, vote)
        return subject


def _cast(
    uow: UnitOfWork, log: PolicyLog, governance: Governance, waiting: Proposal, vote: _Vote
) -> None:
    """Write a vote that counts, and what follows from it."""
    tx, person = uow.tx, vote.person
    facts: dict[str, Any] = {
        "proposal": waiting.id,
        "digest": waiting.digest,
        "choice": vote.choice,
        "needed": governance.approvals,
        "qualified": vote.qualified,
    }
    if vote.confirmed:
        facts["step_up"] = vote.confirmed.facts()
    audit.append(tx, Event.POLICY_VOTED, person, channel=governance.channel, facts=facts)
    uow.tx.after_commit.append(lambda: _read_anew(uow.deps))
    if vote.choice is Choice.DENY:
        _redraw(tx, waiting, log, views.denied(person))
        return
    people = (*waiting.approved_by, person)
    voted = Proposal(waiting.id, waiting.digest, waiting.text, waiting.path, people)
    if len(people) < governance.approvals:
        _redraw(tx, voted, log, "")
    else:
        _comes_into_force(tx, voted, log, person)


def _read_anew(deps: Dependencies) -> None:
    """This process at once; the others as they sweep."""
    deps.policy.refresh()


def _refuse_vote(
    uow: UnitOfWork, by: Sender, governance: Governance, why: VoteRefusal | Lack, text: str
) -> Refused:
    if not uow.deps.refused.wait(by.person):  # of a flood the log holds enough
        facts = {"choice": "policy", "why": why}
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
    return views.Changes(differences(old, new), tuple(otherwise))


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
