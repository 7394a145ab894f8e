"""Who and what the workspace consists of at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEAM_ID = "T0SANDBOX"
TEAM_DOMAIN = "sandbox"
APP_ID = "A0IMAGEBOT"
BOT_ID = "B0BOT"
BOT_USER = "U0BOT"
SLACKBOT = "USLACKBOT"

DEFAULT_SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "users:read",
    "usergroups:read",
    "im:write",
    "app_mentions:read",
)
"""What the app's manifest asks for; `Slack.grant` adds to it."""


@dataclass(frozen=True)
class User:
    """One account of the workspace."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    deleted: bool = False
    team_id: str = TEAM_ID
    enterprise_id: str | None = None

    def json(self, ours: str | None = None) -> dict[str, Any]:
        """The shape inside `user` of users.info.

        Args:
            ours: the organisation of the workspace that asks.
        """
        grid = {"enterprise_id": self.enterprise_id, "teams": [self.team_id]}
        is_ours = self.team_id == TEAM_ID or (ours and ours == self.enterprise_id)
        return {
            **({"enterprise_user": grid} if self.enterprise_id else {}),
            **({} if is_ours else {"is_stranger": True}),
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": "Europe/London",
            "tz_offset": 0,
            "profile": {
                "display_name": self.name,
                "real_name": self.real_name,
                "team": self.team_id,
            },
            "is_admin": False,
            "is_owner": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
        }


@dataclass(frozen=True)
class Channel:
    """One conversation; a `D…` channel is the direct message with `person`."""

    id: str
    name: str
    members: frozenset[str] = frozenset()
    is_private: bool = False
    is_archived: bool = False
    person: str | None = None

    @property
    def is_direct(self) -> bool:
        return self.person is not None

    def json(self) -> dict[str, Any]:
        """The shape inside `channel` of conversations.info."""
        if self.is_direct:
            return {"id": self.id, "is_im": True, "user": self.person, "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": BOT_USER in self.members,
            "num_members": len(self.members),
        }


@dataclass(frozen=True)
class UserGroup:
    """One user group (`@ops`)."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    is_active: bool = True

    def json(self, include_users: bool = False) -> dict[str, Any]:
        """The shape inside `usergroups` of usergroups.list."""
        shown: dict[str, Any] = {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "handle": self.handle,
            "name": self.name,
            "user_count": len(self.users),
            "date_delete": 0 if self.is_active else 1_700_000_000,
        }
        return {**shown, "users": list(self.users)} if include_users else shown


PEOPLE = ("U0ANN", "U0BOB", "U0CAT", "U0DAN")


def users() -> dict[str, User]:
    everyone = [
        User("U0ANN", "ann", "Ann Archer"),
        User("U0BOB", "bob", "Bob Baker"),
        User("U0CAT", "cat", "Cat Carter"),
        User("U0DAN", "dan", "Dan Draper"),
        User(BOT_USER, "image-bot", "image-bot", is_bot=True),
        User(SLACKBOT, "slackbot", "Slackbot"),
    ]
    return {user.id: user for user in everyone}


def channels() -> dict[str, Channel]:
    people, everyone = frozenset(PEOPLE), frozenset((*PEOPLE, BOT_USER))
    found = [
        Channel("C0OPS", "ops", everyone),
        Channel("C0PROD", "prod", everyone),
        Channel("C0QUIET", "quiet", people),
        Channel("G0PRIVATE", "private", people, is_private=True),
    ]
    return {channel.id: channel for channel in found}


def user_groups() -> dict[str, UserGroup]:
    groups = [
        UserGroup("S0OPS", "ops", "Ops", ("U0ANN", "U0BOB")),
        UserGroup("S0LEADS", "leads", "Leads", ("U0BOB", "U0CAT")),
    ]
    return {group.id: group for group in groups}
