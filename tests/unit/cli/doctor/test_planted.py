"""`doctor` finds every planted fault with its mend, and warns of what should be otherwise."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import Examine, Patient, Planted, Warned
from unit.cli.doctor.planted import (
    channels,
    database,
    digitalocean,
    manifest,
    named,
    policy,
    settings,
    slack,
)

_TABLES = (channels, database, digitalocean, manifest, named, policy, settings, slack)
PLANTED = [pytest.param(it, id=name) for table in _TABLES for name, it in table.PLANTED.items()]
WARNED = [pytest.param(it, id=name) for table in _TABLES for name, it in table.WARNED.items()]


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, planted: Planted
) -> None:
    plant, check, said, fix = planted
    plant(patient)
    status, findings, printed = examine()
    assert status == 1
    found = [f for f in findings if f["verdict"] == "wrong" and f["check"] == check]
    assert any(said in f["said"] and fix in f["fix"] for f in found), findings
    assert all(f["fix"] for f in findings if f["verdict"] == "wrong")
    assert "hidden1" not in printed


@pytest.mark.parametrize("warned", WARNED)
def test_what_should_be_otherwise_is_a_warning(
    patient: Patient, examine: Examine, warned: Warned
) -> None:
    plant, check, said = warned
    plant(patient)
    status, findings, _ = examine()
    told = [f for f in findings if f["verdict"] == "warning"]
    assert any(f["check"] == check and said in f["said"] for f in told), findings
    assert status == 0
