"""Heads in a Slack channel, and reading them back from there."""

from __future__ import annotations

from bot.anchors.heads import Head, in_text
from bot.anchors.sinks import NotKept
from bot.errors import BotError
from bot.slack.errors import ChannelLost, SlackFailure, SlackUnavailable
from bot.slack.web_api import Slack
from bot.views import anchors as views

_SCOPES = {"C": "channels:history", "G": "groups:history"}


class SlackSink:
    """One channel.

    Args:
        slack: the workspace.
        channel: its id.
    """

    name = "slack"

    def __init__(self, slack: Slack, channel: str) -> None:
        self._slack = slack
        self._channel = channel

    def send(self, head: Head) -> None:
        """Post it as a message of its own."""
        try:
            self._slack.say(self._channel, views.head(head.position, head.line()))
        except SlackUnavailable as failure:
            raise NotKept(failure.problem, wait=failure.wait) from failure
        except ChannelLost as failure:
            problem = f"Nothing can be posted in {self._channel}: {failure.why}."
            raise NotKept(problem, "Invite the bot to IMAGE_BOT_ANCHOR_CHANNEL.") from failure
        except SlackFailure as failure:
            raise NotKept(failure.problem) from failure


def read_channel(slack: Slack, channel: str) -> tuple[list[Head], list[str]]:
    """The heads that apps posted in a channel, oldest first, and what is wrong with messages.

    What a person posted there counts for nothing.

    Raises:
        BotError: the channel cannot be read, or holds none.
    """
    heads, problems = [], []
    try:
        for message in slack.messages(channel):
            if not message.get("bot_id"):
                continue
            when = f"the message {message.get('ts')} in {channel}"
            try:
                found = list(in_text(str(message.get("text", ""))))
            except (ValueError, TypeError) as error:
                problems.append(f"{when} holds a damaged head: {error}")
                continue
            if found and message.get("edited"):
                problems.append(f"{when} was edited after it was posted")
            heads += found
    except SlackFailure as failure:
        raise BotError(f"{channel} cannot be read. {failure.problem}", _help(channel)) from failure
    if not heads and not problems:
        raise BotError(
            f"{channel} holds no heads of an audit log.", "Name IMAGE_BOT_ANCHOR_CHANNEL."
        )
    return heads[::-1], problems


def _help(channel: str) -> str:
    scope = _SCOPES.get(channel[:1], "channels:history")
    return (
        f"SLACK_BOT_TOKEN has to be of somebody in the channel, with {scope}: better an app of the"
        " auditors' than the bot's."
    )
