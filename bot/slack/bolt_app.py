"""Bolt as the bot uses it: one workspace, one token, and no ack that waits for the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.command_name import DEFAULT, in_its_name

Around = Callable[[Mapping[str, Any]], AbstractContextManager[None]]
"""Given a payload: what is held from before its first middleware until its listener has ended."""


class _App(App):
    """Bolt, with something around all that it does for a payload.

    A middleware cannot be that: Bolt's `next()` only notes that it was called, and the listener
    runs after the middleware has returned.
    """

    def __init__(self, around: Around, command: str, **options: Any) -> None:
        super().__init__(**options)
        self._around = around
        self._command = command

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer one payload; both transports come through here."""
        with self._around(req.body):
            answered = super().dispatch(req)
        if isinstance(answered.body, str):
            answered.body = str(in_its_name(answered.body, self._command))
        return answered


def bolt_app(
    bot_token: Callable[[], str],
    client: WebClient,
    around: Around,
    command: str = DEFAULT,
) -> App:
    """The app, without handlers.

    Args:
        bot_token: the one to use now.
        client: Bolt's own; the bot's messages go out by `bot.slack.web_api`.
        around: held while a payload is answered.
        command: the slash command's name.
    """
    return _App(
        around,
        command,
        name="image-bot",
        # Over HTTP the web server has checked the signature, against each secret that is taken;
        # Bolt knows one, and that for ever.
        signing_secret="",
        request_verification_enabled=False,
        client=client,
        authorize=_authorizer(bot_token),
        process_before_response=True,  # no 10 ms wait for the ack (docs/decisions)
        raise_error_for_unhandled_request=False,
    )


def _authorizer(bot_token: Callable[[], str]) -> Callable[..., AuthorizeResult]:
    """Bolt's own authorization would call Slack before an ack."""

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token())

    return authorize
