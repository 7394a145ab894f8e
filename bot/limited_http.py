"""HTTP calls that end: each has one time limit for the whole of it, and a limit to its answer.

`requests` bounds the wait for each read, so a server that drips a byte a second holds a call
for ever, and one that never stops fills the memory. Here every read of a reply, headers and body
alike, may take what is left of the attempt's time and no more. The same connection class also knows
whether a connection was made at all, which is the only proof that a request cannot have arrived.
"""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MOST_BYTES = 1_000_000
"""The largest answer of anybody but DigitalOcean that is read."""
POOLED = 32
"""Idle connections kept: more threads than these connect anew."""
_CHUNK = 64 * 1024

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


class LimitedAdapter(HTTPAdapter):
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


@dataclass(frozen=True)
class Answer:
    """A whole answer; headers' names are in lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes


def send(
    through: requests.Session,
    attempt: Attempt,
    method: str,
    url: str,
    *,
    connect_timeout: float,
    most_bytes: int = MOST_BYTES,
    **given: Any,
) -> Answer:
    """Send one request and read its whole answer, within the time of `attempt`. No redirect.

    Where only the body of an error is broken, the answer comes back with what could be read:
    its status says enough.

    Args:
        through: its adapters are `LimitedAdapter`.
        most_bytes: how large the body may be, once it is unpacked.
        given: as `requests.Session.request` takes it.

    Raises:
        FAILURES: no whole answer came; `attempt` says how far it got.
    """
    mark = _attempt.set(attempt)
    try:
        left = attempt.left()
        with through.request(
            method,
            url,
            timeout=(min(connect_timeout, left), left),
            stream=True,
            allow_redirects=False,
            **given,
        ) as reply:
            attempt.status = reply.status_code
            attempt.headers = {name.lower(): value for name, value in reply.headers.items()}
            body = _body(reply, most_bytes)
            return Answer(reply.status_code, reply.reason or "", attempt.headers, body)
    finally:
        _attempt.reset(mark)


def ask(method: str, url: str, *, seconds: float, **given: Any) -> Answer:
    """One call on a connection of its own, of which nothing is kept.

    Args:
        seconds: the whole of it may take.
        given: as `requests.Session.request` takes it.

    Raises:
        FAILURES: no whole answer came in time.
    """
    with requests.Session() as through:
        through.mount("https://", LimitedAdapter())
        through.mount("http://", LimitedAdapter())
        ends = time.monotonic() + seconds
        return send(through, Attempt(ends), method, url, connect_timeout=seconds, **given)


def _body(reply: requests.Response, most_bytes: int) -> bytes:
    body = bytearray()
    try:
        for chunk in reply.iter_content(_CHUNK):
            body += chunk
            if len(body) > most_bytes:
                raise ValueError(f"the body is larger than {most_bytes} bytes")
    except FAILURES:
        if 200 <= reply.status_code < 300:
            raise
    return bytes(body)
