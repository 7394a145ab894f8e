"""Who may use the bot: people of the workspace it is installed in, and of its organisation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Actor:
    """Who did something at Slack.

    Attributes:
        person: the user id.
        team: where the account belongs, as the payload says of the person: a workspace (`T…`)
            or an organisation (`E…`); empty where it does not say.
    """

    person: str
    team: str


class Standing(StrEnum):
    """Whether somebody may use the bot at all."""

    MEMBER = "member"
    STRANGER = "stranger"
    UNKNOWN = "unknown"
    """Not known yet: nothing may be done for them until it is."""


@dataclass(frozen=True)
class Workspaces:
    """The workspaces whose people may use the bot; empty until Slack has told.

    Attributes:
        teams: our workspace, and those of the same organisation that are known to be.
        enterprise: the organisation on Enterprise Grid; else empty.
    """

    teams: frozenset[str] = frozenset()
    enterprise: str = ""

    def standing(self, team: str) -> Standing:
        """What the id of a workspace or an organisation alone tells.

        On Enterprise Grid the id of another workspace tells nothing: it can be of the same
        organisation, or of a company that shares a channel. Slack knows (`account_standing`).
        """
        if not self.teams:
            return Standing.UNKNOWN
        if team and team in (*self.teams, self.enterprise):
            return Standing.MEMBER
        return Standing.UNKNOWN if self.enterprise or not team else Standing.STRANGER

    def account_standing(self, account: Account) -> Standing:
        """What Slack's own word about the account tells."""
        if not self.teams:
            return Standing.UNKNOWN
        same = bool(self.enterprise) and account.enterprise == self.enterprise
        is_ours = same or account.team in self.teams
        return Standing.MEMBER if is_ours and not account.is_external else Standing.STRANGER


@dataclass(frozen=True)
class Account:
    """What Slack says of an account (`users.info`).

    Attributes:
        team, enterprise: where it belongs; empty where Slack does not say.
        teams: the workspaces of its organisation that it is in.
        is_external: it is only visible here through a shared channel (`is_stranger`).
    """

    team: str
    enterprise: str
    teams: frozenset[str]
    is_external: bool
