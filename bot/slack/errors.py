"""What Slack's refusals mean for a message: wait, post anew, tell in another way, or give up."""

from __future__ import annotations

import socket
import urllib.error
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import BotError
from bot.slack.replies import text

_GONE = {"message_not_found", "thread_not_found"}
_FIXED = {"edit_window_closed", "cant_update_message"}
"""A workspace may end the time in which messages can be edited; another app's never can be."""
_NO_CHANNEL = {
    "channel_not_found": "Slack knows no such channel that I am in",
    "not_in_channel": "I am not in the channel",
    "user_not_in_channel": "I am not in the channel",
    "is_archived": "the channel is archived",
    "is_inactive": "the channel is archived",  # what `chat.update` says of one
    "restricted_action": "an administrator restricts who may post there",
    "restricted_action_thread_only_channel": "only replies in threads are allowed there",
    "restricted_action_read_only_channel": "the channel is read-only",
    "posting_to_general_channel_denied": "few may post in this channel",
    "user_not_found": "Slack knows no such person",
    "user_disabled": "the account is deactivated",
    "messages_tab_disabled": "my app takes no direct messages: its Messages tab is off",
    "cannot_dm_bot": "it is another app",
    "team_access_not_granted": "my app is not installed in that workspace",
}
"""Slack's errors for which nothing can be posted there, and what they mean."""
_UNREADABLE = {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format"}
_PASSING = {
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    # what an administrator sets right: the token, the scopes, the app
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "no_permission",
    "missing_scope",
    "not_allowed_token_type",
    "org_login_required",
    "ekm_access_denied",
    "accesslimited",
    "access_denied",
}
"""What passes by itself, or once somebody sets it right (Slack's method reference, "Errors")."""

UNREADABLE = "an unreadable answer"


def meaning(error: str) -> str:
    """What Slack's word for why nothing can be posted there means, as the end of a sentence."""
    return _NO_CHANNEL.get(error, error)


class SlackFailure(BotError):
    """Slack did not do what was asked. `error` is Slack's own word for it."""

    def __init__(self, error: str) -> None:
        super().__init__(f"Slack said {error}.")
        self.error = error


class SlackUnavailable(SlackFailure):
    """Slack is busy, broken or out of reach, or our token is not good: try again later.

    Attributes:
        wait: seconds that Slack asked to wait (`Retry-After`), or None.
        arrived: False when the call certainly did not reach Slack.
    """

    def __init__(self, error: str, wait: float | None = None, arrived: bool = True) -> None:
        super().__init__(error)
        self.wait = wait
        self.arrived = arrived


class ChannelLost(SlackFailure):
    """The bot cannot post there: archived, removed, private, or gone."""

    @property
    def why(self) -> str:
        """The reason as the end of a sentence."""
        return meaning(self.error)

    @property
    def invitable(self) -> bool:
        """Whether it can be mended by inviting the bot."""
        return self.error in ("channel_not_found", "not_in_channel", "user_not_in_channel")

    @property
    def archived(self) -> bool:
        """Whether nobody can post there any more, and an invitation would not help."""
        return self.error in ("is_archived", "is_inactive")


class MessageGone(SlackFailure):
    """The message to be edited, or the thread to be replied in, was deleted."""


class MessageFixed(SlackFailure):
    """The message stands there, and cannot be edited."""


class InvalidBlocks(SlackFailure):
    """Slack refuses the blocks: a defect of ours."""


class NoSuchPerson(SlackFailure):
    """The account is not there, or not one of this workspace: waiting changes nothing."""


class SlackRefused(SlackFailure):
    """Slack refuses in a word that is not known here: it may pass, and it may not."""


def failure_of(error: SlackApiError) -> SlackFailure:
    """Slack's answer `ok: false`, or no answer it could give, as one of the kinds above."""
    response: Any = error.response
    data = getattr(response, "data", response)
    word = text(data, "error")[:200] if isinstance(data, dict) else UNREADABLE
    word = word or "unknown_error"
    if word in _GONE:
        return MessageGone(word)
    if word in _FIXED:
        return MessageFixed(word)
    if word in _NO_CHANNEL:
        return ChannelLost(word)
    if word in _UNREADABLE:
        return InvalidBlocks(word)
    # A word with spaces is no word of Slack's: its body was no JSON, or no object.
    passing = word in _PASSING or " " in word or getattr(response, "status_code", 200) != 200
    if passing:
        return SlackUnavailable(word, retry_after(getattr(response, "headers", {})))
    return SlackRefused(word)


def retry_after(headers: Mapping[str, Any]) -> float | None:
    """Seconds that a reply asks to wait; None where it asks nothing."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                return max(0.0, float(value[0] if isinstance(value, list) else value))
            except ValueError:
                return None
    return None


def arrived(error: Exception) -> bool:
    """False only for what provably never left: refused, or the name not resolved."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return not isinstance(reason, (ConnectionRefusedError, socket.gaierror))
