"""One Socket Mode connection, from its handshake to its end; it never reconnects by itself."""

from __future__ import annotations

import json
import logging
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

log = logging.getLogger(__name__)

HELLO_SECONDS = 10.0
"""How long Slack may take to say `hello` after the handshake."""
FINISH_SECONDS = 2.0
"""How long an end waits for acks that are being worked out."""

Handle = Callable[[SocketModeClient, SocketModeRequest], None]


class _Client(SocketModeClient):
    """slack_sdk's client without its reconnecting, which has no pause and tells no reason."""

    def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Called on Slack's `disconnect`: the watch opens another connection."""


class SocketConnection:
    """A connection that is open once Slack has said `hello`.

    Args:
        web_client: holds the app-level token.
        handle: answers one payload.
        changed: called when Slack ends the connection.
    """

    def __init__(
        self,
        web_client: WebClient,
        handle: Handle,
        changed: Callable[[], None],
        ping_seconds: float,
    ) -> None:
        self._web_client = web_client
        self._handle = handle
        self._changed = changed
        self._settled = threading.Event()
        self._said_hello = False
        self._idle = threading.Condition()
        self._busy = 0
        self._closing = False
        self.ended_because = ""
        """The reason of Slack's `disconnect`; empty: it has not sent one."""
        self.client = _Client(
            app_token=web_client.token or "",
            web_client=web_client,
            auto_reconnect_enabled=False,
            ping_interval=ping_seconds,
            on_message_listeners=[self._note],
            on_close_listeners=[lambda _code, _reason: self._settled.set()],
        )
        self.client.socket_mode_request_listeners.append(self._take)  # type: ignore[arg-type]

    def open(self) -> None:
        """Connect, and wait for `hello`.

        Raises:
            ConnectionError: Slack took the handshake and no more; it holds the reason.
            slack_sdk.errors.SlackApiError: `apps.connections.open` was refused.
        """
        answer = self._web_client.apps_connections_open(app_token=self._web_client.token or "")
        self.client.wss_uri = str(answer["url"])
        self.client.connect()
        self._settled.wait(HELLO_SECONDS)
        if not self._said_hello or self.ended_because:
            raise ConnectionError(f"Slack said {self.ended_because or 'no hello'}")

    def is_whole(self) -> bool:
        """Whether the socket is there, and the threads that read and pass on what comes."""
        client = self.client
        threads = client.current_session_runner, client.message_processor
        session = client.current_session
        sock = session.sock if session is not None else None
        alive = sock is not None and not _is_cut(sock) and all(t.is_alive() for t in threads)
        return alive and not self.ended_because

    def pong(self) -> tuple[Any, ...] | None:
        """The session and its last pong: another value for each pong; None without a session."""
        session = self.client.current_session
        return None if session is None else (session.session_id, session.last_ping_pong_time)

    def finish(self) -> None:
        """Take nothing new, and wait for the acks under way, at most `FINISH_SECONDS`."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: not self._busy, FINISH_SECONDS)

    def throw_away(self) -> None:
        """Close it for good, in the background: its client waits for threads of its own."""
        threading.Thread(target=self._close, name="socket-mode-old", daemon=True).start()

    def _close(self) -> None:
        try:
            self.finish()
            if (session := self.client.current_session) is not None:
                # Two threads of the client's close its socket; the later one complains.
                session.on_error_listener = None
            self.client.close()
        except Exception as error:  # noqa: BLE001 - it is thrown away, whatever state it is in
            log.debug("an old Socket Mode client did not close well: %s", error)

    def _note(self, message: str) -> None:
        """Watch for `hello` and `disconnect` in what Slack sends."""
        if '"hello"' not in message and '"disconnect"' not in message:
            return
        told = json.loads(message)
        kind = told.get("type")
        if kind == "hello":
            self._said_hello = True
        elif kind == "disconnect":
            self.ended_because = str(told.get("reason") or "disconnect")[:100]
            log.warning("Slack ends a Socket Mode connection: %s", self.ended_because)
        else:
            return
        self._settled.set()
        self._changed()

    def _take(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        with self._idle:
            if self._closing:
                return  # without an ack Slack delivers it again, over another connection
            self._busy += 1
        try:
            self._handle(client, request)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()


def _is_cut(sock: socket.socket) -> bool:
    """Whether the other side has closed the connection; slack_sdk takes half a minute to see it."""
    look = select.poll()
    try:
        look.register(sock, getattr(select, "POLLRDHUP", 0))  # POLLHUP and POLLERR always come
        return bool(look.poll(0))
    except (OSError, ValueError):
        return True  # closed on our side
