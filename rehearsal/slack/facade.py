"""Slack as a test and the rehearsal see it: blocking, from any thread.

What people do (`command`, `click`, `submit_view`, …) is delivered to the bot; what they
then see (`messages`, `thread`, `ephemerals`, …) is a copy of what it was at that moment.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from aiohttp import web

from rehearsal.log import EventLog
from rehearsal.site import Site
from rehearsal.slack import payloads
from rehearsal.slack.acks import Ack, Acks
from rehearsal.slack.controls import Controls
from rehearsal.slack.delivery import Delivery
from rehearsal.slack.faults import SlackFaults
from rehearsal.slack.gestures import Gestures
from rehearsal.slack.manifest import Addresses, addresses
from rehearsal.slack.messages import Json, Message, View
from rehearsal.slack.payloads import Payload
from rehearsal.slack.rates import Limits, Rates
from rehearsal.slack.response_urls import ResponseUrls
from rehearsal.slack.snapshots import Sights
from rehearsal.slack.sockets import Sockets
from rehearsal.slack.transport import Answer, HttpTransport, SocketTransport
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.web_api import Tokens, WebApi
from rehearsal.slack.workspace import Workspace
from rehearsal.thread import LoopThread

T = TypeVar("T")

DELIVERY_SECONDS = 60.0
"""The longest a façade call that delivers waits; an ack itself has three seconds."""


class Slack(Sights, Controls):
    """One workspace with the bot installed."""

    def __init__(
        self,
        thread: LoopThread,
        log: EventLog,
        tokens: Tokens,
        signing_secret: str,
        seed: int = 1,
        limits: Limits | None = None,
        port: int = 0,
    ) -> None:
        self._thread, self._log, self._signing_secret = thread, log, signing_secret
        self.violation_log = ViolationLog(log)
        self.workspace = Workspace(seed)
        self.sockets = Sockets(log)
        self.rates = Rates(limits or Limits())
        self.api = WebApi(self.workspace, self.sockets, tokens, self.rates, self.violation_log, log)
        self.response_urls = ResponseUrls(self.workspace, self.violation_log, log, self.api.faults)
        self._gestures = Gestures(self.workspace, self.response_urls)
        acks = Acks(self.workspace, self.violation_log)
        self.delivery = Delivery(acks, self.api.faults, log)
        self.site = Site(self._route, port)
        self.command_name = "/image"
        self._http: HttpTransport | None = None

    # --- connecting the bot

    def connect_http(self, url: str, menus_url: str = "") -> None:
        """From now on payloads are signed POSTs to `url` (`…/slack/events`).

        Args:
            menus_url: the app's `message_menu_options_url`; without it external menus are empty.
        """
        self._thread.call(self._use_http, Addresses(url, url, url, menus_url))

    def install(self, manifest: Mapping[str, Any]) -> None:
        """From now on payloads go over HTTP to the addresses in the app's manifest."""
        self.command_name = manifest["features"]["slash_commands"][0]["command"]
        self._thread.call(self._use_http, addresses(manifest))

    def connect_socket(self, timeout: float = 10.0) -> None:
        """Wait until the bot has a socket open; from now on payloads go over sockets."""
        found = self._thread.run(self.sockets.wait_for_connection(timeout), timeout + 5)
        if not found:
            raise AssertionError(f"no socket after {timeout} s; recent events:\n{self._log.tail()}")
        self.delivery.transport = SocketTransport(self.sockets)

    def turn_on_token_rotation(self) -> str:
        """The bot token is another from now on, and ends; the new one."""
        return self._thread.call(self.api.rotate)

    def replace_bot_token(self) -> str:
        """The app is installed anew: the bot token is revoked, and this is the new one."""
        return self._thread.call(self.api.replace_bot_token)

    def token_elsewhere(self, team: str) -> str:
        """A bot token of another workspace."""
        return self._thread.call(self.api.token_elsewhere, team)

    def replace_signing_secret(self) -> str:
        """Slack signs with another secret from now on; the new one."""
        return self._thread.call(self._sign_anew)

    # --- what people do

    def command(self, user: str, channel: str, text: str, command: str | None = None) -> Ack:
        """`user` types `/image text` in `channel`; `text` is sent exactly as it is."""
        name = command or self.command_name
        return self._deliver(lambda: self._gestures.command(name, user, channel, text))

    def click(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        value: str | None = None,
        block_id: str | None = None,
        values: dict[str, dict[str, Any]] | None = None,
    ) -> Ack:
        """`user` presses the button `action_id` of a message or view.

        What counts is `where` as given: a copy taken before the buttons were taken away
        stands for a client that has not been told yet. `values` (block_id → action_id →
        value) is what the other fields hold by now.

        Raises:
            LookupError: there is no such button there, or several: give the `value`.
        """
        return self._deliver(
            lambda: self._gestures.act(user, where, action_id, value, block_id, None, values)
        )

    def select(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        chosen: Any,
        block_id: str | None = None,
        values: dict[str, dict[str, Any]] | None = None,
    ) -> Ack:
        """`user` chooses `chosen` (an option's value, a user or channel id) in a menu."""
        return self._deliver(
            lambda: self._gestures.act(user, where, action_id, None, block_id, chosen, values)
        )

    def submit_view(
        self,
        user: str,
        view: View,
        values: dict[str, dict[str, Any]] | None = None,
        change: Callable[[Json], object] = lambda view: None,
    ) -> Ack:
        """`user` submits a modal, with `values` as block_id → action_id → value.

        `change` makes something else of the payload's `view`, as Slack should never send it.

        Raises:
            ValueError: a required input is empty or a text too long: Slack's client holds
                it back.
            LookupError: no such block, element or option.
        """

        def changed() -> Payload:
            payload = copy.deepcopy(self._gestures.submit(user, view, values or {}))
            change(payload.data["view"])
            return payload

        return self._deliver(changed)

    def close_view(self, user: str, view: View) -> Ack | None:
        """`user` closes a modal; the bot hears of it where it asked to (`notify_on_close`)."""
        self._thread.call(self._forget, view)
        if not view.payload.get("notify_on_close"):
            return None
        return self._deliver(lambda: payloads.view_closed(self._gestures.user(user), view))

    def options(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        typed: str = "",
        block_id: str | None = None,
    ) -> Ack:
        """`user` types into an external menu; `Ack.options` is what the bot offers."""
        return self._deliver(
            lambda: self._gestures.suggest(user, where, action_id, typed, block_id)
        )

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Ack:
        """`user` writes `@image-bot text` in `channel` or in a thread of it."""
        return self._deliver(lambda: self._gestures.mention(user, channel, text, thread_ts))

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """`user` writes a message the bot hears nothing of."""
        return self._thread.call(
            lambda: self.workspace.post(channel, user, text, None, thread_ts, source="person")
        )

    def open_home(self, user: str) -> Ack:
        """`user` opens the App Home tab."""
        return self._deliver(lambda: self._gestures.open_home(user))

    def shortcut(self, user: str, callback_id: str, message: Message | None = None) -> Ack:
        """`user` takes a global shortcut, or a message shortcut on `message`."""
        return self._deliver(lambda: self._gestures.shortcut(user, callback_id, message))

    def verify_url(self, challenge: str = "sandbox-challenge") -> Ack:
        """What Slack sends when a request URL is entered; the bot must echo the challenge."""
        return self._deliver(lambda: payloads.url_verification(challenge))

    def event(
        self,
        event: Json,
        user: str = "U0ANN",
        channel: str | None = None,
        event_time: float | None = None,
    ) -> Ack:
        """Any Events API event; `event_time` (epoch seconds) of one that Slack brings late."""
        return self._deliver(lambda: payloads.event(event, user, channel, event_time))

    def again(self, ack: Ack) -> Ack:
        """Deliver the very payload that `ack` answered once more."""
        return self._run(self.delivery.send_again(ack.payload))

    def post_raw(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Send the bot anything at all over HTTP: forged, stale or broken requests."""
        if self._http is None:
            raise RuntimeError("say connect_http first")
        return self._run(self._http.post_raw(body, headers, self.delivery.ack_seconds))

    def sign(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """The headers Slack would sign `body` with, at the time `at`."""
        return HttpTransport(Addresses("", "", ""), self._signing_secret).signed(body, at)

    @property
    def faults(self) -> SlackFaults:
        """Planned misbehaviour of the Web API and of delivery."""
        return self.api.faults

    # --- inside

    async def open(self) -> None:
        await self.site.open()
        self.response_urls.base_url = self.sockets.base_url = self.site.url

    async def close(self) -> None:
        self.delivery.close()
        await self.sockets.close()
        if self._http is not None:
            await self._http.close()
        await self.site.close()

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/api/"):
            return await self.api.handle(request)
        if request.path.startswith("/response/"):
            return await self.response_urls.handle(request)
        if request.path == "/link/":
            return await self.sockets.handle(request)
        return web.Response(status=404, text="nothing here")

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._thread.run(coroutine, DELIVERY_SECONDS)

    def _deliver(self, build: Callable[[], Payload]) -> Ack:
        async def build_and_send() -> Ack:
            payload, workspace = build(), self.workspace
            shared = workspace.is_shared(payload.channel)
            payload = payloads.delivered_to(payload, workspace.enterprise_id, shared)
            return await self.delivery.send(payload)

        return self._run(build_and_send())

    def _sign_anew(self) -> str:
        self._signing_secret = hashlib.md5(self._signing_secret.encode()).hexdigest()  # noqa: S324 - of its shape
        self._log.hide(self._signing_secret)
        if self._http is not None:
            self._http.sign_with(self._signing_secret)
        return self._signing_secret

    def _use_http(self, to: Addresses) -> None:
        self._http = HttpTransport(to, self._signing_secret)
        self.delivery.transport = self._http

    def _forget(self, view: View) -> None:
        stack = self.workspace.modals.get(view.user, [])
        stack[:] = [each for each in stack if each.id != view.id]
