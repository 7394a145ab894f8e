"""One HTTP attempt: sessions that never retry or redirect, and a time limit on the socket itself.

`requests` bounds the wait for each read, so a server that drips a byte a second holds a call
for ever. Here every read of a reply, headers and body alike, may take what is left of the
attempt's time and no more. The same connection class also knows whether a connection was
made at all, which is the only proof that a request cannot have arrived.
"""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bot import __version__
from bot.credential import Credential
from bot.digitalocean.errors import Response

USER_AGENT = f"image-bot/{__version__} (+self-hosted Slack bot; requests/{requests.__version__})"
MOST_BYTES = 16 * 1024 * 1024
"""The largest body that is read; a page of 200 actions has about 0.2 MB."""
POOLED = 32
"""Idle connections kept: more threads than these connect anew."""
CHUNK = 64 * 1024

FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
"""All that an exchange raises: the libraries' own errors, and those of the socket and the codecs
that slip through them."""


@dataclass(slots=True)
class Attempt:
    """What is known of one HTTP attempt while it runs.

    Attributes:
        ends: when its time is over, on `time.monotonic()`.
        fresh: whether it must have a connection of its own.
        connected: whether a connection stood. Until then not a byte of the request can have
            left; from then on the request may have arrived.
        status: the HTTP status, once the headers have come.
        headers: the reply's headers, names in lower case.
    """

    ends: float
    fresh: bool = False
    connected: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError where there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time limit of the call is over")
        return left


# urllib3 offers no way to hand anything from a call to its connection; both run in one thread.
_attempt: ContextVar[Attempt] = ContextVar("attempt")


class _Limited(io.RawIOBase):
    """A socket's reading end, in which each read has what is left of the attempt."""

    def __init__(self, sock: Any, raw: io.RawIOBase, attempt: Attempt) -> None:
        super().__init__()
        self._sock, self._raw, self._attempt = sock, raw, attempt

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._attempt.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Reply(http.client.HTTPResponse):
    """A reply that is read through `_Limited`, from its status line on."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Limited(sock, self.fp.detach(), _attempt.get()))


class _Connection(HTTPConnection):
    response_class = _Reply

    @property
    def is_connected(self) -> bool:
        # What the pool asks before it reuses a connection; a no makes it connect anew.
        return super().is_connected and not _attempt.get().fresh

    def connect(self) -> None:
        super().connect()
        # Names resolve at the system's pace. If that took all the time, nothing may be sent:
        # whoever waits longer than the limit counts on it.
        _attempt.get().left()
        _attempt.get().connected = True

    def request(self, *args: Any, **kwargs: Any) -> None:
        if not self.is_closed:
            _attempt.get().connected = True
        super().request(*args, **kwargs)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """Pools of limited connections, through a proxy or not. Retries nothing."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=POOLED, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


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
    made.mount("https://", _Adapter())
    made.mount("http://", _Adapter())
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
    """Send one request and read its whole reply, within the time of `attempt`.

    Where only the body of an error is broken, the reply comes back with what could be read:
    its status says enough.

    Raises:
        FAILURES: no whole reply came; `attempt` says how far it got.
    """
    mark = _attempt.set(attempt)
    try:
        left = attempt.left()
        with through.request(
            method,
            url,
            params=params,
            json=body,
            headers={**(headers or {}), **({"Connection": "close"} if attempt.fresh else {})},
            timeout=(min(connect_timeout, left), left),
            stream=True,
            allow_redirects=False,
        ) as reply:
            attempt.status = reply.status_code
            attempt.headers = {name.lower(): value for name, value in reply.headers.items()}
            return Response(reply.status_code, reply.reason or "", attempt.headers, _body(reply))
    finally:
        _attempt.reset(mark)


def _body(reply: requests.Response) -> bytes:
    body = bytearray()
    try:
        for chunk in reply.iter_content(CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                raise ValueError(f"the body is larger than {MOST_BYTES} bytes")
    except FAILURES:
        if 200 <= reply.status_code < 300:
            raise
    return bytes(body)
