"""`doctor`, DigitalOcean: the scopes that are asked for."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    SNAPSHOTS,
    Examine,
    Patient,
)

from bot.domain.scopes import DIGITALOCEAN
from bot.operations.registry import OPERATIONS


def test_the_scopes_of_every_operation_that_the_policy_names_are_asked_for(
    patient: Patient, examine: Examine
) -> None:
    patient.policy.write_text(SNAPSHOTS.replace("snapshot", "give"), encoding="utf-8")
    patient.sandbox.digitalocean.limit_scopes("image:read", "actions:read", "regions:read")
    _, findings, _ = examine()
    scopes = [f for f in findings if f["check"] == "DigitalOcean scopes"]
    [missing] = [f for f in scopes if "image:update is missing" in f["said"]]
    assert "add image:delete." in missing["fix"]
    assert any("not tried" in f["said"] and "image:delete" in f["said"] for f in scopes)


def test_what_finds_volumes_is_asked_for_and_not_too_much(
    patient: Patient, examine: Examine
) -> None:
    patient.policy.write_text(SNAPSHOTS.replace("snapshot", "snapshot-volume"), encoding="utf-8")
    reads = ("image:read", "image:update", "actions:read", "regions:read")
    patient.sandbox.digitalocean.limit_scopes(*reads)
    _, findings, _ = examine()
    assert any("block_storage:read is missing" in f["said"] for f in findings)
    patient.sandbox.digitalocean.limit_scopes(*reads, "block_storage:read")
    _, findings, _ = examine()
    scopes = [f for f in findings if f["check"] == "DigitalOcean scopes"]
    assert [f for f in scopes if f["verdict"] != "ok"] == []


def test_every_scope_of_an_operation_has_its_purpose() -> None:
    needed = {scope for operation in OPERATIONS.values() for scope in operation.scopes}
    assert needed <= DIGITALOCEAN.keys()


def test_what_the_policy_names_is_not_too_much(patient: Patient, examine: Examine) -> None:
    patient.policy.write_text(SNAPSHOTS, encoding="utf-8")
    patient.sandbox.digitalocean.limit_scopes(
        *("image:read", "image:update", "actions:read", "regions:read"),
        *("droplet:read", "droplet:update", "image:create"),
    )
    patient.set(IMAGE_BOT_SCHEDULES=str(patient.schedules("")))
    _, findings, _ = examine()
    tried = [f for f in findings if f["check"] in ("DigitalOcean scopes", "schedules")]
    assert len(tried) > len(("schedules", "scopes"))
    assert [f for f in tried if f["verdict"] != "ok"] == []
    assert patient.sandbox.digitalocean.posts == []
