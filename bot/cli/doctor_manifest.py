"""`doctor`, the manifest: whether it asks for what the code uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import yaml

import handlers
from bot.cli.findings import Finding, ok, warning, wrong
from bot.config import Settings
from bot.domain import scopes
from bot.slack.web_server import EVENTS

_OFF = {
    "org_deploy_enabled": "the bot works in one workspace, not in a whole organisation",
    "token_rotation_enabled": "its tokens end after 12 hours, and the bot renews none",
}
_TABS = {
    "home_tab_enabled": "people have no Home, where they see what waits for them",
    "messages_tab_enabled": "nobody can be sent a direct message",
}
MANIFEST = Path("manifest.yml")
_BOTS_ADDRESS = re.compile(r"https://[\w.:\[\]-]+" + EVENTS)


def manifest(settings: Settings, path: Path = MANIFEST) -> Iterator[Finding]:
    """Whether the manifest asks for what the code uses, and for no more."""
    restore = (
        f"Restore {path} from the repository, or write it with `python -m bot init`; then paste"
    )
    restore += " it at api.slack.com/apps."
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        differences = list(_differences(told, settings.command))
        socket = bool(told["settings"].get("socket_mode_enabled"))
        if not socket:
            differences += _lacking_addresses(told)
    except FileNotFoundError:
        yield warning("manifest", f"{path} is not here: it was not compared", restore)
        return
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        yield wrong("manifest", f"{path} cannot be read ({type(error).__name__})", restore)
        return
    for difference in differences:
        yield wrong("manifest", difference, restore)
    if socket != bool(settings.slack_app_token):
        yield warning(
            "manifest",
            f"socket_mode_enabled is {socket}, SLACK_APP_TOKEN is"
            f" {'set' if settings.slack_app_token else 'not set'}",
            "Make both say the same; the first lines of the manifest tell how.",
        )
    if not differences:
        yield ok("manifest", "it asks for what the code uses")


def _differences(told: Mapping[str, Any], command: str) -> Iterator[str]:
    heard = listened_to()
    features, settings = told["features"], told["settings"]
    pairs = (
        ("scopes", told["oauth_config"]["scopes"]["bot"], set(scopes.SLACK)),
        ("commands", [c["command"] for c in features["slash_commands"]], {command}),
        (
            "events",
            settings.get("event_subscriptions", {}).get("bot_events", []),
            heard.get("event", set()),
        ),
        (
            "shortcuts",
            [s["callback_id"] for s in features.get("shortcuts", [])],
            heard.get("shortcut", set()) | heard.get("global_shortcut", set()),
        ),
    )
    for what, in_manifest, in_code in pairs:
        for missing in sorted(in_code - set(in_manifest)):
            yield f"{what}: {missing} is missing"
        for idle in sorted(set(in_manifest) - in_code):
            yield f"{what}: {idle} is used by nothing"
    for switch, why in _OFF.items():
        if settings.get(switch):
            yield f"{switch} is on: {why}"
    for tab, why in _TABS.items():
        if not features.get("app_home", {}).get(tab):
            yield f"app_home.{tab} is off: {why}"
    if not settings.get("interactivity", {}).get("is_enabled"):
        yield "interactivity is off: no button would be answered"


def _lacking_addresses(told: Mapping[str, Any]) -> Iterator[str]:
    """What Slack sends over HTTP only to an address of its own."""
    settings = told["settings"]
    interactivity = settings.get("interactivity", {})
    events = settings.get("event_subscriptions", {})
    given = [
        *((f"url of {c['command']}", c.get("url")) for c in told["features"]["slash_commands"]),
        ("event_subscriptions.request_url", events.get("request_url")),
        ("interactivity.request_url", interactivity.get("request_url")),
        ("interactivity.message_menu_options_url", interactivity.get("message_menu_options_url")),
    ]
    for name, url in given:
        if not url:
            yield f"{name} is missing: over HTTP Slack sends nothing there"
        elif not _BOTS_ADDRESS.fullmatch(str(url)):
            yield f"{name} is {url}, and the bot answers at https://<your host>{EVENTS}"


class _Listener:
    """Stands where a Bolt app would, and notes what is listened to."""

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}

    def __getattr__(self, kind: str) -> Any:
        def note(*arguments: Any, **_: Any) -> Any:
            if arguments and isinstance(arguments[0], str):
                self.heard.setdefault(kind, set()).add(arguments[0])
            return lambda function: function

        return note


def listened_to() -> dict[str, set[str]]:
    """What the handlers listen to, by kind: `event`, `shortcut`, `action`, …"""
    listener: Any = _Listener()
    others: list[Any] = [None] * (len(signature(handlers.register).parameters) - 1)
    handlers.register(listener, *others)
    heard: dict[str, set[str]] = listener.heard
    return heard
