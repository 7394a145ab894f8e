"""The rehearsal page over HTTP: files, a live stream of what changes, and gestures."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from importlib import resources
from typing import Any

from aiohttp import web

from rehearsal.digitalocean.facade import DigitalOcean
from rehearsal.log import EventLog
from rehearsal.page_site.controls import Controls
from rehearsal.page_site.difference import Difference
from rehearsal.page_site.gestures import Gesture, Gestures
from rehearsal.page_site.guard import HEADERS, Guard
from rehearsal.page_site.shown import Shown
from rehearsal.site import HOST, Site, json_response
from rehearsal.slack.facade import Slack

LOOK_EVERY = 0.5
"""Seconds after which the page is brought up to date though nothing was logged."""
GATHER = 0.02
"""Seconds in which changes are gathered, to be sent together."""
KEEP_ALIVE = 15.0
BODY_BYTES = 256 * 1024
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_PLACE_OF_TOKEN = "{{token}}"  # noqa: S105 - where the page's token is put in


class PageSite:
    """Serves the page; opened, used and closed on the sandbox's thread."""

    def __init__(
        self,
        slack: Slack,
        digitalocean: DigitalOcean,
        log: EventLog,
        port: int = 0,
        host: str = HOST,
    ) -> None:
        self.about: dict[str, Any] = {"command": slack.command_name, "usage": "", "words": []}
        """What the page knows of the app: its command, its subcommands (`words`), its shortcuts;
        of a play that goes on (`play`); how many seconds were skipped (`skipped`)."""
        self.site = Site(self._answer, port, host)
        self._log = log
        self._token = secrets.token_urlsafe(24)
        self._guard = Guard(self._token, host)
        controls = Controls(digitalocean, slack.faults)
        self._shown = Shown(slack, controls, log, self.about)
        self._gestures = Gestures(slack, controls)
        self._files = _files()

    def offer(self, name: str, gesture: Gesture) -> None:
        """Let the page do one thing more: what it posts to `/api/{name}` is given to `gesture`."""
        self._gestures.by_name[name] = gesture

    @property
    def url(self) -> str:
        return self.site.url

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        token = request.query.get("token", "") if request.path == "/api/stream" else ""
        refused = self._guard.refusal(
            request.method, request.path, request.headers, self.site.port, token
        )
        if refused:
            return _no(403, refused)
        if request.path == "/api/stream":
            return await self._stream(request)
        if request.path.startswith("/api/event/"):
            return self._event(request.path.removeprefix("/api/event/"))
        if request.path.startswith("/api/"):
            return await self._gesture(request, request.path.removeprefix("/api/"))
        return self._file(request.path.strip("/") or "index.html")

    def _file(self, name: str) -> web.Response:
        if name not in self._files:
            return _no(404, "nothing here")
        body = self._files[name]
        if name == "index.html":
            body = body.replace(_PLACE_OF_TOKEN, self._token)
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(text=body, content_type=kind, charset="utf-8", headers=HEADERS)

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        """Server-sent events: all that the account sees at first, then each change."""
        user = request.query.get("user", "")
        try:
            self._shown.to(user)
        except LookupError as error:
            return _no(404, str(error))
        kind = {"Content-Type": "text/event-stream; charset=utf-8"}
        response = web.StreamResponse(headers={**HEADERS, **kind})
        await response.prepare(request)
        loop, wake = asyncio.get_running_loop(), asyncio.Event()
        stop = self._log.subscribe(lambda _entry: _wake(loop, wake))
        try:
            await self._follow(response, user, wake)
        except ConnectionError:
            pass  # the page was closed
        finally:
            stop()
        return response

    async def _follow(self, response: web.StreamResponse, user: str, wake: asyncio.Event) -> None:
        difference, quiet = Difference(), 0.0
        while True:
            change = difference.since_last(self._shown.to(user))
            quiet = 0.0 if change else quiet + LOOK_EVERY
            if change:
                await response.write(f"data: {json.dumps(change)}\n\n".encode())
            elif quiet > KEEP_ALIVE:
                quiet = 0.0
                await response.write(b": still here\n\n")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), LOOK_EVERY)
                await asyncio.sleep(GATHER)
            wake.clear()

    def _event(self, seq: str) -> web.Response:
        """One entry of the event log in full."""
        if not (seq.isascii() and seq.isdigit()):
            return _no(404, "nothing here")
        found = self._log.entries(after=int(seq) - 1)[:1]
        if not found or found[0].seq != int(seq):
            return _no(404, "this entry is not kept any more")
        return json_response({"detail": found[0].detail}, headers=HEADERS)

    async def _gesture(self, request: web.BaseRequest, name: str) -> web.Response:
        gesture = self._gestures.by_name.get(name)
        if gesture is None or request.method != "POST":
            return _no(404, "nothing here")
        try:
            given = json.loads(await _body(request))
            if not isinstance(given, dict):
                raise ValueError("a gesture is a JSON object")
            done = await asyncio.to_thread(gesture, given)
        except (LookupError, ValueError, TypeError) as error:
            missing = isinstance(error, KeyError)
            return _no(400, f"unknown or missing: {error}" if missing else str(error))
        except RuntimeError as error:
            return _no(503, str(error))
        return json_response(done, headers=HEADERS)


async def _body(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > BODY_BYTES:
        raise ValueError("that is too long")
    body = await request.content.read(BODY_BYTES + 1)
    while not request.content.at_eof() and len(body) <= BODY_BYTES:
        body += await request.content.read(BODY_BYTES + 1 - len(body))
    if len(body) > BODY_BYTES:
        raise ValueError("that is too long")
    return body


def _wake(loop: asyncio.AbstractEventLoop, wake: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the sandbox has stopped
        loop.call_soon_threadsafe(wake.set)


def _no(status: int, why: str) -> web.Response:
    return json_response({"refused": why}, status, HEADERS)


def _files() -> dict[str, str]:
    """The page's files by name, read once: nothing else can be asked for."""
    folder = resources.files("rehearsal") / "page"
    return {
        each.name: each.read_text("utf-8")
        for each in folder.iterdir()
        if each.name.rpartition(".")[2] in _TYPES
    }
