"""The slash command's own name, in everything that is said.

The bot's texts call it `/image`. An app may have it under another name (`/image-staging`), and a
setting says which. It is put in here, where everything leaves for Slack, so that no text has to be
handed the name.
"""

from __future__ import annotations

import re
from typing import Any

from slack_sdk import WebClient

from bot.slack.tls import verifying

DEFAULT = "/image"
_NAMED = re.compile(r"(?<![\w/.:-])/image(?![\w/-])")


def in_its_name(said: Any, command: str) -> Any:
    """The same texts, lists and mappings, with `/image` under its own name."""
    if command == DEFAULT:
        return said
    if isinstance(said, str):
        return _NAMED.sub(command, said)
    if isinstance(said, dict):
        return {key: in_its_name(value, command) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [in_its_name(value, command) for value in said]
    return said


class NamedCommandClient(WebClient):
    """Slack's Web API, told of the command under its own name; TLS by `bot.slack.tls`."""

    def __init__(self, command: str, **options: Any) -> None:
        super().__init__(**options)
        self._command = command

    def api_call(self, api_method: str, **arguments: Any) -> Any:
        """As `WebClient.api_call`."""
        if self.ssl is None and self.base_url.startswith("https:"):
            self.ssl = verifying()
        return super().api_call(
            api_method,
            **{
                name: in_its_name(value, self._command)
                if name in ("json", "params", "data")
                else value
                for name, value in arguments.items()
            },
        )
