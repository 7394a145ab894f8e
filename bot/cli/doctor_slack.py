"""`doctor`, Slack: both tokens, the scopes, the clock, and whom the policy names.

Nothing is changed there. Where Slack is out of reach it is asked once and no more, so that the
doctor never takes long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.cli.findings import Finding, clock, ok, unreachable, warning, wrong
from bot.config import Settings
from bot.domain import scopes
from bot.errors import PolicyError
from bot.policy.fields import is_group
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy

SECONDS = 10
"""How long one answer may take."""
_REINSTALL = "Paste manifest.yml at api.slack.com/apps, and reinstall the app to the workspace."
_SLACKBOT = "USLACKBOT"


class _Refused(Exception):
    """Slack's word for its no."""


class _Answer:
    """What Slack says to one token.

    Raises, on each call: _Refused; SlackClientError or OSError where Slack is out of reach.
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
            raise _Refused(str(error.response.get("error", "something unreadable"))) from None


def slack(settings: Settings) -> Iterator[Finding]:
    """All of it."""
    try:
        ask = _Answer(settings, settings.slack_bot_token)
        me = None
        try:
            me = ask("auth.test")
        except _Refused as refused:
            fix = "Copy the Bot User OAuth Token anew; a revoked one needs a reinstall."
            yield wrong("Slack token", f"Slack said {refused}", fix)
        else:
            yield ok("Slack token", f"it is good, for {me.data.get('team', 'a workspace')}")
            headers = {name.lower(): value for name, value in me.headers.items()}
            yield from _scopes(headers.get("x-oauth-scopes"))
            yield clock("clock and Slack", headers.get("date"))
        yield from _socket_mode(settings, ask, me.data if me else {})
        if me:
            yield from _named(settings, ask, me.data)
    except (SlackClientError, OSError) as error:
        url = settings.slack_api_url
        yield unreachable("Slack token", "Slack", "SLACK_API_URL", url, error)


def _scopes(told: str | None) -> Iterator[Finding]:
    if told is None:
        yield warning("Slack scopes", "Slack did not say which scopes the token has", _REINSTALL)
        return
    has = {scope.strip() for scope in told.split(",") if scope.strip()}
    for scope in sorted(scopes.SLACK.keys() - has):
        yield wrong("Slack scopes", f"{scope} is missing: {scopes.SLACK[scope]}", _REINSTALL)
    if beyond := sorted(has - scopes.SLACK.keys()):
        yield warning("Slack scopes", f"the token can do more: {', '.join(beyond)}", _REINSTALL)
    if has == scopes.SLACK.keys():
        yield ok("Slack scopes", "those that are used, and no other")


def _socket_mode(settings: Settings, ask: _Answer, me: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the app-level token opens connections, and is of the same app as the bot token."""
    token = settings.slack_app_token
    if token is None:
        yield ok("Socket Mode", "not used: payloads come over HTTP")
        return
    try:
        _Answer(settings, token)("apps.connections.open")
    except _Refused as refused:
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


def _own_app(ask: _Answer, me: Mapping[str, Any]) -> str:
    if not me.get("bot_id"):
        return ""
    try:
        return str(ask("bots.info", bot=str(me["bot_id"])).data["bot"].get("app_id", ""))
    except (_Refused, KeyError, AttributeError):
        return ""


def _named(settings: Settings, ask: _Answer, me: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether Slack knows the groups and people that the policy names."""
    try:
        policy = PolicyFile(settings.policy_path).current
    except PolicyError:
        return  # told by the check of the policy
    names = sorted(_entries(policy))
    for group in (name for name in names if is_group(name)):
        yield from _group(ask, group)
    people = [name for name in names if name.startswith(("U", "W"))]
    if people:
        yield from _people(policy, people, ask, me)


def _entries(policy: Policy) -> set[str]:
    return {e for rule in policy.rule for e in (*rule.requesters, *rule.approvers, *rule.notify)}


def _group(ask: _Answer, group: str) -> Iterator[Finding]:
    try:
        found = ask("usergroups.users.list", usergroup=group)
    except _Refused as refused:
        if str(refused) != "missing_scope":  # told by the check of the scopes
            fix = "Put the id of a group that exists there: it begins with S."
            yield wrong("user groups", f"the policy names {group}: Slack said {refused}", fix)
        return
    members = len(found.data.get("users", []))
    if members:
        yield ok("user groups", f"{group} has {members} members")
    else:
        said = f"the policy names {group}, which has no members"
        yield warning("user groups", said, "Put people into it at Slack, or take it out.")


def _people(
    policy: Policy, people: list[str], ask: _Answer, me: Mapping[str, Any]
) -> Iterator[Finding]:
    away = {}
    for person in people:
        try:
            why = _why_away(ask("users.info", user=person).data.get("user") or {}, me)
        except _Refused as refused:
            if str(refused) not in ("user_not_found", "users_not_found"):
                if str(refused) != "missing_scope":
                    yield warning(
                        "people", f"{person} could not be looked up: {refused}", "Try again."
                    )
                return
            why = "is nobody in this workspace"
        if why:
            away[person] = why
    for person, why in away.items():
        fix = "Take that id out of the policy, or put the right one."
        yield warning("people", f"the policy names {person}, who {why}", fix)
    for rule in policy.rule:
        left = [entry for entry in rule.approvers if entry not in away]
        if away.keys() & set(rule.approvers) and _too_few(left, rule.approvals):
            said = f"rule “{rule.name}” asks for {rule.approvals}, and {len(left)} of them are left"
            yield wrong("people", said, "Name more approvers in it: nobody can pass it as it is.")
    if not away:
        yield ok("people", f"all {len(people)} that the policy names are in this workspace")


def _too_few(left: list[str], approvals: int) -> bool:
    return not any(is_group(entry) for entry in left) and len(left) < approvals


def _why_away(user: Mapping[str, Any], me: Mapping[str, Any]) -> str:
    if user.get("deleted"):
        return "has left: the account is deactivated"
    if user.get("is_bot") or user.get("id") == _SLACKBOT:
        return "is a bot: it can neither ask nor approve"
    org = (user.get("enterprise_user") or {}).get("enterprise_id")
    ours = me.get("enterprise_id") and org == me["enterprise_id"]
    if user.get("team_id") and me.get("team_id") and user["team_id"] != me["team_id"] and not ours:
        return "belongs to another workspace: the bot answers its own people alone"
    return ""
