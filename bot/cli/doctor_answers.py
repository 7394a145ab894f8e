"""`doctor`, what Slack answers to one token."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.config import Settings

SECONDS = 10
"""How long one answer may take."""


class Refused(Exception):
    """Slack's word for its no."""


class Answers:
    """What Slack says to one token.

    Raises, on each call: Refused; SlackClientError or OSError where Slack is out of reach.
    """

    def __init__(self, settings: Settings, token: SecretStr) -> None:
        self._client = WebClient(
            token=token.get_secret_value(),
            base_url=settings.slack_api_url,
            timeout=SECONDS,
            retry_handlers=[],
        )

    def __call__(self, method: str, **arguments: str) -> Any:
        try:
            return self._client.api_call(method, params=arguments)
        except SlackApiError as error:
            raise Refused(str(error.response.get("error", "something unreadable"))) from None
