"""The workspace: channels, messages, what one person alone sees, and views."""

from __future__ import annotations

import itertools
import random
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.clock import Clock
from rehearsal.slack import people
from rehearsal.slack.messages import Json, Message, Version, View, with_ids
from rehearsal.slack.people import BOT_USER, Channel

TRIGGER_SECONDS = 3.0
"""How long a `trigger_id` is good for."""


class SlackError(Exception):
    """An `{"ok": false, "error": …}` answer, with what else stands in it."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error, self.extra = error, extra


@dataclass
class Trigger:
    """A `trigger_id`: who may be shown a modal, and by when."""

    user: str
    expires: float
    used: bool = False


class Workspace:
    """The model; used on the sandbox's thread alone."""

    def __init__(self, seed: int = 1) -> None:
        self.users = people.users()
        self.channels = people.channels()
        self.groups = people.user_groups()
        self.enterprise_id: str | None = None
        """The organisation of the workspace, on Enterprise Grid."""
        self.is_org_wide = False
        """Whether the app is installed for the whole organisation, and not for a workspace."""
        self.token_expires: float | None = None
        """When the bot token ends; None: never, as where token rotation is off."""
        self.scopes = set(people.DEFAULT_SCOPES)
        self.clock = Clock()
        self.random = random.Random(seed)  # noqa: S311 - ids in a rehearsal guard nothing
        self.triggers: dict[str, Trigger] = {}
        self.ephemerals: dict[str, list[Message]] = {}
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.deleted: list[Message] = []
        self._messages: dict[tuple[str, str], Message] = {}
        self._order: dict[str, list[str]] = {}
        self._last_ts = 0
        self._serial = itertools.count(1)

    # --- conversations

    def direct(self, user: str) -> Channel:
        """The direct-message channel of the bot with `user`, opened where it was not."""
        channel_id = "D" + user[1:]
        if channel_id not in self.channels:
            members = frozenset((user, BOT_USER))
            self.channels[channel_id] = Channel(channel_id, "", members, person=user)
        return self.channels[channel_id]

    def visible_channel(self, given: str) -> Channel:
        """The channel as far as the bot can see it.

        Raises:
            SlackError: `channel_not_found`: it is unknown, or private and without the bot.
        """
        channel = self.channels.get(given)
        if channel is None or (channel.is_private and BOT_USER not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def post_target(self, given: str) -> Channel:
        """The channel that a message addressed to `given` (id, `#name` or user) lands in."""
        if given in self.users and given != BOT_USER:
            return self.direct(given)
        named = {f"#{channel.name}": channel.id for channel in self.channels.values()}
        channel = self.visible_channel(named.get(given, given))
        if channel.is_archived:
            raise SlackError("is_archived")
        if BOT_USER not in channel.members and "chat:write.public" not in self.scopes:
            raise SlackError("not_in_channel")
        return channel

    def is_shared(self, channel_id: str | None) -> bool:
        """Whether somebody of another organisation is in the channel (Slack Connect)."""
        channel = self.channels.get(channel_id or "")
        members = [self.users[m] for m in channel.members if m in self.users] if channel else []
        return any(self.is_outsider(member) for member in members)

    def is_outsider(self, user: people.User) -> bool:
        """Whether a person is neither of this workspace nor of its organisation."""
        ours = self.enterprise_id
        return user.team_id != people.TEAM_ID and not (ours and user.enterprise_id == ours)

    def change_channel(self, channel_id: str, **fields: Any) -> None:
        self.channels[channel_id] = replace(self.channels[channel_id], **fields)

    # --- messages

    def next_ts(self) -> str:
        """A time stamp above every one before it."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(
        self,
        channel: str,
        user: str,
        text: str,
        blocks: list[Json] | None = None,
        thread_ts: str | None = None,
        metadata: Json | None = None,
        source: str = "chat.postMessage",
    ) -> Message:
        message = self._new(channel, user, text, blocks, thread_ts, metadata, source)
        self._messages[channel, message.ts] = message
        self._order.setdefault(channel, []).append(message.ts)
        return message

    def whisper(
        self,
        channel: str,
        to: str,
        text: str,
        blocks: list[Json] | None = None,
        thread_ts: str | None = None,
        user: str = BOT_USER,
        source: str = "ack",
    ) -> Message:
        """Show an ephemeral message to one person."""
        message = self._new(channel, user, text, blocks, thread_ts, None, source)
        message = replace(message, visible_to=to)
        self.ephemerals.setdefault(to, []).append(message)
        return message

    def message(self, channel: str, ts: str) -> Message | None:
        return self._messages.get((channel, ts))

    def edit(
        self, message: Message, text: str, blocks: list[Json], metadata: Json | None
    ) -> Message:
        """Give a message, ephemeral or not, a new wording."""
        filled = with_ids(blocks, self.random)
        edited = message.edited(text, filled, metadata, self.clock.now())
        if message.visible_to is None:
            self._messages[message.channel, message.ts] = edited
        else:
            seen = self.ephemerals[message.visible_to]
            seen[:] = [edited if each.ts == message.ts else each for each in seen]
        return edited

    def delete(self, message: Message) -> None:
        self.deleted.append(message)
        if message.visible_to is None:
            del self._messages[message.channel, message.ts]
            self._order[message.channel].remove(message.ts)
        else:
            seen = self.ephemerals[message.visible_to]
            seen[:] = [each for each in seen if each.ts != message.ts]

    def roots(self, channel: str) -> list[Message]:
        return [each for each in self.all_messages(channel) if each.thread_ts in (None, each.ts)]

    def replies(self, channel: str, ts: str) -> list[Message]:
        found = self.all_messages(channel)
        return [each for each in found if each.thread_ts == ts and each.ts != ts]

    def all_messages(self, channel: str) -> list[Message]:
        return [self._messages[channel, ts] for ts in self._order.get(channel, ())]

    # --- triggers and views

    def new_trigger(self, user: str) -> str:
        # Never from the seed: a bot that keeps its database across runs would see repeats.
        trigger_id = f"{next(self._serial)}.{time.time_ns()}.{uuid.uuid4().hex}"
        self.triggers[trigger_id] = Trigger(user, self.clock.now() + TRIGGER_SECONDS)
        return trigger_id

    def use_trigger(self, trigger_id: str) -> str:
        """The person whose trigger it is; it can be used once, within three seconds."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() > trigger.expires:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def new_view(self, user: str, payload: Json, previous: View | None = None) -> View:
        view_id = self.serial("V")
        root = previous.root_view_id if previous else view_id
        previous_id = previous.id if previous else None
        return View(view_id, user, self._filled(payload), self._hash(), root, previous_id)

    def changed_view(self, view: View, payload: Json) -> View:
        return replace(view, payload=self._filled(payload), hash=self._hash(), errors={})

    def view(self, view_id: str | None, external_id: str | None = None) -> View | None:
        opened = [view for stack in self.modals.values() for view in stack]
        for view in [*opened, *self.homes.values()]:
            if view.id == view_id or (
                external_id and view.payload.get("external_id") == external_id
            ):
                return view
        return None

    def put_view(self, view: View) -> None:
        """Take `view` in the place of the one with its id."""
        home = self.homes.get(view.user)
        if home is not None and home.id == view.id:
            self.homes[view.user] = view
        stack = self.modals.get(view.user, [])
        stack[:] = [view if each.id == view.id else each for each in stack]

    # ---

    def serial(self, prefix: str) -> str:
        """An id no other thing has."""
        return f"{prefix}{next(self._serial):08d}"

    def _filled(self, payload: Json) -> Json:
        return {**payload, "blocks": with_ids(payload.get("blocks", []), self.random)}

    def _hash(self) -> str:
        return f"{self.clock.now():.0f}.{self.random.randrange(16**8):08x}"

    def _new(
        self,
        channel: str,
        user: str,
        text: str,
        blocks: list[Json] | None,
        thread_ts: str | None,
        metadata: Json | None,
        source: str,
    ) -> Message:
        ts, now = self.next_ts(), self.clock.now()
        filled = with_ids(blocks or [], self.random)
        first = Version(text, filled, metadata, now)
        return Message(
            channel, ts, user, text, filled, thread_ts, metadata, (first,), source=source
        )
