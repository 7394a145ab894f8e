"""What people do, turned into the payload Slack tells the app of it."""

from __future__ import annotations

from typing import Any

from rehearsal.slack import forms, payloads
from rehearsal.slack.messages import Json, Message, View
from rehearsal.slack.payloads import Payload
from rehearsal.slack.people import BOT_USER, Channel, User
from rehearsal.slack.response_urls import ResponseUrls
from rehearsal.slack.workspace import Workspace


class Gestures:
    """Builds payloads, each with a trigger and a response URL of its own.

    Runs on the sandbox's thread; a person or channel that does not exist is a `KeyError`.
    """

    def __init__(self, workspace: Workspace, urls: ResponseUrls) -> None:
        self._workspace, self._urls = workspace, urls

    def user(self, user: str) -> User:
        return self._workspace.users[user]

    def channel(self, channel: str) -> Channel:
        return self._workspace.channels[channel]

    def command(self, name: str, user: str, channel: str, text: str) -> Payload:
        trigger = self._workspace.new_trigger(user)
        url = self._urls.new(user, channel)
        return payloads.command(name, text, self.user(user), self.channel(channel), trigger, url)

    def act(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        value: str | None,
        block_id: str | None,
        chosen: Any,
        values: dict[str, dict[str, Any]] | None = None,
    ) -> Payload:
        block, element = forms.find_element(where.blocks, action_id, value, block_id)
        action = forms.clicked(block, element, chosen)
        state = forms.message_state(where.blocks, values or {})
        if chosen is not None:  # the state is that after the choice
            held = {name: each for name, each in action.items() if name.startswith("selected_")}
            state[block["block_id"]][action_id] = {"type": element["type"], **held}
        channel, url = self._answerable(user, where)
        trigger = self._workspace.new_trigger(user)
        return payloads.block_actions(self.user(user), channel, where, action, trigger, url, state)

    def submit(self, user: str, view: View, values: dict[str, dict[str, Any]]) -> Payload:
        state = forms.view_state(view, values)
        trigger = self._workspace.new_trigger(user)
        return payloads.view_submission(self.user(user), view, state, trigger)

    def suggest(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        typed: str,
        block_id: str | None = None,
    ) -> Payload:
        block, element = forms.find_element(where.blocks, action_id, None, block_id)
        channel = self.channel(where.channel) if isinstance(where, Message) else None
        return payloads.block_suggestion(
            self.user(user), where, channel, element, block["block_id"], typed
        )

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None) -> Payload:
        said = f"<@{BOT_USER}> {text}"
        message = self._workspace.post(channel, user, said, None, thread_ts, source="person")
        event = message.json() | {
            "type": "app_mention",
            "channel": channel,
            "event_ts": message.ts,
            "team": self.user(user).team_id,
        }
        if self._workspace.is_shared(channel):
            event |= {"user_team": self.user(user).team_id, "source_team": self.user(user).team_id}
        return payloads.event(event, user, channel)

    def open_home(self, user: str) -> Payload:
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self._workspace.direct(user).id,
            "event_ts": self._workspace.next_ts(),
            "tab": "home",
        }
        shown = self._workspace.homes.get(user)
        return payloads.event(event | ({"view": shown.json()} if shown else {}), user, None)

    def shortcut(self, user: str, callback_id: str, message: Message | None) -> Payload:
        trigger = self._workspace.new_trigger(user)
        if message is None:
            return payloads.global_shortcut(self.user(user), callback_id, trigger)
        url = self._urls.new(user, message.channel, message)
        channel = self.channel(message.channel)
        return payloads.message_shortcut(
            self.user(user), channel, message, callback_id, trigger, url
        )

    def _answerable(self, user: str, where: Message | View) -> tuple[Channel | None, str]:
        if isinstance(where, View):
            return None, ""
        return self.channel(where.channel), self._urls.new(user, where.channel, where)
