"""Everything one account sees: people, channels, messages, views, the account, the log."""

from __future__ import annotations

from rehearsal.log import Entry, EventLog
from rehearsal.page_site.controls import Controls
from rehearsal.page_site.difference import Item, Json
from rehearsal.slack.facade import Slack
from rehearsal.slack.messages import Message, View
from rehearsal.slack.people import BOT_USER, SLACKBOT, Channel, User, UserGroup

LOG_SHOWN = 400
"""Entries of the event log that a page holds."""


class Shown:
    """Collects the items for one account; runs on the sandbox's thread."""

    def __init__(self, slack: Slack, controls: Controls, log: EventLog, about: Json) -> None:
        self._slack, self._controls, self._log = slack, controls, log
        self._about = about

    def to(self, user: str) -> dict[str, Item]:
        """Keys are `kind/id`; the page sorts each kind by id or by what stands in it."""
        if user not in self._slack.users or user in (BOT_USER, SLACKBOT):
            raise LookupError(f"there is no account {user}")
        self._slack.workspace.direct(user)  # Slack shows the app's messages before there are any
        about = {**self._about, "bot": BOT_USER}
        return {
            "about/page": Item(about, lambda: about),
            **self._workspace(user),
            **self._messages(user),
            **self._views(user),
            **self._controls.items(),
            **self._events(),
        }

    def _workspace(self, user: str) -> dict[str, Item]:
        slack = self._slack
        own = {f"D{user[1:]}"}
        found = {f"person/{each.id}": _person(each) for each in slack.users.values()}
        found |= {f"group/{each.id}": _group(each) for each in slack.user_groups.values()}
        found |= {
            f"channel/{each.id}": _channel(each)
            for each in slack.channels.values()
            if user in each.members and (not each.is_direct or each.id in own)
        }
        return found

    def _messages(self, user: str) -> dict[str, Item]:
        workspace = self._slack.workspace
        seen = [*workspace.ephemerals.get(user, ())]
        for channel in workspace.channels.values():
            if user in channel.members:
                seen += workspace.all_messages(channel.id)
        return {f"message/{each.channel}/{each.ts}": _message(each) for each in seen}

    def _views(self, user: str) -> dict[str, Item]:
        views = self._slack.views(user)
        found = {f"view/{each.id}": _view(each, depth) for depth, each in enumerate(views)}
        home = self._slack.home(user)
        return found | ({"home/view": _view(home, 0)} if home else {})

    def _events(self) -> dict[str, Item]:
        return {f"event/{each.seq}": _event(each) for each in self._log.entries()[-LOG_SHOWN:]}


def _person(user: User) -> Item:
    return Item(
        user,
        lambda: {
            "id": user.id,
            "name": user.name,
            "real_name": user.real_name,
            "is_bot": user.is_bot or user.id == SLACKBOT,
        },
    )


def _group(group: UserGroup) -> Item:
    return Item(group, lambda: {"id": group.id, "handle": group.handle, "users": group.users})


def _channel(channel: Channel) -> Item:
    return Item(
        channel,
        lambda: {
            "id": channel.id,
            "name": channel.name,
            "private": channel.is_private,
            "archived": channel.is_archived,
            "direct": channel.is_direct,
            "has_bot": BOT_USER in channel.members,
        },
    )


def _message(message: Message) -> Item:
    return Item(
        message,
        lambda: {
            "channel": message.channel,
            "ts": message.ts,
            "user": message.user,
            "text": message.text,
            "blocks": message.blocks,
            "thread": message.thread_ts if message.thread_ts != message.ts else None,
            "only_you": message.visible_to is not None,
            "edited": len(message.versions) > 1,
        },
    )


def _view(view: View, depth: int) -> Item:
    return Item(
        (view, depth),
        lambda: {
            **view.payload,
            "id": view.id,
            "depth": depth,
            "hash": view.hash,
            "errors": view.errors,
        },
    )


def _event(entry: Entry) -> Item:
    return Item(
        entry,
        lambda: {
            "seq": entry.seq,
            "at": entry.time,
            "kind": entry.kind,
            "summary": entry.summary,
            "seconds": entry.seconds,
        },
    )
