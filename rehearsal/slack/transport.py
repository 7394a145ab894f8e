"""The two ways a payload reaches the bot: signed HTTP and Socket Mode."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import aiohttp

from rehearsal.slack.manifest import Addresses
from rehearsal.slack.payloads import Payload
from rehearsal.slack.sockets import Sockets


@dataclass(frozen=True)
class Answer:
    """What came back; `failure` is None, `http_timeout`, `http_error` or `connection_failed`.

    Where the app gave no address for a payload it is `no_address`: nothing was sent.
    `body` is text, or what JSON stood for; `status` is 0 where nothing came back.
    """

    status: int
    body: Any
    failure: str | None = None
    no_retry: bool = False
    sent: dict[str, str] = field(default_factory=dict)
    """The headers that went with the payload, over HTTP."""


class Transport(Protocol):
    """Sends one payload and waits at most `seconds` for the ack."""

    async def send(
        self, payload: Payload, seconds: float, retry: int, reason: str, twice: bool
    ) -> list[Answer]: ...


class HttpTransport:
    """Signed POSTs to the addresses of the app (Slack's "Verifying requests": `v0` HMAC)."""

    def __init__(self, addresses: Addresses, signing_secret: str) -> None:
        self._addresses = addresses
        self._secret = signing_secret.encode()
        self._session: aiohttp.ClientSession | None = None

    def sign_with(self, signing_secret: str) -> None:
        """From now on it is signed with this one."""
        self._secret = signing_secret.encode()

    async def send(
        self, payload: Payload, seconds: float, retry: int, reason: str, twice: bool
    ) -> list[Answer]:
        url = self._addresses.of(payload)
        if not url:
            return [Answer(0, "", "no_address", no_retry=True)]
        body, content_type = payload.http_body()
        headers = self.signed(body) | {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        headers |= _retry_headers(retry, reason)
        answers = [replace(await self._post(url, body, headers, seconds), sent=headers)]
        if twice:
            again = _retry_headers(1, "http_timeout") if payload.kind == "event" else {}
            answers.append(await self._post(url, body, headers | again, seconds))
        return answers

    def signed(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """The two headers that prove a request comes from Slack."""
        timestamp = str(int(time.time() if at is None else at))
        base = b"v0:" + timestamp.encode() + b":" + body
        signature = "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}

    async def post_raw(self, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
        """Send any body with any headers: forged, stale or broken requests."""
        return await self._post(self._addresses.events, body, headers, seconds)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, url: str, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
        session = self._open_session()
        limit = aiohttp.ClientTimeout(total=seconds)
        try:
            async with session.post(
                url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                text = await response.text()
                return _answer(response, text)
        except TimeoutError:
            return Answer(0, "", "http_timeout")
        except (aiohttp.ClientError, OSError):
            return Answer(0, "", "connection_failed")

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Many payloads are under way at once, as they are at Slack.
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False)
        return self._session


class SocketTransport:
    """Envelopes over whichever WebSocket is open."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    async def send(
        self, payload: Payload, seconds: float, retry: int, reason: str, twice: bool
    ) -> list[Answer]:
        try:
            body = await self._sockets.deliver(payload.envelope(retry, reason), seconds, twice)
        except TimeoutError:
            return [Answer(0, "", "http_timeout")]
        except ConnectionError:
            return [Answer(0, "", "connection_failed")]
        return [Answer(200, "" if body is None else body)]


def _retry_headers(retry: int, reason: str) -> dict[str, str]:
    if not retry:
        return {}
    return {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}


def _answer(response: aiohttp.ClientResponse, text: str) -> Answer:
    body: Any = text
    if response.content_type == "application/json" and text:
        try:
            body = json.loads(text)
        except ValueError:
            return Answer(response.status, text, "http_error")
    failure = None if 200 <= response.status < 300 else "http_error"
    no_retry = response.headers.get("X-Slack-No-Retry") == "1"
    return Answer(response.status, body, failure, no_retry)
