"""The Slack app manifest against the code, and against Slack's own limits."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest
import yaml

from bot.slack.command_name import DEFAULT as NAME
from handlers.commands.help import USAGE_HINT
from rehearsal.slack.manifest import Addresses, addresses, over_http

ROOT = Path(__file__).parents[2]

SCOPE_OF_METHOD = {
    "auth_test": None,
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "conversations_replies": None,  # used only where the team has granted `channels:history`
    "conversations_history": None,
    "usergroups_users_list": "usergroups:read",
    "views_open": None,
    "views_update": None,
    "views_publish": None,
    "chat_postEphemeral": "chat:write",
    "users_info": "users:read",
    "conversations_open": "im:write",
}
"""What each Web API method needs (docs.slack.dev/reference/methods)."""
WITHOUT_A_METHOD = {
    "commands",  # slash commands
    "chat:write.public",  # posting where the bot was not invited
    "app_mentions:read",  # the event app_mention
    "im:write",  # chat.postMessage to a person opens the conversation
    "users:read",  # block elements that pick people
}


@pytest.fixture(scope="module")
def manifest() -> dict:
    return yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))


def test_the_slash_command_is_the_one_that_is_answered(manifest: dict) -> None:
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == NAME
    assert command["usage_hint"] == USAGE_HINT
    assert len(command["command"]) <= 32
    assert len(command["usage_hint"]) <= 1000


def test_every_method_that_is_called_has_its_scope_and_no_scope_is_idle(manifest: dict) -> None:
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    called = set(
        re.findall(r"self\._client\.([a-z]\w+_\w+)", (ROOT / "bot/slack/web_api.py").read_text())
    )
    called -= {"base_url"}  # not a method
    assert called <= set(SCOPE_OF_METHOD), "name the scope of each new method"
    needed = {SCOPE_OF_METHOD[method] for method in called} - {None}
    assert needed <= scopes
    assert scopes == needed | WITHOUT_A_METHOD


def test_interactivity_is_on_where_buttons_are_answered(manifest: dict) -> None:
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert _decorated("action")


def test_over_http_every_kind_of_payload_has_an_address() -> None:
    text = (ROOT / "manifest.yml").read_text(encoding="utf-8")
    to = addresses(over_http(text, "https://bot.example.com"))
    everywhere = "https://bot.example.com/slack/events"
    assert to == Addresses({NAME: everywhere}, everywhere, everywhere, everywhere)


def test_events_are_subscribed_that_are_answered(manifest: dict) -> None:
    subscribed = manifest["settings"].get("event_subscriptions", {}).get("bot_events", [])
    assert set(subscribed) == _decorated("event")


def test_shortcuts_are_declared_that_are_answered(manifest: dict) -> None:
    declared = {s["callback_id"] for s in manifest["features"].get("shortcuts", [])}
    assert declared == _decorated("shortcut") | _decorated("global_shortcut")


def test_slack_limits(manifest: dict) -> None:
    about = manifest["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    shortcuts = manifest["features"]["shortcuts"]
    assert len(shortcuts) <= 10
    assert all(len(s["name"]) <= 24 and len(s["description"]) <= 150 for s in shortcuts)


def test_the_home_is_there_where_it_is_drawn(manifest: dict) -> None:
    home = manifest["features"]["app_home"]
    assert home["home_tab_enabled"] is True
    assert home["messages_tab_enabled"] is True  # the bot's direct messages stand there


@pytest.mark.parametrize("module", ["action_buttons", "images", "offers"])
def test_every_button_is_answered(module: str) -> None:
    buttons = importlib.import_module(f"bot.views.{module}").BUTTONS
    assert set(buttons) <= _decorated("action")


def _decorated(kind: str) -> set[str]:
    """The literal arguments of `@app.<kind>("…")` in the handlers."""
    found = set()
    for path in (ROOT / "handlers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == kind
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    return found
