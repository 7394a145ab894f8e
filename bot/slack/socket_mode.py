"""Socket Mode: one WebSocket to Slack, watched, and rebuilt when it ends or falls silent.

slack_sdk's own watch misses a connection on which no pong has ever come (it begins with the first
one), a thread of its that died, and a reconnect that hangs (python-slack-sdk 1379, 1446, 1701); its
reconnecting has no pause. So it is off, and the watch here is the only one who reconnects: when the
connection is gone, silent or told to go, a new one is opened beside it, then the old one is thrown
away. What fails, or does not last, is tried again with growing pauses.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.domain.backoff import backoff
from bot.slack.ack_size import fit
from bot.slack.errors import failure_of, retry_after
from bot.slack.socket_connection import SocketConnection
from bot.views.message import Message

log = logging.getLogger(__name__)

PING_SECONDS = 5.0
"""How often a ping is sent; Slack answers each with a pong."""
SILENT_SECONDS = 20.0
"""A connection on which no pong came for so long is dead, whatever TCP says."""
_STEADY_SECONDS = 10.0
"""A connection that lasted so long worked: the next one is opened at once."""
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0

Measure = Callable[[str, float], None]
"""Told (transport, seconds) of each ack."""
Overflow = Callable[[Mapping[str, Any], Message], None]
"""Told (payload, message): the answer to a payload that no ack had room for."""


@dataclass(frozen=True)
class Health:
    """How the connection is now.

    Attributes:
        is_open: a pong came within `silent_seconds`.
        pong_age: seconds since the last pong; None while there has been no connection.
        built: how many connections were opened since the start; more than one: rebuilt.
        problem: why the last try to open one failed; empty once one stands.
    """

    is_open: bool
    pong_age: float | None
    built: int
    problem: str = ""


def pause_after(failures: int) -> float:
    """Seconds before another try after so many in a row (1 or more)."""
    return backoff(failures - 1, _LONGEST_PAUSE, first=_FIRST_PAUSE, jitter=0.5)


class SocketMode:
    """Keeps one Socket Mode connection alive until it is stopped.

    Args:
        bolt: answers the payloads.
        client: holds the app-level token (`xapp-…`) and Slack's address.
        measure: told of each ack.
        is_known: whether a payload has a shape that Bolt and the handlers can take.
        overflow: given the answers that are too long for a frame.
        of_dropped: the ack of a payload that is not known; None: an empty one.
        ping_seconds, silent_seconds: the pace of the watch; shorter in tests.
    """

    def __init__(
        self,
        bolt: App,
        client: WebClient,
        measure: Measure = lambda _transport, _seconds: None,
        is_known: Callable[[Any], bool] = lambda _payload: True,
        overflow: Overflow = lambda _payload, _message: None,
        of_dropped: Callable[[Any], dict[str, Any] | None] = lambda _payload: None,
        *,
        ping_seconds: float = PING_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._bolt = bolt
        self._client = client
        self._measure = measure
        self._is_known = is_known
        self._overflow = overflow
        self._of_dropped = of_dropped
        self._ping_seconds = ping_seconds
        self._silent_seconds = silent_seconds
        self._connection: SocketConnection | None = None
        self._built = 0
        self._problem = ""
        self._asked_to_wait = 0.0
        self._pong: tuple[Any, ...] = ()
        self._pong_at: float | None = None
        self._opened_at = 0.0
        self._stopping = threading.Event()
        self._look = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="socket-mode", daemon=True)

    def start(self) -> None:
        """Connect in the background, as often as it takes."""
        self._thread.start()

    def health(self) -> Health:
        """How the connection is now; cheap."""
        is_open = self._is_alive()
        at = self._pong_at
        age = None if at is None else time.monotonic() - at
        return Health(is_open, age, self._built, self._problem)

    def stop(self) -> None:
        """Take nothing new, let acks under way leave, and close.

        What is not acked by then Slack delivers again, to another connection or the next.
        """
        self._stopping.set()
        self._look.set()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.finish()
            connection.throw_away()

    def _watch(self) -> None:
        failures = 0  # in a row
        while not self._stopping.is_set():
            if self._is_alive():
                if time.monotonic() - self._opened_at >= _STEADY_SECONDS:
                    failures = 0
                self._look.wait(min(1.0, self._ping_seconds / 2))
                self._look.clear()
                continue
            pause = max(pause_after(failures), self._asked_to_wait) if failures else 0.0
            if pause and self._stopping.wait(pause):
                return
            failures += 1
            self._asked_to_wait = 0.0
            try:
                self._rebuild()
            except Exception as error:  # noqa: BLE001 - logged; without a connection the bot is deaf
                self._problem = str(error)
                if isinstance(error, SlackApiError):
                    self._problem, self._asked_to_wait = _why(error)
                log.error("Socket Mode cannot be opened (try %d): %s", failures, self._problem)

    def _is_alive(self) -> bool:
        """Whether it is connected, its threads live, and a pong came lately."""
        self._note_pong()
        connection = self._connection
        if connection is None or self._pong_at is None or not connection.is_whole():
            return False
        return time.monotonic() - self._pong_at <= self._silent_seconds

    def _note_pong(self) -> None:
        """A pong is a change of the session's last one; our own clock says when it came."""
        seen = self._connection.pong() if self._connection else None
        if seen is not None and seen != self._pong:
            self._pong, self._pong_at = seen, time.monotonic()

    def _rebuild(self) -> None:
        """A new connection beside the old one, which goes once the new one stands."""
        old = self._connection
        new = SocketConnection(self._client, self._answer, self._look.set, self._ping_seconds)
        try:
            new.open()
        except BaseException:
            new.throw_away()
            raise
        if old is not None:
            log.warning("Socket Mode was ended, cut or silent; a new connection stands")
            old.throw_away()
        self._connection, self._built, self._problem = new, self._built + 1, ""
        self._pong, self._pong_at = (), time.monotonic()
        self._opened_at = time.monotonic()
        log.info("Socket Mode is open")
        if self._stopping.is_set():
            self.stop()

    def _answer(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        """Let Bolt answer one payload, and send as much as a frame holds."""
        began = time.perf_counter()
        try:
            if not self._is_known(request.payload):
                log.warning("dropped a payload of a shape that Slack does not send")
                ack = self._of_dropped(request.payload)
                client.send_socket_mode_response(SocketModeResponse(request.envelope_id, ack))
                return
            response = run_bolt_app(self._bolt, request)
            rest = _fit(response)
            send_response(client, request, response, time.time())
            if rest.text or rest.blocks:
                self._overflow(request.payload, rest)
        finally:
            self._measure("socket", time.perf_counter() - began)


def _why(error: SlackApiError) -> tuple[str, float]:
    """What Slack said, and the seconds that it asks to wait."""
    wait = retry_after(getattr(error.response, "headers", {}))
    return f"Slack said {failure_of(error).error}", wait or 0.0


def _fit(response: BoltResponse) -> Message:
    """Cut what Bolt answers to a frame; the message that has no room in it, or an empty one."""
    is_json = str(response.headers.get("content-type", [""])[0]).startswith("application/json")
    if not response.body:
        return Message("")
    fitted = fit(json.loads(response.body) if is_json else {"text": response.body})
    if fitted.rest:
        log.warning("an ack of %d characters goes by response_url", len(response.body))
    if is_json or fitted.rest:
        response.body = json.dumps(fitted.ack) if fitted.ack else ""
    return Message(str(fitted.rest.get("text") or ""), list(fitted.rest.get("blocks") or ()))
