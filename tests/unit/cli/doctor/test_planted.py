"""`doctor` finds every planted fault with its mend, and warns of what should be otherwise."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import Examine, Patient, Planted, Warned, is_found, is_warned_of
from unit.cli.doctor.planted import (
    anchors,
    channels,
    database,
    digitalocean,
    manifest,
    named,
    on_call,
    policy,
    schedules,
    settings,
    slack,
    web_server,
)

_TABLES = (
    anchors,
    channels,
    database,
    digitalocean,
    manifest,
    named,
    on_call,
    policy,
    schedules,
    settings,
    slack,
    web_server,
)
PLANTED = [pytest.param(it, id=name) for table in _TABLES for name, it in table.PLANTED.items()]
WARNED = [pytest.param(it, id=name) for table in _TABLES for name, it in table.WARNED.items()]


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, planted: Planted
) -> None:
    is_found(patient, examine, planted)


@pytest.mark.parametrize("warned", WARNED)
def test_what_should_be_otherwise_is_a_warning(
    patient: Patient, examine: Examine, warned: Warned
) -> None:
    is_warned_of(patient, examine, warned)
