"""`doctor`, the tokens at Slack: planted faults."""

from __future__ import annotations

from dataclasses import replace

from unit.cli.doctor.patient import (
    Patient,
    Planted,
    Warned,
)


def _token_of_another_app(patient: Patient) -> None:
    """Slack takes it: it opens connections, and nothing for this bot comes over them."""
    other = "xapp-1-A0OTHER-123-abc"
    tokens = patient.sandbox.slack.api._tokens
    patient.sandbox.slack.api._tokens = replace(tokens, app=other)
    patient.set(SLACK_APP_TOKEN=other)


PLANTED: dict[str, Planted] = {
    "Slack's token is revoked": (
        lambda p: p.sandbox.slack.faults.fail("auth.test", "token_revoked"),
        "Slack token",
        "token_revoked",
        "OAuth Token",
    ),
    "Slack's tokens are rotated": (
        lambda p: p.set(SLACK_BOT_TOKEN=p.sandbox.slack.turn_on_token_rotation()),
        "Slack token",
        "it ends in 7",
        "Make a new app",
    ),
    "a rotated token has ended": (
        lambda p: (
            p.set(SLACK_BOT_TOKEN=p.sandbox.slack.turn_on_token_rotation()),
            p.sandbox.slack.advance(12 * 3600),
        ),
        "Slack token",
        "token_expired",
        "Make a new app",
    ),
    "the app is installed for a whole organisation": (
        lambda p: p.sandbox.slack.install_org_wide("E0ORG"),
        "Slack token",
        "of the whole organisation E0ORG",
        "in one workspace",
    ),
    "Slack is out of reach": (
        lambda p: p.set(SLACK_API_URL="http://127.0.0.1:1/api/"),
        "Slack token",
        "cannot be reached: the connection is refused",
        "SLACK_API_URL is http://127.0.0.1:1/api/",
    ),
    "the name of Slack is not found": (
        lambda p: p.set(SLACK_API_URL="https://slack.invalid/api/"),
        "Slack token",
        "the name slack.invalid is not found",
        "DNS",
    ),
    "a Slack scope is missing": (
        lambda p: p.sandbox.slack.revoke("usergroups:read"),
        "Slack scopes",
        "usergroups:read is missing",
        "reinstall",
    ),
    "the app-level token is bad": (
        lambda p: p.set(SLACK_APP_TOKEN="xapp-nonsense"),
        "Socket Mode",
        "invalid_auth",
        "connections:write",
    ),
    "the app-level token is of another app": (
        _token_of_another_app,
        "Socket Mode",
        "is of app A0OTHER, the bot token of app A0IMAGEBOT",
        "one app",
    ),
}


WARNED: dict[str, Warned] = {
    "the Slack token can do more": (
        lambda p: p.sandbox.slack.grant("channels:history"),
        "Slack scopes",
        "channels:history",
    ),
}
