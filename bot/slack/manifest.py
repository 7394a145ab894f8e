"""The Slack app's manifest for one installation, made from the one that comes with the code."""

from __future__ import annotations

import re

from bot.slack.command_name import DEFAULT
from bot.slack.web_server import EVENTS

_HEAD = re.compile(r"\A(?:#.*\n)+")
_ADDRESS = re.compile(r"# (\w*url): https://<your host>" + EVENTS)
_ON, _OFF = "socket_mode_enabled: true", "socket_mode_enabled: false"
_OVER_HTTP = """\
# The Slack app, whole: api.slack.com/apps → Create New App → From a manifest → paste this.
# Slack sends everything to {url}, over HTTP.
"""
_HOST = re.compile(r"https://(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d{1,5})?", re.IGNORECASE)


def public_address(typed: str) -> str:
    """`https://<host>` of what was typed, with or without a path of ours behind it.

    Raises:
        ValueError: Slack could not send there.
    """
    bare = typed.strip().removesuffix("/").removesuffix(EVENTS).removesuffix("/")
    if not _HOST.fullmatch(bare):
        raise ValueError("expected an address such as https://bot.example.com")
    return bare


def made_from(text: str, command: str = DEFAULT, address: str | None = None) -> str:
    """The manifest with a command of one's own, over HTTP where an address is given.

    Args:
        text: the one that comes with the code: Socket Mode, and each address behind a `# `.
        address: as `public_address` gives it; None: Socket Mode.
    """
    made = text.replace(f"- command: {DEFAULT}\n", f"- command: {command}\n")
    if address is None:
        return made
    url = address + EVENTS
    made = _ADDRESS.sub(rf"\1: {url}", _HEAD.sub("", made)).replace(_ON, _OFF)
    return _OVER_HTTP.format(url=url) + made
