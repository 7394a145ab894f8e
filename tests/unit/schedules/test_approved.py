"""A standing approval is bound to what its approvers were asked about, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from unit.schedules.given import BERLIN, schedule

from bot.schedules.approved import digest

RULE, APPROVERS = "“all”: anything: needs 1 approval by U0BOB, S0LEADS.", ("U0BOB", "S0LEADS")
USUAL = digest(schedule(), RULE, APPROVERS)


def test_it_is_a_sha_256_that_stays_from_version_to_version() -> None:
    assert USUAL == "9b4e4bab0a7a800bbca06e7eaa058a375a977c6177b640d832a0245588864e2f"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "nightly-db"},
        {"when": "daily 03:01"},
        {"time_zone": BERLIN},
        {"command": "prune web-* keep 2"},
        {"channel": "C0PROD"},
        {"owner": "U0EVE"},
        {"approval_days": 89},
    ],
)
def test_a_change_of_what_was_approved_changes_it(changes: dict[str, Any]) -> None:
    assert digest(schedule(**changes), RULE, APPROVERS) != USUAL


def test_a_change_of_the_rule_or_its_approvers_changes_it() -> None:
    assert digest(schedule(), f"{RULE} ", APPROVERS) != USUAL
    assert digest(schedule(), RULE, ("U0BOB",)) != USUAL


def test_who_is_told_and_the_order_of_approvers_do_not_matter() -> None:
    told = schedule(notify=["C0APPROVALS"])
    assert digest(told, RULE, ("S0LEADS", "U0BOB", "U0BOB")) == USUAL
    assert digest(schedule("daily  03:00"), RULE, APPROVERS) == USUAL
