"""Socket Mode: the WebSocket side of Slack.

Source: Slack's "Using Socket Mode": up to ten connections an app, each payload goes to any
one of them, acks by `envelope_id`, `disconnect` with a reason. An envelope that was not
acked when its connection closed, or within the time to ack, is delivered once more.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from rehearsal.log import EventLog
from rehearsal.slack.messages import Json
from rehearsal.slack.people import APP_ID

CONNECTIONS = 10
FRAME_BYTES = 20_480
"""The longest frame that is taken from the app (revelrylabs/slax #614)."""
TICKET_SECONDS = 30.0
REMEMBERED_SECONDS = 60.0
"""How long an envelope nobody acked waits for a new connection."""


@dataclass(eq=False)
class Connection:
    """One WebSocket of the bot; a `silent` one is a zombie: open, and dead."""

    number: int
    request: web.BaseRequest
    ws: web.WebSocketResponse
    silent: bool = False
    leaving: bool = False
    opened_at: float = field(default_factory=time.time)

    @property
    def usable(self) -> bool:
        return not (self.silent or self.leaving or self.ws.closed)


@dataclass(eq=False)
class _Pending:
    envelope: Json
    acked: asyncio.Future[Any]
    sent_over: Connection | None = None
    since: float = field(default_factory=time.time)
    deliveries: int = 0


class Sockets:
    """The bot's connections and the envelopes under way; runs on the sandbox's thread."""

    def __init__(self, log: EventLog) -> None:
        self.base_url = ""
        self.connections: list[Connection] = []
        self.opened = 0
        self.refusing = ""
        """The reason with which every new connection is ended before its `hello`; or empty."""
        self._log = log
        self._tickets: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._turn = 0
        self._pending: dict[str, _Pending] = {}
        self._arrival = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def new_url(self) -> str:
        """A WebSocket address that can be opened once, within half a minute."""
        ticket = uuid.uuid4().hex
        self._tickets[ticket] = time.time() + TICKET_SECONDS
        return f"{self.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"

    @property
    def usable(self) -> list[Connection]:
        return [connection for connection in self.connections if connection.usable]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one WebSocket until either side closes it."""
        expires = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if time.time() > expires:
            return web.Response(status=401, text="invalid ticket")
        # Pings are answered by hand, so that a zombie can leave them unanswered.
        # A frame that is too long ends the connection with 1009; the payload is delivered again.
        ws = web.WebSocketResponse(autoping=False, max_msg_size=FRAME_BYTES + 1)
        await ws.prepare(request)
        refused = "too_many_websockets" if len(self.connections) >= CONNECTIONS else self.refusing
        if refused:
            self._log.note("socket", f"refused: {refused}")
            await self._send(ws, _disconnect(refused))
            await ws.close()
            return ws
        await self._serve(Connection(next(self._numbers), request, ws))
        return ws

    async def wait_for_connection(self, seconds: float) -> bool:
        """Whether there was a usable connection within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.usable:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._arrival.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrival.wait(), left)
        return True

    async def deliver(self, envelope: Json, seconds: float, twice: bool = False) -> Any:
        """Send an envelope over one connection and wait for its ack's payload.

        Raises:
            ConnectionError: no connection was open within `seconds`.
            TimeoutError: nobody acked within `seconds`.
        """
        pending = _Pending(envelope, asyncio.get_running_loop().create_future())
        deadline = time.monotonic() + seconds
        if not await self.wait_for_connection(seconds):
            raise ConnectionError("no socket is connected")
        self._pending[envelope["envelope_id"]] = pending
        await self._transmit(pending)
        if twice:
            await self._transmit(pending)
        try:
            left = max(0.01, deadline - time.monotonic())
            return await asyncio.wait_for(asyncio.shield(pending.acked), left)
        except TimeoutError:
            self._start(self._after_timeout(pending))
            raise

    async def disconnect(self, reason: str, close_after: float | None = None) -> None:
        """Tell every connection to go; `warning` leaves it ten seconds, the others none."""
        grace = close_after if close_after is not None else (10.0 if reason == "warning" else 0.0)
        for connection in list(self.connections):
            self._log.note("socket", f"#{connection.number} disconnect: {reason}")
            await self._send(connection.ws, _disconnect(reason))
            connection.leaving = reason != "warning"
            self._start(self._close_later(connection, grace))

    async def drop(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self.connections):
            connection.leaving = True
            if connection.request.transport is not None:
                connection.request.transport.abort()

    def silence(self) -> int:
        """Every open connection becomes a zombie: TCP stays open, nothing is said on it."""
        for connection in self.connections:
            connection.silent = True
        self._log.note("socket", f"{len(self.connections)} connections fall silent")
        return len(self.connections)

    async def ping(self) -> None:
        """Send a ping frame over every usable connection, as Slack does now and then."""
        for connection in self.usable:
            await connection.ws.ping(b"Ping from the sandbox")

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self.connections):
            with suppress(Exception):
                await asyncio.wait_for(connection.ws.close(), 0.2)

    # ---

    async def _serve(self, connection: Connection) -> None:
        self.connections.append(connection)
        self.opened += 1
        self._log.note("socket", f"#{connection.number} opened")
        hello = {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }
        try:
            await self._send(connection.ws, hello)
            self._arrival.set()
            self._start(self._redeliver())
            await self._listen(connection)
        finally:
            self.connections.remove(connection)
            self._log.note("socket", f"#{connection.number} closed")
            self._orphan(connection)

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.ws:
            if connection.silent:
                continue
            if message.type is WSMsgType.PING:
                await connection.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._take_ack(json.loads(message.data))

    def _take_ack(self, ack: Json) -> None:
        pending = self._pending.pop(ack.get("envelope_id", ""), None)
        if pending is not None and not pending.acked.done():
            pending.acked.set_result(ack.get("payload"))

    async def _transmit(self, pending: _Pending) -> None:
        usable = self.usable
        if not usable:
            pending.sent_over = None
            return
        self._turn += 1
        connection = usable[self._turn % len(usable)]
        pending.sent_over = connection
        pending.deliveries += 1
        await self._send(connection.ws, pending.envelope)

    async def _send(self, ws: web.WebSocketResponse, message: Json) -> None:
        with suppress(ConnectionError, RuntimeError):  # it closed under our hands
            await ws.send_str(json.dumps(message))

    def _orphan(self, connection: Connection) -> None:
        for pending in self._pending.values():
            if pending.sent_over is connection:
                pending.sent_over = None
        self._start(self._redeliver())

    async def _redeliver(self) -> None:
        """Send what no living connection holds over another one."""
        oldest = time.time() - REMEMBERED_SECONDS
        for envelope_id, pending in list(self._pending.items()):
            if pending.since < oldest:
                del self._pending[envelope_id]
            elif pending.sent_over is None or pending.sent_over.silent:
                await self._transmit(pending)

    async def _after_timeout(self, pending: _Pending) -> None:
        if pending.envelope["type"] == "events_api":
            # Events have a schedule of their own: delivery sends a new envelope.
            self._pending.pop(pending.envelope["envelope_id"], None)
        elif pending.deliveries == 1:
            await self._transmit(pending)

    async def _close_later(self, connection: Connection, seconds: float) -> None:
        await asyncio.sleep(seconds)
        connection.leaving = True
        with suppress(Exception):
            await connection.ws.close()

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
