"""`doctor`, Slack: both tokens, the scopes, the clock, and whom the policy names.

Nothing is changed there. Where Slack is out of reach it is asked once and no more, so that the
doctor never takes long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr
from slack_sdk.errors import SlackClientError

from bot.cli.doctor_answers import Answers, Refused
from bot.cli.doctor_here import is_sendable
from bot.cli.doctor_named import named
from bot.cli.findings import NO_ROTATION, Finding, clock, ok, unreachable, warning, wrong
from bot.config import Settings
from bot.domain import scopes

_REINSTALL = "Paste manifest.yml at api.slack.com/apps, and reinstall the app to the workspace."


def slack(settings: Settings) -> Iterator[Finding]:
    """All of it."""
    try:
        ask = Answers(settings, settings.slack_bot_token)
        me = None
        try:
            me = ask("auth.test")
        except Refused as refused:
            fix = "Copy the Bot User OAuth Token anew; a revoked one needs a reinstall."
            if str(refused) == "token_expired":
                fix = NO_ROTATION
            yield wrong("Slack token", f"Slack said {refused}", fix)
        else:
            yield from _installed(me.data)
            yield from _scopes(_header(me, "x-oauth-scopes"))
            yield clock("clock and Slack", _header(me, "date"))
        yield from _socket_mode(settings, ask, me.data if me else {})
        if me:
            yield from named(settings, ask, me.data, _listed(_header(me, "x-oauth-scopes")))
    except (SlackClientError, OSError) as error:
        url = settings.slack_api_url
        yield unreachable("Slack token", "Slack", "SLACK_API_URL", url, error)


def _installed(me: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the app is installed as the bot can be: in one workspace, for good."""
    if me.get("is_enterprise_install"):
        said = (
            f"it is of the whole organisation {me.get('enterprise_id', '')}: the bot works in one"
        )
        fix = "Set org_deploy_enabled to false, and install the app in one workspace."
        yield wrong("Slack token", f"{said} workspace", fix)
    elif me.get("expires_in"):
        said = f"it ends in {int(me['expires_in']) // 60} minutes, and the bot renews none"
        yield wrong("Slack token", f"{said}: token rotation is on", NO_ROTATION)
    else:
        yield ok("Slack token", f"it is good, for {me.get('team', 'a workspace')}")


def _header(answer: Any, name: str) -> str | None:
    return {key.lower(): value for key, value in answer.headers.items()}.get(name)


def _listed(told: str | None) -> set[str]:
    return {scope.strip() for scope in (told or "").split(",") if scope.strip()}


def _scopes(told: str | None) -> Iterator[Finding]:
    if told is None:
        yield warning("Slack scopes", "Slack did not say which scopes the token has", _REINSTALL)
        return
    has = _listed(told)
    for scope in sorted(scopes.SLACK.keys() - has):
        yield wrong("Slack scopes", f"{scope} is missing: {scopes.SLACK[scope]}", _REINSTALL)
    if beyond := sorted(has - scopes.SLACK.keys()):
        yield warning("Slack scopes", f"the token can do more: {', '.join(beyond)}", _REINSTALL)
    if has == scopes.SLACK.keys():
        yield ok("Slack scopes", "those that are used, and no other")


def _socket_mode(settings: Settings, ask: Answers, me: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the app-level token opens connections, and is of the same app as the bot token."""
    token = settings.slack_app_token
    if token is None:
        yield ok("Socket Mode", "not used: payloads come over HTTP")
        return
    if not is_sendable(token):
        return  # told by the check of the settings
    try:
        Answers(settings, token)("apps.connections.open")
    except Refused as refused:
        fix = "Make an App-Level Token with connections:write, and turn Socket Mode on."
        yield wrong("Socket Mode", f"Slack said {refused}", fix)
        return
    of, own = _app_of(token), _own_app(ask, me)
    if of and own and of != own:
        # It opens connections all the same, on which nothing for this bot ever comes.
        said = f"the app-level token is of app {of}, the bot token of app {own}"
        yield wrong(
            "Socket Mode", said, "Take both from the page of one app at api.slack.com/apps."
        )
    else:
        yield ok("Socket Mode", "the app-level token opens connections")


def _app_of(token: SecretStr) -> str:
    """The app that an app-level token belongs to: it stands in it, xapp-1-A0123-…; else empty."""
    parts = token.get_secret_value().split("-")
    return parts[2] if len(parts) > 3 and parts[2].startswith("A") else ""


def _own_app(ask: Answers, me: Mapping[str, Any]) -> str:
    if not me.get("bot_id"):
        return ""
    try:
        return str(ask("bots.info", bot=str(me["bot_id"])).data["bot"].get("app_id", ""))
    except (Refused, KeyError, AttributeError):
        return ""
