"""Slack as a test and the rehearsal see it: blocking, from any thread.

What people do (`command`, `click`, `submit_view`, …) is delivered to the bot; what they
then see (`messages`, `thread`, `ephemerals`, …) is a copy of what it was at that moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox.log import EventLog
from bot.sandbox.site import Site
from bot.sandbox.slack import forms, payloads
from bot.sandbox.slack.acks import Ack, Acks
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.faults import SlackFaults
from bot.sandbox.slack.judge import Judge, Violation
from bot.sandbox.slack.messages import Json, Message, View
from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.people import BOT_USER, Channel, User, UserGroup
from bot.sandbox.slack.rates import Limits, Rates
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.transport import Answer, HttpTransport, SocketTransport
from bot.sandbox.slack.web_api import Call, Tokens, WebApi
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.thread import LoopThread

T = TypeVar("T")

DELIVERY_SECONDS = 60.0
"""The longest a façade call that delivers waits; an ack itself has three seconds."""


class Slack:
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
        self.judge = Judge(log)
        self.workspace = Workspace(seed)
        self.sockets = Sockets(log)
        self.rates = Rates(limits or Limits())
        self.api = WebApi(self.workspace, self.sockets, tokens, self.rates, self.judge, log)
        self.response_urls = ResponseUrls(self.workspace, self.judge, log)
        acks = Acks(self.workspace, self.judge)
        self.delivery = Delivery(acks, self.api.faults, log)
        self.site = Site(self._route, port)
        self.command_name = "/image"
        self._http: HttpTransport | None = None

    # --- connecting the bot

    def connect_http(self, url: str) -> None:
        """From now on payloads are signed POSTs to `url` (`…/slack/events`)."""
        self._thread.call(self._use_http, url)

    def connect_socket(self, timeout: float = 10.0) -> None:
        """Wait until the bot has a socket open; from now on payloads go over sockets."""
        found = self._thread.run(self.sockets.wait_for_connection(timeout), timeout + 5)
        if not found:
            raise AssertionError(f"no socket after {timeout} s; recent events:\n{self._log.tail()}")
        self.delivery.transport = SocketTransport(self.sockets)

    # --- what people do

    def command(self, user: str, channel: str, text: str, command: str | None = None) -> Ack:
        """`user` types `/image text` in `channel`; `text` is sent exactly as it is."""
        name = command or self.command_name
        return self._deliver(lambda: self._command(name, user, channel, text))

    def click(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        value: str | None = None,
        block_id: str | None = None,
    ) -> Ack:
        """`user` presses the button `action_id` of a message or view.

        What counts is `where` as given: a copy taken before the buttons were taken away
        stands for a client that has not been told yet.

        Raises:
            LookupError: there is no such button there, or several: give the `value`.
        """
        return self._deliver(lambda: self._act(user, where, action_id, value, block_id, None))

    def select(self, user: str, where: Message | View, action_id: str, chosen: Any) -> Ack:
        """`user` chooses `chosen` (an option's value, a user or channel id) in a menu."""
        return self._deliver(lambda: self._act(user, where, action_id, None, None, chosen))

    def submit_view(
        self, user: str, view: View, values: dict[str, dict[str, Any]] | None = None
    ) -> Ack:
        """`user` submits a modal, with `values` as block_id → action_id → value.

        Raises:
            ValueError: a required input is empty or a text too long: Slack's client holds
                it back.
            LookupError: no such block, element or option.
        """
        return self._deliver(lambda: self._submit(user, view, values or {}))

    def close_view(self, user: str, view: View) -> Ack | None:
        """`user` closes a modal; the bot hears of it where it asked to (`notify_on_close`)."""
        self._thread.call(self._forget, view)
        if not view.payload.get("notify_on_close"):
            return None
        return self._deliver(lambda: payloads.view_closed(self._user(user), view))

    def options(
        self, user: str, where: Message | View, action_id: str, typed: str = ""
    ) -> Ack:
        """`user` types into an external menu; `Ack.options` is what the bot offers."""
        return self._deliver(lambda: self._suggest(user, where, action_id, typed))

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Ack:
        """`user` writes `@image-bot text` in `channel` or in a thread of it."""
        return self._deliver(lambda: self._mention(user, channel, text, thread_ts))

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """`user` writes a message the bot hears nothing of."""
        return self._thread.call(
            lambda: self.workspace.post(channel, user, text, None, thread_ts, source="person")
        )

    def open_home(self, user: str) -> Ack:
        """`user` opens the App Home tab."""
        return self._deliver(lambda: self._open_home(user))

    def shortcut(self, user: str, callback_id: str, message: Message | None = None) -> Ack:
        """`user` takes a global shortcut, or a message shortcut on `message`."""
        return self._deliver(lambda: self._shortcut(user, callback_id, message))

    def verify_url(self, challenge: str = "sandbox-challenge") -> Ack:
        """What Slack sends when a request URL is entered; the bot must echo the challenge."""
        return self._deliver(lambda: payloads.url_verification(challenge))

    def event(self, event: Json, user: str = "U0ANN", channel: str | None = None) -> Ack:
        """Any Events API event."""
        return self._deliver(lambda: payloads.event(event, user, channel))

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
        return HttpTransport("", self._signing_secret).signed(body, at)

    # --- what people see

    def messages(self, channel: str) -> list[Message]:
        """The roots in a channel, oldest first."""
        return self._thread.call(self.workspace.roots, channel)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The replies to a root, oldest first."""
        return self._thread.call(self.workspace.replies, channel, ts)

    def message(self, channel: str, ts: str) -> Message:
        """One message as it is now."""
        found = self._thread.call(self.workspace.message, channel, ts)
        if found is None:
            raise LookupError(f"no message {ts} in {channel}")
        return found

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person saw, newest last."""
        return self._thread.call(lambda: list(self.workspace.ephemerals.get(user, ())))

    def direct_messages(self, user: str) -> list[Message]:
        """Everything in the direct messages with the bot, oldest first."""
        return self._thread.call(lambda: self.workspace.all_messages("D" + user[1:]))

    def views(self, user: str) -> list[View]:
        """The modal views this person has open, the topmost last."""
        return self._thread.call(lambda: list(self.workspace.modals.get(user, ())))

    def home(self, user: str) -> View | None:
        """This person's App Home, None until the bot published one."""
        return self._thread.call(lambda: self.workspace.homes.get(user))

    @property
    def channels(self) -> dict[str, Channel]:
        return self._thread.call(lambda: dict(self.workspace.channels))

    @property
    def users(self) -> dict[str, User]:
        return self._thread.call(lambda: dict(self.workspace.users))

    @property
    def user_groups(self) -> dict[str, UserGroup]:
        return self._thread.call(lambda: dict(self.workspace.groups))

    @property
    def calls(self) -> list[Call]:
        """Every Web API call, in the order they were answered."""
        return self._thread.call(lambda: list(self.api.calls))

    @property
    def violations(self) -> list[Violation]:
        """What Slack would hold against the bot; planned faults are not among it."""
        return self._thread.call(lambda: list(self.judge.violations))

    @property
    def repeated(self) -> list[Ack]:
        """The bot's answers to payloads that were delivered once more."""
        return self._thread.call(lambda: list(self.delivery.repeated))

    def wait_for(
        self, condition: Callable[[], T], seconds: float = 10.0, what: str = "the condition"
    ) -> T:
        """Ask `condition` again and again until it holds, and return what it returned.

        Raises:
            AssertionError: it did not hold within `seconds`; it names `what`, and shows
                the recent events.
        """
        deadline = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what} did not come within {seconds} s; recent events:\n{self._log.tail(40)}"
                )
            time.sleep(0.01)

    # --- what is changed from outside

    @property
    def faults(self) -> SlackFaults:
        return self.api.faults

    def grant(self, *scopes: str) -> None:
        """Give the bot token more scopes."""
        self._thread.call(self.workspace.scopes.update, scopes)

    def revoke(self, *scopes: str) -> None:
        """Take scopes from the bot token."""
        self._thread.call(self.workspace.scopes.difference_update, scopes)

    def archive(self, channel: str, archived: bool = True) -> None:
        self._thread.call(lambda: self.workspace.change_channel(channel, is_archived=archived))

    def remove_bot(self, channel: str) -> None:
        self._thread.call(self._set_member, channel, False)

    def invite_bot(self, channel: str) -> None:
        self._thread.call(self._set_member, channel, True)

    def add_channel(self, id: str, name: str, is_private: bool = False) -> None:  # noqa: A002 - Slack's key
        """Add a channel with everybody and the bot in it."""
        members = frozenset(self.workspace.users) | {BOT_USER}
        channel = Channel(id, name, members, is_private)
        self._thread.call(self.workspace.channels.__setitem__, id, channel)

    def add_user(self, id: str, name: str) -> None:  # noqa: A002 - Slack's key
        """Add a person, who is in every channel."""
        self._thread.call(self._add_user, User(id, name, name.title()))

    def set_user_group(self, id: str, users: list[str]) -> None:  # noqa: A002 - Slack's key
        """Change who is in a user group, or add one."""
        group = UserGroup(id, id.lower(), id, tuple(users))
        self._thread.call(self.workspace.groups.__setitem__, id, group)

    def advance(self, seconds: float) -> None:
        """Move Slack's clock forward: triggers and response URLs grow old."""
        self._thread.call(self.workspace.clock.advance, seconds)

    def drop_sockets(self) -> None:
        """Cut every socket without a word."""
        self._run(self.sockets.drop())

    def disconnect_sockets(
        self, reason: str = "refresh_requested", close_after: float | None = None
    ) -> None:
        """Send `disconnect` (`warning`, `refresh_requested`, `link_disabled`), then close."""
        self._run(self.sockets.disconnect(reason, close_after))

    def silence_sockets(self) -> int:
        """Every open socket goes silent with TCP open; returns how many there were."""
        return self._thread.call(self.sockets.silence)

    @property
    def socket_count(self) -> int:
        """How many sockets are open and alive."""
        return self._thread.call(lambda: len(self.sockets.usable))

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
            return await self.delivery.send(build())

        return self._run(build_and_send())

    def _use_http(self, url: str) -> None:
        self._http = HttpTransport(url, self._signing_secret)
        self.delivery.transport = self._http

    def _command(self, name: str, user: str, channel: str, text: str) -> Payload:
        trigger = self.workspace.new_trigger(user)
        url = self.response_urls.new(user, channel)
        return payloads.command(
            name, text, self._user(user), self._channel(channel), trigger, url
        )

    def _act(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        value: str | None,
        block_id: str | None,
        chosen: Any,
    ) -> Payload:
        block, element = forms.find_element(where.blocks, action_id, value, block_id)
        action = forms.clicked(block, element, chosen)
        state = forms.message_state(where.blocks)
        channel, url = self._reply_to(user, where)
        trigger = self.workspace.new_trigger(user)
        return payloads.block_actions(
            self._user(user), channel, where, action, trigger, url, state
        )

    def _submit(self, user: str, view: View, values: dict[str, dict[str, Any]]) -> Payload:
        state = forms.view_state(view, values)
        trigger = self.workspace.new_trigger(user)
        return payloads.view_submission(self._user(user), view, state, trigger)

    def _suggest(self, user: str, where: Message | View, action_id: str, typed: str) -> Payload:
        block, element = forms.find_element(where.blocks, action_id)
        channel = self._channel(where.channel) if isinstance(where, Message) else None
        return payloads.block_suggestion(
            self._user(user), where, channel, element, block["block_id"], typed
        )

    def _mention(self, user: str, channel: str, text: str, thread_ts: str | None) -> Payload:
        said = f"<@{BOT_USER}> {text}"
        message = self.workspace.post(channel, user, said, None, thread_ts, source="person")
        event = message.json() | {
            "type": "app_mention",
            "channel": channel,
            "event_ts": message.ts,
        }
        return payloads.event(event, user, channel)

    def _open_home(self, user: str) -> Payload:
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.workspace.direct(user).id,
            "event_ts": self.workspace.next_ts(),
            "tab": "home",
        }
        shown = self.workspace.homes.get(user)
        return payloads.event(event | ({"view": shown.json()} if shown else {}), user, None)

    def _shortcut(self, user: str, callback_id: str, message: Message | None) -> Payload:
        trigger = self.workspace.new_trigger(user)
        if message is None:
            return payloads.global_shortcut(self._user(user), callback_id, trigger)
        url = self.response_urls.new(user, message.channel, message)
        channel = self._channel(message.channel)
        return payloads.message_shortcut(
            self._user(user), channel, message, callback_id, trigger, url
        )

    def _reply_to(self, user: str, where: Message | View) -> tuple[Channel | None, str]:
        if isinstance(where, View):
            return None, ""
        return self._channel(where.channel), self.response_urls.new(user, where.channel, where)

    def _forget(self, view: View) -> None:
        stack = self.workspace.modals.get(view.user, [])
        stack[:] = [each for each in stack if each.id != view.id]

    def _set_member(self, channel_id: str, is_member: bool) -> None:
        members = self.workspace.channels[channel_id].members
        changed = members | {BOT_USER} if is_member else members - {BOT_USER}
        self.workspace.change_channel(channel_id, members=changed)

    def _add_user(self, user: User) -> None:
        self.workspace.users[user.id] = user
        for channel in list(self.workspace.channels.values()):
            if not channel.is_direct:
                self.workspace.change_channel(channel.id, members=channel.members | {user.id})

    def _user(self, user: str) -> User:
        return self.workspace.users[user]

    def _channel(self, channel: str) -> Channel:
        return self.workspace.channels[channel]
