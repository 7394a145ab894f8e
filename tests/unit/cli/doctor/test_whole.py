"""`doctor` against the stand-ins as a whole: all well, the clocks, and who reads it."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate

import pytest
from unit.cli.doctor.patient import (
    POLICY,
    Examine,
    Patient,
)

from bot.__main__ import main
from bot.cli import doctor_answers, doctor_digitalocean, findings
from bot.cli.doctor_digitalocean import digitalocean
from bot.cli.doctor_slack import slack
from bot.config import given_settings


def test_all_is_well(patient: Patient, examine: Examine) -> None:
    status, findings, _ = examine()
    assert [f for f in findings if f["verdict"] != "ok"] == []
    assert status == 0
    looked_at = {finding["check"] for finding in findings}
    assert looked_at == {
        "settings",
        "policy",
        "database",
        "audit log",
        "manifest",
        "web server",
        "Slack token",
        "Slack scopes",
        "clock and Slack",
        "Socket Mode",
        "people",
        "DigitalOcean token",
        "DigitalOcean scopes",
        "clock and DigitalOcean",
        "regions",
    }
    assert patient.sandbox.digitalocean.posts == []


def test_all_is_well_over_http(patient: Patient, examine: Examine) -> None:
    patient.use_http()
    status, findings, _ = examine()
    assert [f for f in findings if f["verdict"] != "ok"] == []
    assert status == 0


@pytest.mark.parametrize(("off", "verdict"), [(1, "ok"), (-60, "warning"), (900, "wrong")])
def test_clocks_are_compared(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, off: float, verdict: str
) -> None:
    ahead = time.time() + off

    class Fast:
        """What `findings` takes for the time."""

        time = staticmethod(lambda: ahead)

    monkeypatch.setattr(findings, "time", Fast)
    settings = given_settings(patient.sandbox.settings(socket=True))
    for check in (slack, digitalocean):
        found = [f for f in check(settings) if f.check.startswith("clock")]
        assert [f.verdict for f in found] == [verdict], found
    assert formatdate(ahead)


def test_a_network_that_swallows_everything_does_not_hold_it_up(
    patient: Patient, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        patient.set(SLACK_API_URL=f"{url}/api/", DIGITALOCEAN_API_URL=url)
        patient.policy.write_text(POLICY + 'notify = ["S0OPS", "S0LEADS"]\n')
        monkeypatch.setattr(doctor_answers, "SECONDS", 1)
        monkeypatch.setattr(doctor_digitalocean, "SECONDS", 1)
        began = time.monotonic()
        status, found, _ = examine()
        assert time.monotonic() - began < 8  # one wait at each, not one for each question
    assert status == 1
    assert sum("it does not answer" in finding["said"] for finding in found) == 2


def test_for_people_it_says_the_mend_below(
    patient: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    patient.sandbox.slack.revoke("im:write")
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "WRONG    Slack scopes: im:write is missing: direct messages\n         → " in text
    assert text.splitlines()[-1].endswith("1 wrong")
