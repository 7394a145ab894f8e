"""What was probably meant is a button beside the error: one click runs it."""

from __future__ import annotations

import pytest
from world import ANN, BOB, ONE_APPROVAL, OPS, SNAPSHOT, buttons

MEANT = {
    f"transfer {SNAPSHOT} sfo3 for the new office": (
        f"transfer {SNAPSHOT} sfo3 because the new office"
    ),
    f"transfer {SNAPSHOT} london because of the launch": (
        f"transfer {SNAPSHOT} lon1 because of the launch"
    ),
    f"tranfer {SNAPSHOT} nyc3": f"transfer {SNAPSHOT} nyc3",
    f"please do transfer {SNAPSHOT} nyc3": f"transfer {SNAPSHOT} nyc3",
}


@pytest.mark.alike
@pytest.mark.parametrize("typed", MEANT)
def test_one_click_runs_what_was_meant(start, typed: str) -> None:
    at_work = start(ONE_APPROVAL)
    ack = at_work.types(typed)
    assert buttons(ack) == ["run_this"]
    assert f"/image {MEANT[typed]}" in ack.text
    assert at_work.digitalocean.posts == []
    at_work.slack.click(ANN, at_work.slack.ephemerals(ANN)[-1], "run_this")
    card = at_work.root("Needs 1 approval")
    assert card.channel == OPS
    at_work.clicks("approve", card, by=BOB)
    at_work.reply("completed", at_work.root("Completed"))
    assert len(at_work.digitalocean.posts) == 1
    assert at_work.slack.violations == []


def test_whoever_clicks_is_judged_anew(start) -> None:
    policy = ONE_APPROVAL.replace("approvals = 1", 'approvals = 1\nrequesters = ["U0BOB"]')
    at_work = start(policy)
    at_work.types(f"tranfer {SNAPSHOT} nyc3", by=ANN)
    at_work.slack.click(ANN, at_work.slack.ephemerals(ANN)[-1], "run_this")
    at_work.until(
        lambda: any(
            "U0BOB" in m.text or "may ask" in m.text for m in at_work.slack.ephemerals(ANN)
        ),
        "the refusal",
    )
    assert at_work.slack.messages(OPS) == []


@pytest.mark.alike
@pytest.mark.parametrize("typed", ["transfer", "frobnicate 12", f"transfer {SNAPSHOT} atlantis"])
def test_where_nothing_is_plain_there_is_no_button(start, typed: str) -> None:
    assert buttons(start(ONE_APPROVAL).types(typed)) == []
