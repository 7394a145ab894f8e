"""`doctor` and heads of the audit log: what is well."""

from __future__ import annotations

from anchor_keys import key_pair
from unit.cli.doctor.patient import Examine, Patient
from unit.cli.doctor.planted.anchors import HEADS, elsewhere


def test_heads_that_can_be_kept_are_said_to_be(patient: Patient, examine: Examine) -> None:
    key, _ = key_pair(patient.folder, "one")
    patient.set(IMAGE_BOT_ANCHOR=str(elsewhere(patient)), IMAGE_BOT_ANCHOR_KEY=key)
    status, findings, printed = examine()
    told = [f["said"] for f in findings if f["check"] == HEADS and f["verdict"] == "ok"]
    assert (status, len(told)) == (0, 2)
    assert key not in printed
    assert not elsewhere(patient).exists(), "nothing is sent"
