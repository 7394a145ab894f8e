"""An HTTP server on loopback that can be closed and opened again on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

HOST = "127.0.0.1"
"""Loopback, unless a site is told otherwise: the stand-ins hold no secrets and check few."""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - only where `demo --host` asks for it


class Site:
    """Serves `handler` at `http://host:port`; port 0 takes a free one and keeps it."""

    def __init__(self, handler: Handler, port: int = 0, host: str = HOST) -> None:
        self._handler = handler
        self._host = host
        self.port = port
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        # Who listens everywhere is reached from here as well.
        return f"http://{HOST if self._host == EVERYWHERE else self._host}:{self.port}"

    @property
    def is_open(self) -> bool:
        return self._runner is not None

    async def open(self) -> None:
        if self._runner is not None:
            return
        listener = _listener(self._host, self.port)
        self.port = listener.getsockname()[1]
        runner = web.ServerRunner(web.Server(self._handler, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=1024).start()
        self._runner = runner

    async def close(self) -> None:
        """Refuse new connections and cut the open ones, those left hanging included."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.setblocking(False)
    return listener


async def hang(seconds: float | None = None) -> None:
    """Say nothing for `seconds`, or until the server is closed."""
    if seconds is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(seconds)


def reset_connection(request: web.BaseRequest) -> web.Response:
    """Cut the TCP connection with RST, not FIN; the response returned goes nowhere."""
    transport = request.transport
    if transport is not None:
        with contextlib.suppress(OSError):
            raw = transport.get_extra_info("socket")
            # Linger on with zero seconds: close() then sends RST (socket(7)).
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def half(request: web.BaseRequest, status: int, body: bytes) -> web.StreamResponse:
    """Send half of a body whose whole length was told, and cut the connection."""
    answer = web.StreamResponse(status=status, headers={"content-length": str(len(body))})
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    reset_connection(request)
    return answer


def json_response(
    body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    text = json.dumps(body)  # escaped, so that half a surrogate pair goes out as it may come in
    return web.Response(
        text=text, status=status, headers=headers, content_type="application/json", charset="utf-8"
    )
