"""`doctor` and who is on call: what is well."""

from __future__ import annotations

from unit.cli.doctor.patient import Examine, Patient
from unit.cli.doctor.planted.on_call import on_call


def test_who_is_on_call_is_told(patient: Patient, examine: Examine) -> None:
    on_call({"prod": ["U0BOB"]})(patient)
    status, findings, _ = examine()
    assert "for oncall:prod: U0BOB" in [f["said"] for f in findings if f["check"] == "on call"]
    assert [f for f in findings if f["verdict"] == "wrong"] == []
    assert status == 0
