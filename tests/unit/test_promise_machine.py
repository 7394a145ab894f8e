"""The promise under attack: policy edits, emergencies, and somebody who writes in the database.

To what `gate_machine` does come a policy that is weakened, hardened, frozen and put back at any
moment, emergency access, and a hostile writer who moves requests on, adds votes, and changes
regions and requesters behind the bot's back. Tables can then say anything; so what must hold is
read from the audit log alone, as an outsider would: for every intent the log holds who asked, which
rule held, and as many approvals, by people who may, as the policy of that moment asked for.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from gate_machine import APPROVERS, IMAGE, PEOPLE, Gate
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.domain.states import State
from bot.operations.available import transfer_to
from bot.policy.review import Choice
from bot.requests import RequestDraft
from bot.store import audit, rows

GUARDED = """
[[rule]]
name = "guarded"
approvals = {approvals}
approvers = ["U0ANN", "U0BOB", "U0CAT"]
break_glass = true
"""
FREEZE = """
[[freeze]]
name = "holidays"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
time_zone = "UTC"
break_glass = true
"""
EDITS = {
    "two": (GUARDED.format(approvals=2), 2, False),
    "one": (GUARDED.format(approvals=1), 1, False),
    "none": (GUARDED.format(approvals=0), 0, False),
    "frozen": (GUARDED.format(approvals=1) + FREEZE, 1, True),
}
"""The text, how many approvals it asks for, and whether everything is frozen."""
ATTACKS = {
    "move on": (
        "UPDATE ops_request SET state = 'approved' WHERE id = :id",
        "UPDATE ops_step SET state = 'approved' WHERE ops_request = :id",
    ),
    "votes": (
        "DELETE FROM vote WHERE ops_request = :id",
        "INSERT INTO vote (ops_request, person, choice, reason, step_up, at)"
        " VALUES (:id, 'U0ANN', 'approve', '', '', 1800000000),"
        " (:id, 'U0BOB', 'approve', '', '', 1800000000),"
        " (:id, 'U0CAT', 'approve', '', '', 1800000000)",
    ),
    "region": (
        """UPDATE ops_step SET params = '{"region": "nyc1"}', params_key = '{"region":"nyc1"}'"""
        " WHERE ops_request = :id",
    ),
    "requester": ("UPDATE ops_request SET requester = 'U0DAN' WHERE id = :id",),
    "rule": ("UPDATE ops_request SET rule = 'free' WHERE id = :id",),
    "emergency": ("UPDATE ops_request SET break_glass = 'now' WHERE id = :id",),
}


class Promise(Gate):
    """The same workspace, with enemies."""

    policy_text = EDITS["two"][0]

    def prepare(self) -> None:
        self.asked_for: dict[str, tuple[int, bool]] = {}
        self._note("two")

    def _note(self, name: str) -> None:
        _, approvals, frozen = EDITS[name]
        self.asked_for[self.policy.current.digest] = (approvals, frozen)

    @rule(name=st.sampled_from(sorted(EDITS)))
    def edit_policy(self, name: str) -> None:
        self.policy.path.write_text(EDITS[name][0], encoding="utf-8")
        self.policy.refresh()
        self._note(name)

    @precondition(lambda self: self._in(State.PENDING))
    @rule(name=st.sampled_from(sorted(EDITS)), which=st.integers(0, 9))
    def edit_between_approval_and_post(self, name: str, which: int) -> None:
        pending = self._in(State.PENDING)
        for who in sorted(APPROVERS):
            self.core.review(self._click(who, pending[which % len(pending)]), Choice.APPROVE)
        self.edit_policy(name)
        self._rounds(3)

    @rule(who=st.sampled_from(PEOPLE), region=st.sampled_from(["nyc3", "sfo3"]))
    def ask_in_emergency(self, who: str, region: str) -> None:
        steps = (transfer_to(IMAGE, region),)
        self.core.open(RequestDraft(who, "C0OPS", steps, "", "prod is down"), self._key(), "")
        self._rounds(3)

    @precondition(lambda self: self._in(State.PENDING))
    @rule(attack=st.sampled_from(sorted(ATTACKS)), also=st.booleans(), which=st.integers(0, 9))
    def write_in_the_database(self, attack: str, also: bool, which: int) -> None:
        pending = self._in(State.PENDING)
        request_id = pending[which % len(pending)]
        with self.store.write() as tx:
            for statement in (*ATTACKS[attack], *(ATTACKS["move on"] if also else ())):
                tx.execute(sa.text(statement), {"id": request_id})
        self._rounds(3)

    def _approved_by_rightful_people(self, request: rows.OpsRequest, posted: bool) -> None:
        """The tables are no witness here."""

    def _one_post_each(self, found: list[rows.OpsRequest], log: list[audit.Entry]) -> None:
        super()._one_post_each(found, log)
        for place, row in enumerate(log):
            if row.event == "intent":
                self._was_promised(row, log[:place])

    def _was_promised(self, intent: audit.Entry, before: list[audit.Entry]) -> None:
        mine = [row for row in before if row.ops_request == intent.ops_request]
        told: dict[str, dict[str, Any]] = {row.event: json.loads(row.facts) for row in mine}
        facts = json.loads(intent.facts)
        (asked,) = [row for row in mine if row.event == "requested"]
        regions = [step["params"]["region"] for step in told["requested"]["steps"]]
        assert facts["body"] == {"type": "transfer", "region": regions[facts["position"]]}
        if "break-glass-used" in told:
            assert told["requested"]["break_glass"]
            return
        approvals, frozen = self.asked_for[facts["policy_digest"]]
        assert not frozen
        votes = {row.actor for row in mine if row.event in ("voted", "approved")}
        rightful = set(facts["votes"]) & votes & (APPROVERS - {asked.actor})
        assert facts["needed"] == approvals
        assert len(rightful) >= approvals, (facts, votes)


Promise.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestPromise = pytest.mark.slow(pytest.mark.timeout(600)(Promise.TestCase))


def _asked() -> Promise:
    machine = Promise()
    machine.begin()
    machine.ask("U0DAN", "nyc3", twice=False)
    return machine


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_whoever_writes_in_the_tables_sends_nothing(attack: str) -> None:
    machine = _asked()
    machine.write_in_the_database(attack, also=True, which=0)
    machine.work(4)
    assert machine.digitalocean.made == []
    machine.teardown()


def test_the_machine_can_send_something() -> None:
    """A machine that never posts would find nothing wrong."""
    machine = _asked()
    machine.edit_between_approval_and_post("two", 0)
    assert len(machine.digitalocean.made) == 1
    machine.the_gate_holds()
    machine.teardown()


def test_a_policy_that_was_hardened_after_the_approval_holds() -> None:
    machine = _asked()
    machine.edit_policy("one")
    machine.edit_between_approval_and_post("frozen", 0)
    assert machine.digitalocean.made == []
    machine.the_gate_holds()
    machine.teardown()
