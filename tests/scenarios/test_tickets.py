"""A rule that asks for a ticket in the reason."""

from __future__ import annotations

from collections.abc import Callable

from scenarios.test_approver_groups import rows
from world import ANN, BOB, RUNS_AT_ONCE, SNAPSHOT, World, shown

POLICY = r"""
[[rule]]
name = "with a ticket"
approvals = 1
approvers = ["U0BOB"]
ticket = '^OPS-\d+$'
ticket_url = "https://example.atlassian.net/browse/{ticket}"
"""


def test_without_a_ticket_it_is_refused_and_with_one_it_is_linked(
    start: Callable[..., World],
) -> None:
    at_work = start(POLICY)
    refused = at_work.types(f"transfer {SNAPSHOT} nyc3 because it is needed").text
    assert "asks for a ticket in the reason" in refused
    assert r"^OPS-\d+$" in refused
    assert "Refused" in at_work.types(f"transfer {SNAPSHOT} nyc3 because XOPS-14 OPS-x").text
    at_work.types(f"transfer {SNAPSHOT} nyc3 because of OPS-1402, the launch")
    root = at_work.root("Pending approval")
    assert "Ticket <https://example.atlassian.net/browse/OPS-1402|OPS-1402>" in shown(root)
    (opened,) = rows(at_work, "pending")
    assert opened["ticket"] == "OPS-1402"
    assert rows(at_work, "refused")[0]["policy"] == "ticket-missing"
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)


def test_what_runs_at_once_needs_its_ticket_too(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE + "ticket = 'INC\\d+'\n")
    assert "ticket" in at_work.types(f"transfer {SNAPSHOT} nyc3").text
    at_work.types(f"transfer {SNAPSHOT} nyc3 because inc4 (INC4)")
    at_work.reply("completed", at_work.root("nyc3"))
    assert rows(at_work, "runs-at-once")[0]["ticket"] == "INC4"


def test_an_emergency_goes_past_the_ticket(start: Callable[..., World]) -> None:
    at_work = start(POLICY + "break_glass = true\n")
    at_work.types(f'transfer {SNAPSHOT} nyc3 --break-glass "site down"', by=ANN)
    at_work.reply("emergency access", at_work.root("nyc3"))
