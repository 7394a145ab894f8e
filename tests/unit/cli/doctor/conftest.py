"""The patient, and the doctor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.cli.doctor.patient import Examine, Examined, Patient

from bot.__main__ import main
from rehearsal import Sandbox


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    with Sandbox(lifetime=60) as sandbox:
        yield Patient(sandbox, tmp_path, monkeypatch)


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    """Runs `doctor --json`; the exit status, the findings, and all that was printed."""

    def look() -> Examined:
        status = main(["doctor", "--json"])
        printed = capsys.readouterr().out
        return status, json.loads(printed)["findings"], printed

    return look
