"""A load balancer in front of several replicas: each request goes to the next of them."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_SECONDS = 10.0


class Proxy:
    """Round robin on loopback. `ports` may change at any time.

    A replica that refuses the connection is passed over. A request that may have arrived is not
    sent again, whatever became of it: 502, as a real one answers for a POST.
    """

    def __init__(self) -> None:
        self.ports: tuple[int, ...] = ()
        self._turns = itertools.count()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def in_turn(self) -> Iterator[int]:
        """All replicas, the one whose turn it is first."""
        ports, turn = self.ports, next(self._turns)
        return (ports[(turn + n) % len(ports)] for n in range(len(ports)))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        for port in self.proxy.in_turn():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
            try:
                connection.connect()
            except OSError:
                continue
            try:
                self._pass_on(connection, body)
            except (OSError, http.client.HTTPException):
                break
            finally:
                connection.close()
            return
        with suppress(OSError):  # whoever asked has given up
            self.send_error(502)

    def _pass_on(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        connection.request("POST", self.path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
