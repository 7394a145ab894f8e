"""`doctor`, DigitalOcean: planted faults."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import (
    POLICY,
    SNAPSHOTS,
    Examine,
    Patient,
    Planted,
    Warned,
    is_found,
    is_warned_of,
)

from bot.domain.scopes import DIGITALOCEAN
from bot.operations.registry import OPERATIONS

OUTSIDE = {
    "SLACK_API_URL": "https://slack.com/api/",
    "DIGITALOCEAN_API_URL": "https://api.digitalocean.com",
}


PLANTED: dict[str, Planted] = {
    "the proxy is away": (
        lambda p: p.set(HTTPS_PROXY="http://x:hidden1@127.0.0.1:1", **OUTSIDE),
        "DigitalOcean token",
        "cannot be reached",
        "through the proxy 127.0.0.1 (HTTPS_PROXY)",
    ),
    "DigitalOcean's token is revoked": (
        lambda p: p.set(DIGITALOCEAN_TOKEN="dop_v1_revoked"),
        "DigitalOcean token",
        "401",
        "Make a token",
    ),
    "DigitalOcean is out of reach": (
        lambda p: p.sandbox.digitalocean.close(),
        "DigitalOcean token",
        "cannot be reached",
        "DIGITALOCEAN_API_URL",
    ),
    "the token may not POST": (
        lambda p: p.sandbox.digitalocean.limit_scopes("image:read", "actions:read", "regions:read"),
        "DigitalOcean scopes",
        "image:update is missing",
        "Make a token",
    ),
    "the policy names snapshot and the token cannot see Droplets": (
        lambda p: p.policy.write_text(SNAPSHOTS, encoding="utf-8"),
        "DigitalOcean scopes",
        "droplet:read is missing",
        "droplet:update",
    ),
    "the token may not list actions": (
        lambda p: p.sandbox.digitalocean.limit_scopes("image:read", "image:update", "regions:read"),
        "DigitalOcean scopes",
        "actions:read is missing",
        "Make a token",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_found(patient, examine, PLANTED[name])


WARNED: dict[str, Warned] = {
    "the DigitalOcean token can do more": (
        lambda p: p.sandbox.digitalocean.limit_scopes(),
        "DigitalOcean scopes",
        "account:read",
    ),
    "a region of the policy takes no images": (
        lambda p: p.policy.write_text(POLICY + 'regions = ["sfo1"]\n'),
        "regions",
        "sfo1",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_should_be_otherwise_is_a_warning(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_warned_of(patient, examine, WARNED[name])


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
