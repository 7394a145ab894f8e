"""`doctor`, DigitalOcean: the token, what it can do and what beyond, the clock, the regions.

Nothing is changed there. Whether the DigitalOcean token may POST is asked with an image action
of a type that does not exist: refused for its content by a token that may, for its scope by one
that may not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from bot.cli.doctor_scheduled import named_by_schedules
from bot.cli.findings import Finding, clock, ok, unreachable, warning, wrong
from bot.config import Settings
from bot.credential import Credential
from bot.digitalocean.errors import Response, request_id_of
from bot.digitalocean.wire import exchange, session
from bot.domain import scopes
from bot.domain.resources import DOCUMENTED_REGIONS, readable_regions
from bot.errors import PolicyError
from bot.limited_http import FAILURES, Attempt
from bot.operations.registry import OPERATIONS
from bot.policy.file import PolicyFile

SECONDS = 10
"""How long one answer may take."""
_ALWAYS = ("image:read", "image:update", "actions:read", "regions:read")
_NEW_TOKEN = f"Make a token with {', '.join(_ALWAYS)} alone."
_READS = {
    "image:read": "/v2/images?per_page=1&private=true",
    "actions:read": "/v2/actions?per_page=1",
    "regions:read": "/v2/regions?per_page=200",
}
_BEYOND = {
    "account:read": "/v2/account",
    "droplet:read": "/v2/droplets?per_page=1",
    "block_storage:read": "/v2/volumes?per_page=1",
    "domain:read": "/v2/domains?per_page=1",
    "database:read": "/v2/databases",
    "ssh_key:read": "/v2/account/keys?per_page=1",
}
_PROBES = {
    "image:update": "/v2/images/1/actions",
    "droplet:update": "/v2/droplets/1/actions",
}
"""What they are asked is no action that there is: nothing comes of it."""


def digitalocean(settings: Settings) -> Iterator[Finding]:
    """The token, what it can do and what beyond, DigitalOcean's clock, and the live regions."""
    try:
        yield from _at_digitalocean(settings)
    except FAILURES as error:  # the first that fails ends it: no doctor takes minutes
        url = settings.digitalocean_api_url
        yield unreachable("DigitalOcean token", "DigitalOcean", "DIGITALOCEAN_API_URL", url, error)


def _at_digitalocean(settings: Settings) -> Iterator[Finding]:
    first = _call(settings, "GET", _READS["regions:read"])
    if first.status_code == HTTPStatus.UNAUTHORIZED:
        fix = f"It is mistyped, expired or revoked. {_NEW_TOKEN}"
        yield wrong("DigitalOcean token", f"it is refused: 401{_id(first)}", fix)
        return
    if first.status_code == HTTPStatus.NOT_FOUND:
        said = f"its API is not at {settings.digitalocean_api_url}: 404{_id(first)}"
        fix = "Leave DIGITALOCEAN_API_URL out, or give it the address alone, without /v2."
        yield wrong("DigitalOcean token", said, fix)
        return
    yield ok("DigitalOcean token", "it is known")
    yield from _can(settings)
    yield from _can_beyond(settings)
    yield clock("clock and DigitalOcean", first.headers.get("date"))
    if first.status_code == HTTPStatus.OK:
        yield from _regions(settings, first)
    yield from named_by_schedules(settings)


def _can(settings: Settings) -> Iterator[Finding]:
    needed = {*_ALWAYS, *_named(settings)}
    probes = {scope: path for scope, path in _PROBES.items() if scope in needed}
    reads = _READS | {scope: path for scope, path in _BEYOND.items() if scope in needed}
    answers = {scope: _call(settings, "GET", path) for scope, path in reads.items()}
    body = {"type": "image-bot-doctor"}
    answers |= {scope: _call(settings, "POST", path, body) for scope, path in probes.items()}
    for scope, answer in answers.items():
        refused = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
        good = refused if scope in probes else (HTTPStatus.OK,)
        if answer.status_code in good:
            yield ok("DigitalOcean scopes", scope)
        elif answer.status_code == HTTPStatus.FORBIDDEN:
            said = f"{scope} is missing: {scopes.DIGITALOCEAN[scope]}{_id(answer)}"
            yield wrong("DigitalOcean scopes", said, _new_token(settings))
        else:
            said = f"{scope} could not be tried: {answer.status_code}{_id(answer)}"
            yield warning("DigitalOcean scopes", said, "Try again.")
    if untried := sorted(needed - answers.keys()):
        said = f"needed, and not tried, since that would change something: {', '.join(untried)}"
        yield ok("DigitalOcean scopes", said)


def _can_beyond(settings: Settings) -> Iterator[Finding]:
    needed = _named(settings)
    tried = {scope: path for scope, path in _BEYOND.items() if scope not in needed}
    answers = {scope: _call(settings, "GET", path) for scope, path in tried.items()}
    more = [scope for scope, answer in answers.items() if answer.status_code == HTTPStatus.OK]
    if more:
        said = f"the token can do more than is needed: {', '.join(more)}, perhaps all"
        yield warning("DigitalOcean scopes", said, _new_token(settings))
    else:
        yield ok("DigitalOcean scopes", "none of those tried beyond what is needed")


def _regions(settings: Settings, answer: Response) -> Iterator[Finding]:
    try:
        listed = list(readable_regions(answer.json()["regions"]))
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


def _new_token(settings: Settings) -> str:
    more = sorted(_named(settings) - set(_ALWAYS))
    return f"{_NEW_TOKEN} For what the policy names, add {', '.join(more)}." if more else _NEW_TOKEN


def _named(settings: Settings) -> set[str]:
    """The scopes of the operations that rules of the policy name."""
    try:
        rules = PolicyFile(settings.policy_path).current.rule
    except PolicyError:
        return set()
    return {s for rule in rules for name in rule.image_actions for s in OPERATIONS[name].scopes}


def _call(
    settings: Settings, method: str, path: str, body: Mapping[str, str] | None = None
) -> Response:
    """The answer, whatever its status. Raises FAILURES where there is none."""
    endpoint = settings.digitalocean_api_url.rstrip("/")
    token = settings.digitalocean_token.get_secret_value()
    with session(Credential(token), from_environment=endpoint.startswith("https")) as through:
        attempt = Attempt(time.monotonic() + SECONDS, fresh=True)
        return exchange(through, attempt, method, endpoint + path, connect_timeout=5, body=body)


def _id(answer: Response) -> str:
    known = request_id_of(answer.headers)
    return f" (request_id {known})" if known else ""
