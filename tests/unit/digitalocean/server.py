"""A raw TCP server that can misbehave in every way a real one can.

A test gives it a `script`: what it does with each request. It listens on 127.0.0.1, keeps
connections alive, counts what arrives, and stops all its threads when left.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

TOKEN = "dop_v1_do-not-show-this"
LIMITS = {"ratelimit-limit": "5000", "ratelimit-remaining": "4999", "ratelimit-reset": "1700000000"}
SECONDS_AT_MOST = 20
"""No misbehaviour lasts longer than this."""
SOON = 4.0
"""Seconds: far more than a call limited to 0.7 s takes on a busy machine, far less than a drip."""


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Which connection it came on, counted from 1."""

    @property
    def path(self) -> str:
        return self.target.split("?")[0]


Script = Callable[[socket.socket, Request], None]


class Server:
    """Serve `scripts` in turn, one a request, the last one for ever; `with` starts and stops it."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.scripts = scripts
        self.tls = tls
        self.requests: list[Request] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._stopped = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        # A wake-up for accept(), which closing alone does not interrupt.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._listener.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join(30)

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def count(self, method: str) -> int:
        return sum(r.method == method for r in self.requests)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopped:
                connection.close()
                return
            self.connections += 1
            self._open.append(connection)
            talk = threading.Thread(
                target=self._talk, args=(connection, self.connections), daemon=True
            )
            talk.start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(SECONDS_AT_MOST)
        with contextlib.suppress(OSError, ValueError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection, connection.makefile("rb") as stream:
                while (request := _read(stream, number)) is not None:
                    with self._lock:
                        self.requests.append(request)
                        script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
                    script(connection, request)


def _read(stream: Any, number: int) -> Request | None:
    first = stream.readline().decode()
    if not first.strip():
        return None
    method, target, _ = first.split(" ", 2)
    headers = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body, number)


def head(status: str, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1")


def reply(status: str, value: Any = None, raw: bytes | None = None, **headers: str) -> Script:
    """A whole reply: `value` as JSON, or `raw`; underscores in header names become hyphens."""
    body = json.dumps(value).encode() if raw is None else raw
    named = {name.replace("_", "-"): text for name, text in headers.items()}

    def script(connection: socket.socket, _: Request) -> None:
        length = {"content-length": str(len(body)), "content-type": "application/json"}
        connection.sendall(head(status, {**length, **LIMITS, **named}) + body)

    return script


def raw(data: bytes) -> Script:
    """Bytes, then the end of the stream."""

    def script(connection: socket.socket, _: Request) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def reset(before: bytes = b"") -> Script:
    """Some bytes, then a reset instead of an end."""

    def script(connection: socket.socket, _: Request) -> None:
        connection.sendall(before)
        time.sleep(0.05)  # so that the bytes are read before the reset throws them away
        # Linger of 0 s: closing sends a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(connection.detach())

    return script


def silence(connection: socket.socket, _: Request) -> None:
    """Take the request and say nothing, until the other side has gone."""
    with contextlib.suppress(OSError):
        connection.recv(1)


def drip(at_once: bytes, slowly: bytes, pause: float = 0.1) -> Script:
    """Some bytes at once, the others one by one."""

    def script(connection: socket.socket, _: Request) -> None:
        connection.sendall(at_once)
        ends = time.monotonic() + SECONDS_AT_MOST
        for byte in slowly:
            if time.monotonic() > ends:
                return
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return script
