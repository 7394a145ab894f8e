"""`doctor`, the manifest: planted faults."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import (
    ROOT,
    Examine,
    Patient,
    Planted,
    Warned,
    is_found,
    is_warned_of,
)

from bot.cli.doctor_manifest import listened_to, manifest
from bot.config import given_settings
from rehearsal import Sandbox

PLANTED: dict[str, Planted] = {
    "the manifest lacks a scope": (
        lambda p: p.edit_manifest("      - im:write\n", ""),
        "manifest",
        "im:write is missing",
        "Restore",
    ),
    "the manifest subscribes to nothing": (
        lambda p: p.edit_manifest("      - app_mention\n", ""),
        "manifest",
        "app_mention is missing",
        "Restore",
    ),
    "over HTTP menus have no address": (
        lambda p: p.use_http("message_menu_options_url"),
        "manifest",
        "interactivity.message_menu_options_url is missing",
        "Restore",
    ),
    "over HTTP the command has no address": (
        lambda p: p.use_http("url"),
        "manifest",
        "url of /image is missing",
        "Restore",
    ),
    "over HTTP an address is another": (
        lambda p: (p.use_http(), p.edit_manifest("bot.example.com/slack/events", "bot/slack")),
        "manifest",
        "the bot answers at https://<your host>/slack/events",
        "Restore",
    ),
    "the manifest is for a whole organisation": (
        lambda p: p.edit_manifest("org_deploy_enabled: false", "org_deploy_enabled: true"),
        "manifest",
        "org_deploy_enabled is on",
        "Restore",
    ),
    "the manifest has tokens rotated": (
        lambda p: p.edit_manifest("token_rotation_enabled: false", "token_rotation_enabled: true"),
        "manifest",
        "token_rotation_enabled is on",
        "Restore",
    ),
    "interactivity is off": (
        lambda p: p.edit_manifest("is_enabled: true", "is_enabled: false"),
        "manifest",
        "interactivity",
        "Restore",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_found(patient, examine, PLANTED[name])


WARNED: dict[str, Warned] = {
    "Socket Mode without a token": (
        lambda p: p.env.delenv("SLACK_APP_TOKEN"),
        "manifest",
        "socket_mode_enabled",
    ),
    "no manifest": (lambda p: (p.folder / "manifest.yml").unlink(), "manifest", "not here"),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_should_be_otherwise_is_a_warning(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_warned_of(patient, examine, WARNED[name])


def test_the_handlers_are_read_as_they_are() -> None:
    heard = listened_to()
    assert {"approve", "deny", "cancel", "adopt", "post_again", "give_up"} <= heard["action"]
    settings = given_settings(Sandbox().settings(socket=True))
    assert [f.verdict for f in manifest(settings, ROOT / "manifest.yml")] == ["ok"]
