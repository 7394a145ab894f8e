"""What an app's manifest says of where its payloads go.

Source: Slack's "App manifest reference" and its JSON schema. Over HTTP a `block_suggestion` goes to
`settings.interactivity.message_menu_options_url` and to nothing else, also where `request_url` is
given; in Socket Mode none of the addresses is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rehearsal.slack.messages import Json
from rehearsal.slack.payloads import Payload

_COMMENTED_ADDRESS = re.compile(r"# (\w*url): https://<your host>(?=/)")


@dataclass(frozen=True)
class Addresses:
    """Where each kind of payload goes over HTTP; empty: nowhere."""

    commands: Mapping[str, str] | str
    """By the command's name, or one for all of them."""
    events: str
    interactions: str
    menus: str = ""

    def of(self, payload: Payload) -> str:
        """Where this payload goes."""
        if payload.kind == "command":
            name = payload.data["command"]
            return self.commands if isinstance(self.commands, str) else self.commands.get(name, "")
        if payload.kind == "event":
            return self.events
        asks_for_options = payload.data.get("type") == "block_suggestion"
        return self.menus if asks_for_options else self.interactions


def addresses(manifest: Mapping[str, Any]) -> Addresses:
    """Those that a manifest gives."""
    settings = manifest["settings"]
    interactivity = settings.get("interactivity", {})
    is_on = interactivity.get("is_enabled", False)
    return Addresses(
        {each["command"]: each.get("url", "") for each in manifest["features"]["slash_commands"]},
        settings.get("event_subscriptions", {}).get("request_url", ""),
        interactivity.get("request_url", "") if is_on else "",
        interactivity.get("message_menu_options_url", "") if is_on else "",
    )


def over_http(text: str, base_url: str) -> Json:
    """The manifest after one has done what its first lines ask for HTTP.

    Args:
        text: the file, with Socket Mode on and each address behind a `# `.
        base_url: what stands for `https://<your host>`.
    """
    text = _COMMENTED_ADDRESS.sub(rf"\1: {base_url}", text)
    text = text.replace("socket_mode_enabled: true", "socket_mode_enabled: false")
    manifest: Json = yaml.safe_load(text)
    return manifest
