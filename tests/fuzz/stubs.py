"""Slack and DigitalOcean in a few lines: they remember almost nothing, and fail now and then.

The sandbox keeps all that it saw, to judge it; beside it nobody could tell whether the bot's
own memory grows.
"""

from __future__ import annotations

import json
import random
import re
import socket
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_KEPT = 200
"""Image actions that the stub remembers."""


class Stub(ThreadingHTTPServer):
    """Both services on one port. `trouble`: how often something goes wrong, as a share."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, clock: Any, trouble: float = 0.0, seed: int = 1) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.clock, self.trouble = clock, trouble
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.actions: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self.count = 0
        self.posts = 0
        self.connections = 0
        """Open now: each is a thread here, and a socket at either end."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def number(self) -> int:
        with self.lock:
            self.count += 1
            return self.count

    def unlucky(self, factor: float = 1.0) -> bool:
        with self.lock:
            return self.random.random() < self.trouble * factor


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def finish(self) -> None:
        super().finish()
        with self.server.lock:
            self.server.connections -= 1

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path.startswith("/api/"):
            self._slack(self.path.removeprefix("/api/").split("?")[0])
        elif self.path.startswith("/response/"):
            self._say(200, {"ok": True})
        else:
            self._digitalocean(body)

    def _slack(self, method: str) -> None:
        if self.server.unlucky():
            self._say(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})
        elif self.server.unlucky(0.3):
            self._say(500, {"ok": False, "error": "internal_error"})
        else:
            ts = f"1800000000.{self.server.number():06}"
            answer = {"ok": True, "channel": "C0OPS", "ts": ts, "team_id": "T0SANDBOX"}
            self._say(200, {**answer, "users": [], "view": {"id": "V1"}, "messages": []})

    def _digitalocean(self, body: bytes) -> None:
        path = self.path.split("?")[0]
        posting = re.fullmatch(r"/v2/images/(\d+)/actions", path)
        if self.command == "POST" and posting:
            self._post(int(posting[1]), json.loads(body))
        elif self.server.unlucky():
            self._say(503, {"id": "service_unavailable", "message": "busy", "request_id": "r-1"})
        elif posting:
            image = int(posting[1])
            found = [a for a in self._actions() if a["resource_id"] == image]
            self._say(200, {"actions": found, "meta": {"total": len(found)}})
        elif path.startswith("/v2/images/") and not path.endswith("actions"):
            self._one(path)
        elif path == "/v2/actions":
            found = self._actions()
            self._say(200, {"actions": found[:200], "meta": {"total": len(found)}, "links": {}})
        elif path.startswith("/v2/actions/"):
            self._one(path)
        elif path == "/v2/regions":
            slugs = ["nyc1", "nyc3", "ams3", "fra1", "sfo3", "lon1", "sgp1", "tor1"]
            regions = [
                {"slug": s, "available": True, "features": ["image_transfer"]} for s in slugs
            ]
            self._say(200, {"regions": regions, "links": {}, "meta": {"total": len(regions)}})
        else:
            self._say(200, {"images": [], "links": {}, "meta": {"total": 0}})

    def _one(self, path: str) -> None:
        *_, number = path.split("/")
        if "/actions/" in path:
            for action in self._actions():
                if action["id"] == int(number):
                    return self._say(200, {"action": action})
            return self._say(404, {"id": "not_found", "message": "gone", "request_id": "r-2"})
        image = {
            "id": int(number),
            "name": f"web-{number}",
            "type": "snapshot",
            "regions": ["nyc1"],
        }
        return self._say(200, {"image": {**image, "status": "available", "size_gigabytes": 2.0}})

    def _actions(self) -> list[dict[str, Any]]:
        """Newest first; each is completed five minutes after it was taken."""
        now = self.server.clock()
        with self.server.lock:
            kept = list(self.server.actions.values())
        found = []
        for action in reversed(kept):
            done = now - action["at"] > 300
            shown = {k: v for k, v in action.items() if k != "at"}
            shown["status"] = "completed" if done else "in-progress"
            shown["completed_at"] = _iso(action["at"] + 300) if done else None
            found.append(shown)
        return found

    def _post(self, image: int, body: dict[str, Any]) -> None:
        server = self.server
        if server.unlucky():
            headers = {"retry-after": "2"}
            return self._say(429, {"id": "too_many_requests", "message": "slow"}, headers)
        if server.unlucky(0.2):
            return self._cut()  # and it never arrived
        at, number = server.clock(), 5_000_000 + server.number()
        action = {"id": number, "type": body["type"], "region_slug": body.get("region"), "at": at}
        action |= {"status": "in-progress", "started_at": _iso(at), "resource_id": image}
        with server.lock:
            server.posts += 1
            server.actions[number] = action
            while len(server.actions) > _KEPT:
                server.actions.popitem(last=False)
        if server.unlucky(0.5):
            return self._cut()  # and it did
        shown = {k: v for k, v in action.items() if k != "at"}
        return self._say(201, {"action": shown})

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-request-id", f"r-{self.server.number()}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


@contextmanager
def stub(clock: Any, trouble: float = 0.0) -> Iterator[Stub]:
    """Both services, until the end of the block."""
    server = Stub(clock, trouble)
    threading.Thread(target=server.serve_forever, name="stub", daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
