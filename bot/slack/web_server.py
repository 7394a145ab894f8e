"""The web server: `/slack/events`, `/healthz`, `/readyz`, `/metrics`, and the bot's own pages.

It is waitress, a production WSGI server.
"""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.request.internals import parse_body
from waitress import wasyncore
from waitress.server import create_server
from waitress.trigger import trigger

from bot.observability.metrics import CONTENT_TYPE, Metrics
from bot.slack.signatures import Signatures

log = logging.getLogger(__name__)

EVENTS = "/slack/events"
_THREADS = 16
_CONNECTIONS = 1000
_FINISH_SECONDS = 3.0
_LOOK_SECONDS = 0.2
"""The longest pause of the loop; a request wakes it at once, and so does `stop`."""
_BODY_BYTES = 1_000_000
"""Slack's payloads are far smaller; a bigger body is refused before it is read whole."""
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Report = Callable[[], Mapping[str, str]]
"""What is wrong now, by part; empty: ready."""


def site(
    bolt: App,
    signed: Signatures | None,
    is_known: Callable[[Any], bool],
    not_ready: Report,
    metrics: Metrics,
    noted: Report = dict,
    pages: Pages | None = None,
) -> Application:
    """The WSGI application.

    Args:
        bolt: takes Slack's signed requests.
        signed: what they are checked with; None (Socket Mode alone): none is taken.
        is_known: whether a payload has a shape that Bolt and the handlers can take.
        not_ready: for `/readyz`.
        metrics: for `/metrics`; told of each ack.
        noted: for `/readyz`: what an operator should fix, though the bot works.
        pages: those for people's browsers; None: there are none.
    """
    slack = SlackRequestHandler(bolt, path=EVENTS) if signed else None

    def respond(environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == EVENTS and slack is not None and signed is not None:
            began = time.perf_counter()
            refused = _refusal(environ, signed, is_known)
            if refused is not None:
                return _json(start, refused, {"status": refused.phrase.lower()})
            try:
                return slack(environ, start)
            finally:
                metrics.acked("http", time.perf_counter() - began)
        if pages is not None and pages.answers(path):
            return pages(environ, start)
        if path == "/metrics":
            return _answer(start, HTTPStatus.OK, metrics.page(), CONTENT_TYPE)
        if path == "/healthz":
            return _json(start, HTTPStatus.OK, {"status": "ok"})
        if path == "/readyz":
            wrong = dict(not_ready())
            status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
            said = {"status": "not ready" if wrong else "ready", **wrong, **noted()}
            return _json(start, status, said)
        return _json(start, HTTPStatus.NOT_FOUND, {"status": "not found"})

    return respond


def _refusal(
    environ: Environ, signed: Signatures, is_known: Callable[[Any], bool]
) -> HTTPStatus | None:
    """What is wrong with a request, before Bolt sees it; None: nothing.

    Bolt reads a body before it checks the signature, and raises on one that it cannot read or
    on a timestamp that is no number. So the signature is checked here first.
    """
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(raw)
    body = raw.decode("utf-8", "replace")
    timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
    signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
    if not _TIMESTAMP.fullmatch(timestamp) or not signed.is_valid(body, timestamp, signature):
        _log_refusal(signed, body, timestamp, signature, _sender(environ))
        return HTTPStatus.UNAUTHORIZED
    try:
        payload = parse_body(raw.decode(), environ.get("CONTENT_TYPE", "").split(";")[0] or None)
    except ValueError:
        payload = None
    if not isinstance(payload, dict) or not is_known(payload):
        log.warning("refused a signed request whose body is not a payload of Slack's")
        return HTTPStatus.BAD_REQUEST
    return None


def _log_refusal(
    signed: Signatures, body: str, timestamp: str, signature: str, sender: str
) -> None:
    """A wrong clock and a wrong secret are fixed in different places, so they are told apart."""
    known = _TIMESTAMP.fullmatch(timestamp)
    skew = signed.skew(body, timestamp, signature) if known else None
    if skew is not None:
        how = f"{abs(int(skew))} s {'behind' if skew > 0 else 'ahead of'} this machine's clock"
        log.warning(
            "refused a request from %s that is signed rightly, but %s: set this clock by NTP;"
            " if it is right, the request is an old one sent again",
            sender,
            how,
        )
    else:
        log.warning(
            "refused a request without a good signature, from %s: if it is Slack's,"
            " SLACK_SIGNING_SECRET is not the app's",
            sender,
        )


def _sender(environ: Environ) -> str:
    return str(environ.get("REMOTE_ADDR", "?"))


def _json(start: Start, status: HTTPStatus, body: Mapping[str, str]) -> Iterable[bytes]:
    return _answer(start, status, json.dumps(body).encode(), "application/json")


def _answer(start: Start, status: HTTPStatus, content: bytes, kind: str) -> Iterable[bytes]:
    headers = [("Content-Type", kind), ("Content-Length", str(len(content)))]
    start(f"{status.value} {status.phrase}", headers)
    return [content]


class Pages(Protocol):
    """The bot's own pages, where they are set up."""

    def answers(self, path: str) -> bool:
        """Whether a path is one of theirs."""

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]: ...


class WebServer:
    """Serves the site in threads of its own until it is stopped."""

    def __init__(self, application: Any, host: str, port: int) -> None:
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            application,
            map=self._sockets,
            host=host,
            port=port,
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            backlog=_CONNECTIONS,
            max_request_body_size=_BODY_BYTES,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        # One socket, or several where a name has several addresses.
        listening = [s for s in self._sockets.values() if s.accepting]
        self.port: int = listening[0].socket.getsockname()[1]
        self._trigger: Any = next(s for s in self._sockets.values() if isinstance(s, trigger))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Take no new connection; what is being answered is finished."""
        if self._thread.is_alive() and not self._stopping.is_set():
            # The loop itself says that it ends: until then the trigger is open.
            self._trigger.pull_trigger(self._stopping.set)
            self._thread.join(_FINISH_SECONDS + 1)

    def _serve(self) -> None:
        """Waitress's own loop, with an end that finishes what was begun."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=_LOOK_SECONDS, map=self._sockets, count=1)
        for listener in [s for s in self._sockets.values() if s.accepting]:
            listener.del_channel(self._sockets)
            listener.socket.close()
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=_FINISH_SECONDS)
        if any(channel.writable() for channel in self._sockets.values()):
            wasyncore.loop(timeout=0.05, map=self._sockets, count=2)  # the last answers leave
        wasyncore.close_all(self._sockets)
