"""`doctor`, what is outside: Slack and DigitalOcean, as our tokens see them.

Nothing is changed there. Whether the DigitalOcean token may POST is asked with an image action
of a type that does not exist: refused for its content by a token that may, for its scope by one
that may not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import scopes
from bot.config import Settings
from bot.console.findings import Finding, clock, ok, warning, wrong
from bot.digitalocean.errors import Response, request_id_of
from bot.digitalocean.wire import FAILURES, Attempt, exchange, session
from bot.errors import PolicyError
from bot.image_actions import DOCUMENTED_REGIONS, LiveRegion
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy

_SECONDS = 10
_REINSTALL = "Paste manifest.yml at api.slack.com/apps, and reinstall the app to the workspace."
_NEW_TOKEN = "Make a token with image:read, image:update, actions:read, regions:read alone."  # noqa: S105 - advice
_READS = {
    "image:read": "/v2/images?per_page=1&private=true",
    "actions:read": "/v2/actions?per_page=1",
    "regions:read": "/v2/regions?per_page=200",
}
_BEYOND = {
    "account:read": "/v2/account",
    "droplet:read": "/v2/droplets?per_page=1",
    "domain:read": "/v2/domains?per_page=1",
    "database:read": "/v2/databases",
    "ssh_key:read": "/v2/account/keys?per_page=1",
}
_PROBE = "/v2/images/1/actions"


def slack(settings: Settings) -> Iterator[Finding]:
    """The bot token, its scopes, and Slack's clock."""
    answer = _ask_slack(settings, settings.slack_bot_token, "auth.test")
    if isinstance(answer, str):
        mend = "Copy the Bot User OAuth Token anew; a revoked one needs a reinstall."
        if not answer.startswith("Slack said"):
            mend = "Check the network, and SLACK_API_URL."
        yield wrong("Slack token", answer, mend)
        return
    yield ok("Slack token", f"it is good, for {answer.data.get('team', 'a workspace')}")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    yield from _scopes(headers.get("x-oauth-scopes"))
    yield clock("clock and Slack", _skew(headers))


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


def slack_groups(settings: Settings) -> Iterator[Finding]:
    """Whether Slack knows the user groups that the policy names."""
    try:
        groups = _groups(PolicyFile(settings.policy_path).current)
    except PolicyError:
        return  # told by the check of the policy
    for group in sorted(groups):
        answer = _ask_slack(
            settings, settings.slack_bot_token, "usergroups.users.list", usergroup=group
        )
        if isinstance(answer, str):
            mend = "Put the id of a group that exists there: it begins with S."
            yield wrong("user groups", f"the policy names {group}: {answer}", mend)
        else:
            yield ok("user groups", f"{group} has {len(answer.data.get('users', []))} members")


def _groups(policy: Policy) -> set[str]:
    entries = [e for rule in policy.rule for e in (*rule.requesters, *rule.approvers, *rule.notify)]
    return {entry for entry in entries if entry.startswith("S")}


def socket_mode(settings: Settings) -> Iterator[Finding]:
    """Whether the app-level token opens Socket Mode connections."""
    if settings.slack_app_token is None:
        yield ok("Socket Mode", "not used: payloads come over HTTP")
        return
    answer = _ask_slack(settings, settings.slack_app_token, "apps.connections.open")
    if isinstance(answer, str):
        mend = "Make an App-Level Token with connections:write, and turn Socket Mode on."
        yield wrong("Socket Mode", answer, mend)
    else:
        yield ok("Socket Mode", "the app-level token opens connections")


def _ask_slack(settings: Settings, token: SecretStr, method: str, **arguments: str) -> Any:
    """The answer; a text: why there is none."""
    client = WebClient(
        token=token.get_secret_value(),
        base_url=settings.slack_api_url,
        timeout=_SECONDS,
        retry_handlers=[],
    )
    try:
        return client.api_call(method, params=arguments)
    except SlackApiError as error:
        return f"Slack said {error.response.get('error', 'something unreadable')}"
    except (SlackClientError, OSError) as error:
        return f"Slack cannot be reached ({getattr(error, 'reason', None) or error})"


def digitalocean(settings: Settings) -> Iterator[Finding]:
    """The token, what it can do and what beyond, DigitalOcean's clock, and the live regions."""
    first = _call(settings, "GET", _READS["regions:read"])
    if isinstance(first, str):
        yield wrong("DigitalOcean token", first, "Check the network, and DIGITALOCEAN_API_URL.")
        return
    if first.status_code == HTTPStatus.UNAUTHORIZED:
        mend = f"It is mistyped, expired or revoked. {_NEW_TOKEN}"
        yield wrong("DigitalOcean token", f"it is refused: 401{_id(first)}", mend)
        return
    yield ok("DigitalOcean token", "it is known")
    yield from _can(settings)
    yield from _can_beyond(settings)
    yield clock("clock and DigitalOcean", _skew(first.headers))
    if first.status_code == HTTPStatus.OK:
        yield from _regions(settings, first)


def _can(settings: Settings) -> Iterator[Finding]:
    answers = {scope: _call(settings, "GET", path) for scope, path in _READS.items()}
    body = {"type": "image-bot-doctor"}
    answers["image:update"] = _call(settings, "POST", _PROBE, body)
    for scope, answer in answers.items():
        refused = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
        good = refused if scope == "image:update" else (HTTPStatus.OK,)
        if not isinstance(answer, str) and answer.status_code in good:
            yield ok("DigitalOcean scopes", scope)
        elif not isinstance(answer, str) and answer.status_code == HTTPStatus.FORBIDDEN:
            said = f"{scope} is missing: {scopes.DIGITALOCEAN[scope]}{_id(answer)}"
            yield wrong("DigitalOcean scopes", said, _NEW_TOKEN)
        else:
            said = answer if isinstance(answer, str) else f"{answer.status_code}{_id(answer)}"
            yield warning(
                "DigitalOcean scopes", f"{scope} could not be tried: {said}", "Try again."
            )


def _can_beyond(settings: Settings) -> Iterator[Finding]:
    answers = {scope: _call(settings, "GET", path) for scope, path in _BEYOND.items()}
    more = [
        scope
        for scope, answer in answers.items()
        if not isinstance(answer, str) and answer.status_code == HTTPStatus.OK
    ]
    if more:
        said = f"the token can do more than is needed: {', '.join(more)}, perhaps all"
        yield warning("DigitalOcean scopes", said, _NEW_TOKEN)
    else:
        yield ok("DigitalOcean scopes", "none of those tried beyond what is needed")


def _regions(settings: Settings, answer: Response) -> Iterator[Finding]:
    try:
        listed = [LiveRegion.model_validate(region) for region in answer.json()["regions"]]
    except (ValueError, KeyError, TypeError):
        yield warning("regions", "the live list cannot be read", "Try again later.")
        return
    live = {region.slug for region in listed if region.takes_images}
    named = _regions_of_policy(settings)
    for slug in sorted(named - live):
        said = f"the policy names {slug}, which takes no images now"
        yield warning("regions", said, "Take it out of the policy, or wait until it does again.")
    newer = ", ".join(sorted(live - DOCUMENTED_REGIONS)) or "none"
    gone = ", ".join(sorted(DOCUMENTED_REGIONS - live)) or "none"
    yield ok("regions", f"{len(live)} take images; newer than the enum: {newer}; not now: {gone}")


def _regions_of_policy(settings: Settings) -> set[str]:
    try:
        rules = PolicyFile(settings.policy_path).current.rule
    except PolicyError:
        return set()
    return {slug for rule in rules for slug in rule.regions or () if "*" not in slug}


def _call(
    settings: Settings, method: str, path: str, body: Mapping[str, str] | None = None
) -> Response | str:
    """The answer, whatever its status; a text: why there is none."""
    endpoint = settings.digitalocean_api_url.rstrip("/")
    token = settings.digitalocean_token.get_secret_value()
    with session(token, from_environment=endpoint.startswith("https")) as through:
        attempt = Attempt(time.monotonic() + _SECONDS, fresh=True)
        try:
            return exchange(through, attempt, method, endpoint + path, connect_timeout=5, body=body)
        except FAILURES as error:
            return f"DigitalOcean cannot be reached ({type(error).__name__})"


def _id(answer: Response) -> str:
    known = request_id_of(answer.headers)
    return f" (request_id {known})" if known else ""


def _skew(headers: Mapping[str, str]) -> float | None:
    """Seconds that our clock is ahead of the answer's `date`; None: it holds none."""
    try:
        return time.time() - parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return None
