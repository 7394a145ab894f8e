"""The web server: `/slack/events`, `/healthz`, `/readyz`; waitress, a production WSGI server."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from waitress.server import create_server

log = logging.getLogger(__name__)

EVENTS = "/slack/events"
_THREADS = 16
_BODY_BYTES = 1_000_000
"""Slack's payloads are far smaller; a bigger body is refused before it is read whole."""

Environ = dict[str, Any]
Start = Callable[..., Any]
Report = Callable[[], Mapping[str, str]]
"""What is wrong now, by part; empty: ready."""


def site(bolt: App | None, not_ready: Report) -> Callable[[Environ, Start], Iterable[bytes]]:
    """The WSGI application.

    Args:
        bolt: takes Slack's signed requests; None where there is no signing secret to check
            them with (Socket Mode alone).
        not_ready: for `/readyz`.
    """
    slack = SlackRequestHandler(bolt, path=EVENTS) if bolt else None

    def respond(environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == EVENTS and slack is not None:
            return slack(environ, start)
        if path == "/healthz":
            return _json(start, HTTPStatus.OK, {"status": "ok"})
        if path == "/readyz":
            wrong = dict(not_ready())
            status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
            return _json(start, status, {"status": "not ready" if wrong else "ready", **wrong})
        return _json(start, HTTPStatus.NOT_FOUND, {"status": "not found"})

    return respond


def _json(start: Start, status: HTTPStatus, body: Mapping[str, str]) -> Iterable[bytes]:
    content = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    start(f"{status.value} {status.phrase}", headers)
    return [content]


class WebServer:
    """Serves the site in threads of its own until it is stopped."""

    def __init__(self, application: Any, host: str, port: int) -> None:
        self._server = create_server(
            application,
            host=host,
            port=port,
            threads=_THREADS,
            max_request_body_size=_BODY_BYTES,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)
        listening: Any = self._server  # one socket, or several where a name has several addresses
        self.port: int = (
            listening.effective_port
            if hasattr(listening, "effective_port")
            else listening.effective_listen[0][1]
        )

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Take no new connection; what is being answered is finished."""
        dispatcher: Any = self._server.task_dispatcher
        dispatcher.shutdown(cancel_pending=False, timeout=3)
        self._server.close()
