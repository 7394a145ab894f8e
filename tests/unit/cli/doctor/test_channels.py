"""`doctor`, the channels that the policy and the schedules name: what is well, and unknown."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import DELETES, Examine, Patient
from unit.cli.doctor.planted.channels import SEEN, notify, schedule


@pytest.mark.parametrize("scopes", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("channel", ["C0PROD", "C0QUIET"])
def test_where_the_bot_can_post_all_is_well(
    patient: Patient, examine: Examine, channel: str, scopes: tuple[str, ...]
) -> None:
    patient.sandbox.slack.grant(*scopes)
    notify(channel)(patient)
    patient.policy.write_text(patient.policy.read_text() + DELETES)
    schedule()(patient)
    status, findings, _ = examine()
    assert status == 0
    (found,) = [f for f in findings if f["check"] == "channels"]
    assert found["verdict"] == "ok"
    assert ("not looked at" in found["said"]) == (not scopes), "what was not seen is told"


def test_what_slack_will_not_say_is_a_warning(patient: Patient, examine: Examine) -> None:
    notify("C0PROD")(patient)
    patient.sandbox.slack.faults.fail("conversations.info", "fatal_error")
    status, findings, _ = examine()
    assert status == 0
    (found,) = [f for f in findings if f["check"] == "channels"]
    assert (found["verdict"], "fatal_error" in found["said"]) == ("warning", True)
