"""`doctor`, the settings: what was meant, and what is left alone."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import (
    Examine,
    Patient,
)


def test_a_misspelt_secret_is_named_beside_the_one_that_is_missing(
    patient: Patient, examine: Examine
) -> None:
    patient.env.delenv("SLACK_BOT_TOKEN")
    patient.set(SLACK_BOT_TOEKN="xoxb-secret", DIGITALOCEAN_ACCESS_TOKEN="dop_v1_x", HOSTNAME="x")
    status, findings, printed = examine()
    assert status == 1
    told = {f["said"]: f["fix"] for f in findings if f["verdict"] == "warning"}
    assert told["SLACK_BOT_TOEKN is not a setting of the bot"] == "Did you mean SLACK_BOT_TOKEN?"
    assert not [said for said in told if "DIGITALOCEAN" in said or "HOSTNAME" in said]
    assert "xoxb-secret" not in printed


@pytest.mark.parametrize(
    ("missing", "misspelt"),
    [
        ("SLACK_APP_TOKEN", "SLACK_AP_TOKEN"),
        ("SLACK_SIGNING_SECRET", "SLACK_SIGNING_SECERT"),
        ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"),
        ("IMAGE_BOT_POLICY", "IMAGEBOT_POLICY"),
    ],
)
def test_what_was_meant_is_named(
    patient: Patient, examine: Examine, missing: str, misspelt: str
) -> None:
    patient.env.delenv(missing)
    patient.set(**{misspelt: "x"})
    _, findings, _ = examine()
    told = {f["said"]: f["fix"] for f in findings if f["verdict"] == "warning"}
    assert told[f"{misspelt} is not a setting of the bot"] == f"Did you mean {missing}?"


def test_what_other_tools_read_is_left_alone(patient: Patient, examine: Examine) -> None:
    patient.set(DIGITALOCEAN_CONTEXT="work", DIGITALOCEAN_APP_ID="", SLACKLINE="x")
    status, findings, _ = examine()
    assert status == 0
    assert [f for f in findings if f["verdict"] != "ok"] == []
