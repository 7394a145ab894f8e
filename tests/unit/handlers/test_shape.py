"""Payloads are dropped that Slack would not send, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cli.doctor_manifest import listened_to
from handlers.payload_schema import ACTIONS, is_known

CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U0ANN", "username": "ann", "team_id": "T0"},
    "api_app_id": "A0",
    "token": "x",
    "container": {
        "type": "message",
        "message_ts": "1.2",
        "channel_id": "C0",
        "is_ephemeral": False,
    },
    "trigger_id": "1.2.3",
    "team": {"id": "T0", "domain": "x"},
    "enterprise": None,
    "is_enterprise_install": False,
    "channel": {"id": "C0", "name": "ops"},
    "message": {"type": "message", "ts": "1.2", "blocks": [{"type": "section"}]},
    "state": {"values": {}},
    "response_url": "https://hooks.slack.com/actions/T0/1/x",
    "actions": [
        {
            "action_id": "approve",
            "block_id": "b",
            "text": {"type": "plain_text", "text": "Approve", "emoji": True},
            "value": "17",
            "style": "primary",
            "type": "button",
            "action_ts": "1.2",
        }
    ],
}
"""As docs.slack.dev shows one."""


def clicked(**changed: Any) -> dict[str, Any]:
    return {**CLICK, **changed}


def test_every_button_that_is_listened_to_is_looked_at() -> None:
    assert listened_to()["action"] == ACTIONS


def test_what_slack_sends_is_taken() -> None:
    assert is_known(CLICK)
    assert is_known(clicked(view=None))  # no document says that it cannot be
    assert is_known({"type": "url_verification", "challenge": "c", "token": "x"})
    assert is_known({"ssl_check": "1", "token": "x"})
    assert is_known(
        {"command": "/image", "text": "", "user_id": "U0ANN", "channel_id": "C0", "token": "x"}
    )
    home = {"type": "app_home_opened", "user": "U0ANN", "channel": "D0", "tab": "home"}
    event = {"type": "event_callback", "event_id": "Ev0", "event": home, "event_time": 7}
    assert is_known({**event, "authorizations": [{"user_id": "U0BOT", "is_bot": True}]})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        {"type": "message"},
        {**CLICK, "actions": []},
        {**CLICK, "actions": [{**CLICK["actions"][0], "value": "17; DROP TABLE vote"}]},
        {**CLICK, "actions": [{**CLICK["actions"][0], "value": "9" * 30}]},
        {**CLICK, "user": {"id": ""}},
        {**CLICK, "user": {"id": "U0\ud800"}},
        {**CLICK, "trigger_id": "\x00"},
        {"command": "/image", "user_id": "U0ANN"},
        {"type": "event_callback", "event_id": "E", "event": {"type": "app_mention", "text": "x"}},
    ],
)
def test_what_slack_would_not_send_is_dropped(body: Any) -> None:
    assert not is_known(body)
