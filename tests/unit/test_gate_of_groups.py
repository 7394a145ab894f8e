"""Random people, edits of the rule, escalations and restarts: the groups of the gate hold.

What must hold is counted from the audit log alone, by trying every way to count the votes.
"""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from gate_machine import Gate
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.requests.proof import all_contradictions
from bot.store import audit, rows

GUARDED = """
[[rule]]
name = "guarded"
approvals = [{groups}]
escalate = {{ after = "30m", to = ["U0DAN"] }}
"""
RULES = {
    "both": [(["U0ANN", "U0BOB"], 1), (["U0BOB", "U0CAT"], 1)],
    "overlapping": [(["U0ANN", "U0BOB", "U0CAT"], 1), (["U0BOB", "U0CAT"], 1)],
    "one": [(["U0BOB", "U0CAT"], 1)],
}


def text_of(name: str) -> str:
    groups = (f"{{ from = {json.dumps(who)}, count = {count} }}" for who, count in RULES[name])
    return GUARDED.format(groups=", ".join(groups))


class Groups(Gate):
    """The same workspace, under a rule with groups that is edited now and then."""

    policy_text = text_of("overlapping")

    def prepare(self) -> None:
        self.held: dict[str, str] = {self.policy.current.digest: "overlapping"}

    @rule(name=st.sampled_from(sorted(RULES)))
    def edit_policy(self, name: str) -> None:
        self.policy.path.write_text(text_of(name), encoding="utf-8")
        self.policy.refresh()
        self.held[self.policy.current.digest] = name

    @rule()
    def half_an_hour_passes(self) -> None:
        self.clock.now += 1801
        self._rounds(2)

    def _approved_by_rightful_people(self, request: rows.OpsRequest, posted: bool) -> None:
        """The rule may have changed since: `_one_post_each` counts at the time of each POST."""

    def _one_post_each(self, found: list[rows.OpsRequest], log: list[audit.Entry]) -> None:
        super()._one_post_each(found, log)
        for place, row in enumerate(log):
            if row.event == "intent":
                self._was_enough(row, [r for r in log[:place] if r.ops_request == row.ops_request])
        with self.store.read() as connection:
            assert list(all_contradictions(connection)) == []

    def _was_enough(self, intent: audit.Entry, before: list[audit.Entry]) -> None:
        facts = json.loads(intent.facts)
        groups = RULES[self.held[facts["policy_digest"]]]
        asked_by = next(row.actor for row in before if row.event == "requested")
        escalated = [row.position for row in before if row.event == "escalated"]
        assert len(escalated) <= 1
        votes = {row.actor: row.position for row in before if row.event in ("voted", "approved")}
        assert asked_by not in votes
        if "U0DAN" in votes:
            assert escalated[0] < votes["U0DAN"]
        places = [who for who, count in groups for _ in range(count)]
        assert any(
            all(person in (*who, "U0DAN") for person, who in zip(chosen, places, strict=True))
            for chosen in permutations(sorted(votes), len(places))
        ), (votes, groups)
        assert sorted(facts["tally"]["counted"].values()) == sorted(
            place for place, (_, count) in enumerate(groups) for _ in range(count)
        )


Groups.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestGroups: Any = pytest.mark.slow(pytest.mark.timeout(600)(Groups.TestCase))


def test_the_machine_can_send_something() -> None:
    """A machine that never posts would find nothing wrong."""
    machine = Groups()
    machine.begin()
    machine.ask("U0ANN", "nyc3", twice=False)
    machine.approve("U0BOB", 0, work=True)
    assert machine.digitalocean.made == []
    machine.half_an_hour_passes()
    machine.approve("U0DAN", 0, work=True)
    machine.work(4)
    assert len(machine.digitalocean.made) == 1
    machine.the_gate_holds()
    machine.teardown()
