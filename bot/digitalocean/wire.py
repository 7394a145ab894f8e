"""One HTTP attempt at DigitalOcean: sessions that never retry or redirect, and hold the token."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase

from bot import __version__
from bot.credential import Credential
from bot.digitalocean.errors import Response
from bot.limited_http import Attempt, LimitedAdapter, send

USER_AGENT = f"image-bot/{__version__} (+self-hosted Slack bot; requests/{requests.__version__})"
MOST_BYTES = 16 * 1024 * 1024
"""The largest body that is read; a page of 200 actions has about 0.2 MB."""


class _Bearer(AuthBase):
    """The token. As the session's own `auth` it also keeps requests from asking netrc."""

    def __init__(self, token: Credential) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # Not even looked at: following would repeat a POST or carry the token elsewhere.
        return None


def session(token: Credential, *, from_environment: bool) -> requests.Session:
    """A session that holds the token, keeps no cookies, follows no redirect, retries nothing.

    Args:
        token: the API token; each request takes the one of its moment.
        from_environment: whether `HTTPS_PROXY`, `NO_PROXY` and `REQUESTS_CA_BUNDLE` count.
            `.netrc` never does.
    """
    made = _Session()
    made.trust_env = from_environment
    made.auth = _Bearer(token)
    made.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
    made.headers["Accept-Encoding"] = "gzip, deflate"
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.mount("https://", LimitedAdapter())
    made.mount("http://", LimitedAdapter())
    return made


def exchange(
    through: requests.Session,
    attempt: Attempt,
    method: str,
    url: str,
    *,
    connect_timeout: float,
    params: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send one request and read its whole reply; see `bot.limited_http.send`.

    Raises:
        FAILURES: no whole reply came; `attempt` says how far it got.
    """
    answer = send(
        through,
        attempt,
        method,
        url,
        connect_timeout=connect_timeout,
        most_bytes=MOST_BYTES,
        params=params,
        json=body,
        headers={**(headers or {}), **({"Connection": "close"} if attempt.fresh else {})},
    )
    return Response(answer.status, answer.reason, answer.headers, answer.content)
