"""What is typed into the message box: a slash command, a mention of the bot, or plain talk."""

from __future__ import annotations

import re

from rehearsal.slack.facade import Slack
from rehearsal.slack.people import BOT_USER

NOT_IN_THREADS = "Slack takes no slash commands in threads. Mention the bot instead: @image-bot."
_NAME = r"[\w][\w.-]*"


def enter(slack: Slack, user: str, channel: str, text: str, thread_ts: str | None) -> str | None:
    """Do what Slack does when Enter is pressed; returns what Slack itself would say to it.

    Raises:
        ValueError: nothing was typed.
    """
    text = text.strip()
    if not text:
        raise ValueError("type something first")
    if text.startswith("/"):
        return NOT_IN_THREADS if thread_ts else _command(slack, user, channel, text)
    said = _marked_up(slack, text)
    mention = f"<@{BOT_USER}>"
    if mention in said:
        slack.mention(user, channel, _without_first(said, mention), thread_ts)
    else:
        slack.say(user, channel, said, thread_ts)
    return None


def _command(slack: Slack, user: str, channel: str, text: str) -> str | None:
    name, _, rest = text.partition(" ")
    if name == slack.command_name:
        slack.command(user, channel, rest.strip())
        return None
    bot = slack.users[BOT_USER].name
    if name == "/invite" and rest.strip().lstrip("@") == bot:
        slack.invite_bot(channel)
        slack.say(user, channel, f"_added <@{BOT_USER}> to the channel_")
        return None
    return f"{name} is not a valid command. This app answers to {slack.command_name}."


def _marked_up(slack: Slack, text: str) -> str:
    """As Slack's client sends it: `&`, `<` and `>` escaped, names turned into mentions."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    people = {each.name: f"<@{each.id}>" for each in slack.users.values()}
    groups = {each.handle: f"<!subteam^{each.id}>" for each in slack.user_groups.values()}
    channels = {each.name: f"<#{each.id}>" for each in slack.channels.values() if each.name}
    text = _named(text, "@", {**groups, **people})
    return _named(text, "#", channels)


def _named(text: str, sign: str, known: dict[str, str]) -> str:
    def mark(match: re.Match[str]) -> str:
        return known.get(match[1], match[0])

    return re.sub(rf"(?<!\S){sign}({_NAME})", mark, text)


def _without_first(said: str, mention: str) -> str:
    """The façade puts the mention in front itself."""
    return said.replace(mention, "", 1).strip()
