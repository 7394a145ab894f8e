"""`doctor`, the manifest: planted faults."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    Planted,
    Warned,
)

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
    "the manifest has no Home": (
        lambda p: p.edit_manifest("home_tab_enabled: true", "home_tab_enabled: false"),
        "manifest",
        "app_home.home_tab_enabled is off",
        "Restore",
    ),
    "the manifest lets nobody be written to": (
        lambda p: p.edit_manifest("    messages_tab_enabled: true\n", ""),
        "manifest",
        "app_home.messages_tab_enabled is off",
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


WARNED: dict[str, Warned] = {
    "Socket Mode without a token": (
        lambda p: p.env.delenv("SLACK_APP_TOKEN"),
        "manifest",
        "socket_mode_enabled",
    ),
    "no manifest": (lambda p: (p.folder / "manifest.yml").unlink(), "manifest", "not here"),
}
