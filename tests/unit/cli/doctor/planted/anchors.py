"""`doctor`, heads of the audit log and signed files: planted faults."""

from __future__ import annotations

from pathlib import Path

from anchor_keys import key_pair
from unit.cli.doctor.patient import Patient, Planted, Warned

HEADS = "audit heads"


def _public(patient: Patient) -> str:
    return key_pair(patient.folder, "one")[1].read_text(encoding="utf-8")


def elsewhere(patient: Patient) -> Path:
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
        lambda p: p.set(IMAGE_BOT_ANCHOR=str(elsewhere(p)), IMAGE_BOT_ANCHOR_KEY="hidden1"),
        HEADS,
        "no Ed25519 key",
        "openssl genpkey",
    ),
    "the command that signs fails": (
        lambda p: p.set(
            IMAGE_BOT_ANCHOR=str(elsewhere(p)),
            IMAGE_BOT_ANCHOR_COMMAND="false",
            IMAGE_BOT_ANCHOR_PUBLIC_KEY=_public(p),
        ),
        HEADS,
        "ended with 1",
        "log",
    ),
    "the command signs with nothing": (
        lambda p: p.set(
            IMAGE_BOT_ANCHOR=str(elsewhere(p)),
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

WARNED: dict[str, Warned] = {
    "heads are kept beside the database": (
        lambda p: p.set(IMAGE_BOT_ANCHOR=str(p.folder / "heads")),
        HEADS,
        "is beside the database",
    ),
}
