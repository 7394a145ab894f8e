"""Hours that pass at once, for both stand-ins and for who lives beside them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from rehearsal import Sandbox

DAY = 86_400.0


def test_what_runs_has_ended_and_time_stamps_follow(sandbox: Sandbox) -> None:
    ocean = sandbox.digitalocean
    ocean.action_seconds = 3600
    ocean.act(62137902, {"type": "transfer", "region": "nyc3"})
    sandbox.skip(DAY)
    assert ocean.actions[0].status == "completed"
    begun = ocean.act(62137903, {"type": "transfer", "region": "nyc3"})
    assert begun.started_at - time.time() == pytest.approx(DAY, abs=5)
    assert sandbox.clock() - time.time() == pytest.approx(DAY, abs=1)


def test_what_people_write_is_of_then(sandbox: Sandbox, listener: Any) -> None:
    sandbox.skip(DAY)
    sandbox.slack.mention("U0ANN", "C0OPS", "status")
    assert float(sandbox.slack.messages("C0OPS")[-1].ts) - time.time() == pytest.approx(DAY, abs=5)
    said = json.loads(listener.heard[-1].body)["event_time"]
    assert said - time.time() == pytest.approx(DAY, abs=5)
