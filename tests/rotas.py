"""A web hook on loopback that says who is on call."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

TOKEN = "hook-t0ken-of-the-rotas"


class Rotas:
    """The hook.

    Attributes:
        said: what it answers.
        status: with which status.
        asked: how often it was asked with the right token.
    """

    def __init__(self, said: Any) -> None:
        self.said = said
        self.status = 200
        self.asked = 0
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"rotas": self})
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def settings(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self._server.server_address[1]}/on-call"
        return {"IMAGE_BOT_ON_CALL": url, "IMAGE_BOT_ON_CALL_TOKEN": TOKEN}


class _Handler(BaseHTTPRequestHandler):
    rotas: Rotas

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        self.rotas.asked += known
        said = self.rotas.said
        body = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(self.rotas.status if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests print what they need."""
