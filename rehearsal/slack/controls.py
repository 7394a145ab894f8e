"""What is changed in the workspace from outside: scopes, channels, people, sockets, time."""

from __future__ import annotations

from dataclasses import replace

from rehearsal.slack.people import BOT_USER, TEAM_ID, Channel, User, UserGroup
from rehearsal.slack.sockets import Sockets
from rehearsal.slack.workspace import Workspace
from rehearsal.thread import LoopThread


class Controls:
    """Blocking, from any thread."""

    _thread: LoopThread
    workspace: Workspace
    sockets: Sockets

    def grant(self, *scopes: str) -> None:
        """Give the bot token more scopes."""
        self._thread.call(self.workspace.scopes.update, scopes)

    def revoke(self, *scopes: str) -> None:
        """Take scopes from the bot token."""
        self._thread.call(self.workspace.scopes.difference_update, scopes)

    def archive(self, channel: str, archived: bool = True) -> None:
        self._thread.call(lambda: self.workspace.change_channel(channel, is_archived=archived))

    def make_private(self, channel: str) -> None:
        """Turn a public channel into a private one; its id stays."""
        self._thread.call(lambda: self.workspace.change_channel(channel, is_private=True))

    def remove_bot(self, channel: str) -> None:
        self._thread.call(self._set_member, channel, False)

    def invite_bot(self, channel: str) -> None:
        self._thread.call(self._set_member, channel, True)

    def add_channel(self, id: str, name: str, is_private: bool = False) -> None:  # noqa: A002 - Slack's key
        """Add a channel with everybody and the bot in it."""
        members = frozenset(self.workspace.users) | {BOT_USER}
        channel = Channel(id, name, members, is_private)
        self._thread.call(self.workspace.channels.__setitem__, id, channel)

    def add_user(
        self,
        id: str,  # noqa: A002 - Slack's key
        name: str,
        team_id: str = TEAM_ID,
        enterprise_id: str | None = None,
    ) -> None:
        """Add a person, who is in every channel; of another workspace: as Slack Connect does."""
        user = User(id, name, name.title(), team_id=team_id, enterprise_id=enterprise_id)
        self._thread.call(self._add_user, user)

    def join_enterprise(self, enterprise_id: str | None) -> None:
        """The workspace belongs to this organisation from now on (Enterprise Grid)."""
        self._thread.call(setattr, self.workspace, "enterprise_id", enterprise_id)

    def install_org_wide(self, enterprise_id: str) -> None:
        """The app is installed for a whole organisation (Enterprise Grid)."""
        self.join_enterprise(enterprise_id)
        self._thread.call(setattr, self.workspace, "is_org_wide", True)

    def set_user_group(self, id: str, users: list[str]) -> None:  # noqa: A002 - Slack's key
        """Change who is in a user group, or add one."""
        group = UserGroup(id, id.lower(), id, tuple(users))
        self._thread.call(self.workspace.groups.__setitem__, id, group)

    def deactivate(self, user: str) -> None:
        """An administrator deactivates an account."""
        self._thread.call(self._deactivate, user)

    def _deactivate(self, user: str) -> None:
        self.workspace.users[user] = replace(self.workspace.users[user], deleted=True)

    def open_direct(self, user: str) -> str:
        """A person opens their direct message with the bot; the channel's id."""
        return self._thread.call(lambda: self.workspace.direct(user).id)

    def advance(self, seconds: float) -> None:
        """Move Slack's clock forward: triggers and response URLs grow old."""
        self._thread.call(self.workspace.clock.advance, seconds)

    def drop_sockets(self) -> None:
        """Cut every socket without a word."""
        self._thread.run(self.sockets.drop())

    def disconnect_sockets(
        self, reason: str = "refresh_requested", close_after: float | None = None
    ) -> None:
        """Send `disconnect` (`warning`, `refresh_requested`, `link_disabled`), then close."""
        self._thread.run(self.sockets.disconnect(reason, close_after))

    def refuse_sockets(self, reason: str = "too_many_websockets") -> None:
        """End every new connection after its handshake, before `hello`; empty: no more."""
        self._thread.call(setattr, self.sockets, "refusing", reason)

    def silence_sockets(self) -> int:
        """Every open socket goes silent with TCP open; returns how many there were."""
        return self._thread.call(self.sockets.silence)

    @property
    def socket_count(self) -> int:
        """How many sockets are open and alive."""
        return self._thread.call(lambda: len(self.sockets.usable))

    def _set_member(self, channel_id: str, is_member: bool) -> None:
        members = self.workspace.channels[channel_id].members
        changed = members | {BOT_USER} if is_member else members - {BOT_USER}
        self.workspace.change_channel(channel_id, members=changed)

    def _add_user(self, user: User) -> None:
        self.workspace.users[user.id] = user
        for channel in list(self.workspace.channels.values()):
            if not channel.is_direct:
                self.workspace.change_channel(channel.id, members=channel.members | {user.id})
