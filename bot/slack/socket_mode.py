"""Socket Mode: one WebSocket to Slack, watched, and rebuilt when it falls silent.

slack_sdk's client moves to a new connection when Slack says `disconnect`; that is left to it.
Its own watch misses a connection on which no pong has ever come (it begins with the first
one), a thread of its that died, and a reconnect that hangs (python-slack-sdk 1379, 1446, 1701).
So its reconnecting is off, and the watch here trusts none of its threads: when the connection
is gone or silent, a new client is built beside the old one, which is then thrown away.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

log = logging.getLogger(__name__)

PING_SECONDS = 5.0
"""How often a ping is sent; Slack answers each with a pong."""
SILENT_SECONDS = 20.0
"""A connection on which no pong came for so long is dead, whatever TCP says."""
_FINISH_SECONDS = 2.0
"""How long a stop waits for acks that are being worked out."""
_SLOWEST_RETRY = 30.0

Measure = Callable[[str, float], None]
"""Told (transport, seconds) of each ack."""


@dataclass(frozen=True)
class Health:
    """How the connection is now.

    Attributes:
        is_open: a pong came within `silent_seconds`.
        pong_age: seconds since the last pong; None while there has been no connection.
        built: how many clients were built since the start; more than one: rebuilt.
    """

    is_open: bool
    pong_age: float | None
    built: int


class SocketMode:
    """Keeps one Socket Mode connection alive until it is stopped.

    Args:
        bolt: answers the payloads.
        client: holds the app-level token (`xapp-…`) and Slack's address.
        measure: told of each ack.
        is_known: whether a payload has a shape that Bolt and the handlers can take.
        ping_seconds, silent_seconds: the pace of the watch; shorter in tests.
    """

    def __init__(
        self,
        bolt: App,
        client: WebClient,
        measure: Measure = lambda _transport, _seconds: None,
        is_known: Callable[[Any], bool] = lambda _payload: True,
        *,
        ping_seconds: float = PING_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._bolt = bolt
        self._client = client
        self._measure = measure
        self._is_known = is_known
        self._ping_seconds = ping_seconds
        self._silent_seconds = silent_seconds
        self._handler: _Handler | None = None
        self._built = 0
        self._pong: tuple[Any, ...] = ()
        self._pong_at: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="socket-mode", daemon=True)

    def start(self) -> None:
        """Connect in the background, as often as it takes."""
        self._thread.start()

    def health(self) -> Health:
        """How the connection is now; cheap."""
        is_open = self._is_alive()
        at = self._pong_at
        return Health(is_open, None if at is None else time.monotonic() - at, self._built)

    def stop(self) -> None:
        """Take nothing new, let acks under way leave, and close.

        What is not acked by then Slack delivers again, to another connection or the next.
        """
        self._stopping.set()
        handler, self._handler = self._handler, None
        if handler is not None:
            handler.finish(_FINISH_SECONDS)
            _throw_away(handler)

    def _watch(self) -> None:
        wait = 0.5
        while not self._stopping.is_set():
            if self._is_alive():
                wait = 0.5
                self._stopping.wait(min(1.0, self._ping_seconds / 2))
                continue
            try:
                self._rebuild()
            except Exception as error:  # noqa: BLE001 - logged; without a connection the bot is deaf
                log.error("Socket Mode cannot be opened (%s); again in %.1f s", error, wait)
                self._stopping.wait(wait)
                wait = min(wait * 2, _SLOWEST_RETRY)

    def _is_alive(self) -> bool:
        """Whether it is connected, its threads live, and a pong came lately."""
        self._note_pong()
        handler = self._handler
        if handler is None or self._pong_at is None or not handler.is_whole():
            return False
        return time.monotonic() - self._pong_at <= self._silent_seconds

    def _note_pong(self) -> None:
        """A pong is a change of the session's last one; our own clock says when it came."""
        handler = self._handler
        session = handler.client.current_session if handler else None
        if session is None:
            return
        seen = (session.session_id, session.last_ping_pong_time)
        if seen != self._pong:
            self._pong, self._pong_at = seen, time.monotonic()

    def _rebuild(self) -> None:
        """A new client beside the old one, which goes once the new one stands."""
        old, new = self._handler, self._new_handler()
        try:
            new.connect()  # type: ignore[no-untyped-call]  # Bolt's is not typed
            if not new.client.is_connected():
                raise ConnectionError("Slack did not take the WebSocket")
        except BaseException:
            _throw_away(new)
            raise
        if old is not None:
            log.warning("Socket Mode was cut or silent; a new connection stands")
            old.closing = True
            _throw_away(old)
        self._handler, self._built = new, self._built + 1
        self._pong, self._pong_at = (), time.monotonic()
        log.info("Socket Mode is open")
        if self._stopping.is_set():
            self.stop()

    def _new_handler(self) -> _Handler:
        return _Handler(
            self._bolt,
            self._client.token,
            web_client=self._client,
            auto_reconnect_enabled=False,
            ping_interval=self._ping_seconds,
        ).told(self._measure, self._is_known)


class _Handler(SocketModeHandler):
    """Bolt's handler, which can finish: it takes nothing new and waits for what it has."""

    closing = False
    _busy = 0

    def told(self, measure: Measure, is_known: Callable[[Any], bool]) -> _Handler:
        self._idle = threading.Condition()
        self._measure = measure
        self._is_known = is_known
        return self

    def is_whole(self) -> bool:
        """Whether the socket is there, and the threads that read and pass on what comes."""
        client = self.client
        threads = client.current_session_runner, client.message_processor
        session = client.current_session
        sock = session.sock if session is not None else None
        return sock is not None and not _is_cut(sock) and all(t.is_alive() for t in threads)

    def handle(self, client: Any, req: SocketModeRequest) -> None:
        with self._idle:
            if self.closing:
                return  # without an ack Slack delivers it again, over another connection
            self._busy += 1
        began = time.perf_counter()
        try:
            if self._is_known(req.payload):
                super().handle(client, req)
            else:
                log.warning("dropped a payload of a shape that Slack does not send")
                client.send_socket_mode_response(SocketModeResponse(req.envelope_id))
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()
            self._measure("socket", time.perf_counter() - began)

    def finish(self, seconds: float) -> None:
        with self._idle:
            self.closing = True
            self._idle.wait_for(lambda: not self._busy, seconds)


def _is_cut(sock: socket.socket) -> bool:
    """Whether the other side has closed the connection; slack_sdk takes half a minute to see it."""
    look = select.poll()
    try:
        look.register(sock, getattr(select, "POLLRDHUP", 0))  # POLLHUP and POLLERR always come
        return bool(look.poll(0))
    except (OSError, ValueError):
        return True  # closed on our side


def _throw_away(handler: _Handler) -> None:
    """Close a client for good; it waits for threads of its own, so nobody waits for it."""

    def close() -> None:
        try:
            if (session := handler.client.current_session) is not None:
                # Two threads of the client's close its socket; the later one complains.
                session.on_error_listener = None
            handler.close()  # type: ignore[no-untyped-call]  # Bolt's is not typed
            handler.client.disconnect()  # a `disconnect` of Slack's may have opened another
        except Exception as error:  # noqa: BLE001 - it is thrown away, whatever state it is in
            log.debug("an old Socket Mode client did not close well: %s", error)

    threading.Thread(target=close, name="socket-mode-old", daemon=True).start()
