"""`doctor`, the database and the audit log: none, and an empty one."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    Examine,
    Patient,
)


def test_nothing_is_left_behind(patient: Patient, examine: Examine) -> None:
    patient.database.unlink()
    assert examine()[0] == 0
    assert not patient.database.exists()


def test_an_empty_file_is_as_good_as_none(patient: Patient, examine: Examine) -> None:
    patient.database.write_bytes(b"")
    status, found, _ = examine()
    assert status == 0
    assert any("the first start makes its tables" in finding["said"] for finding in found)
