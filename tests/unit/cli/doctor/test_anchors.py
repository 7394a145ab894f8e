"""`doctor`, heads of the audit log and signed files: planted faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from anchor_keys import key_pair
from unit.cli.doctor.patient import Examine, Patient, Planted, Warned, is_found, is_warned_of

HEADS = "audit heads"


def _public(patient: Patient) -> str:
    return key_pair(patient.folder, "one")[1].read_text(encoding="utf-8")


def _elsewhere(patient: Patient) -> Path:
    folder = patient.folder / "elsewhere"
    folder.mkdir(exist_ok=True)
    return folder / "heads"


PLANTED: dict[str, Planted] = {
    "the file of heads is in no folder": (
        lambda p: p.set(IMAGE_BOT_ANCHOR=str(p.folder / "nowhere" / "heads")),
        HEADS,
        "cannot be written",
        "permissions",
    ),
    "the key that signs is none": (
        lambda p: p.set(IMAGE_BOT_ANCHOR=str(_elsewhere(p)), IMAGE_BOT_ANCHOR_KEY="hidden1"),
        HEADS,
        "no Ed25519 key",
        "openssl genpkey",
    ),
    "the command that signs fails": (
        lambda p: p.set(
            IMAGE_BOT_ANCHOR=str(_elsewhere(p)),
            IMAGE_BOT_ANCHOR_COMMAND="false",
            IMAGE_BOT_ANCHOR_PUBLIC_KEY=_public(p),
        ),
        HEADS,
        "ended with 1",
        "log",
    ),
    "the command signs with nothing": (
        lambda p: p.set(
            IMAGE_BOT_ANCHOR=str(_elsewhere(p)),
            IMAGE_BOT_ANCHOR_COMMAND="cat",
            IMAGE_BOT_ANCHOR_PUBLIC_KEY=_public(p),
        ),
        HEADS,
        "wrote no signature",
        "private half",
    ),
    "the syslog server is none": (
        lambda p: p.set(IMAGE_BOT_ANCHOR_SYSLOG="log.example.com:514"),
        HEADS,
        "no syslog server",
        "udp://",
    ),
    "the channel of heads is not there": (
        lambda p: p.set(IMAGE_BOT_ANCHOR_CHANNEL="C0NOWHERE"),
        "channels",
        "IMAGE_BOT_ANCHOR_CHANNEL",
        "",
    ),
    "the policy is not signed": (
        lambda p: p.set(IMAGE_BOT_POLICY_KEYS=_public(p)),
        "policy",
        "is not signed",
        "",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_fault_is_found(patient: Patient, examine: Examine, name: str) -> None:
    is_found(patient, examine, PLANTED[name])


WARNED: dict[str, Warned] = {
    "heads are kept beside the database": (
        lambda p: p.set(IMAGE_BOT_ANCHOR=str(p.folder / "heads")),
        HEADS,
        "is beside the database",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_should_be_otherwise_is_warned_of(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_warned_of(patient, examine, WARNED[name])


def test_heads_that_can_be_kept_are_said_to_be(patient: Patient, examine: Examine) -> None:
    key, _ = key_pair(patient.folder, "one")
    patient.set(IMAGE_BOT_ANCHOR=str(_elsewhere(patient)), IMAGE_BOT_ANCHOR_KEY=key)
    status, findings, printed = examine()
    told = [f["said"] for f in findings if f["check"] == HEADS and f["verdict"] == "ok"]
    assert (status, len(told)) == (0, 2)
    assert key not in printed
    assert not _elsewhere(patient).exists(), "nothing is sent"
