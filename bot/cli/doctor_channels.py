"""`doctor`, Slack: whether the bot can post in the channels that are named.

`conversations.info` needs `channels:read` (public) or `groups:read` (private), which the bot needs
for nothing else. Without them `chat.getPermalink`, which takes no scope, is asked for a message
that there is not: it tells a channel that is out of reach from one that is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from bot.cli.doctor_answers import Answers, Refused
from bot.cli.findings import Finding, ok, warning, wrong

_NO_MESSAGE = "1.000000"
_OUT_OF_REACH = "does not exist, or is private and the bot is not in it"
_FIX = "Put the id of a channel that is there; in a private one, /invite @image-bot."


def is_channel(entry: str) -> bool:
    """Whether an entry of the policy or the schedules is a channel's id."""
    return entry.startswith(("C", "G"))


def channels(ask: Answers, named: Mapping[str, str], has: Set[str]) -> Iterator[Finding]:
    """Whether messages get there.

    Args:
        named: the channels, and where each is named.
        has: the scopes of the token.
    """
    well, unsure = 0, 0
    for channel, where in sorted(named.items()):
        try:
            why, sure = _why_not(ask, channel, has)
        except Refused as refused:
            said = f"{channel} ({where}) could not be looked up: {refused}"
            yield warning("channels", said, "Try again.")
            return
        if why:
            yield wrong("channels", f"{where} names {channel}, which {why}", _FIX)
        else:
            well, unsure = well + 1, unsure + (not sure)
    if well:
        yield ok("channels", f"{well} of {len(named)} that are named are there{_not_seen(unsure)}")


def _why_not(ask: Answers, channel: str, has: Set[str]) -> tuple[str, bool]:
    """Why no message gets there, empty: it does; and whether all was looked at.

    Raises:
        Refused: Slack's word tells nothing of the channel.
    """
    try:
        told = ask("conversations.info", channel=channel).data["channel"]
    except Refused as refused:
        if str(refused) == "missing_scope":
            return _by_a_link(ask, channel), False
        return _gone(refused), True
    if told.get("is_archived"):
        return "is archived", True
    if not told.get("is_member") and "chat:write.public" not in has:
        return "the bot is not in", True
    return "", True


def _by_a_link(ask: Answers, channel: str) -> str:
    try:
        ask("chat.getPermalink", channel=channel, message_ts=_NO_MESSAGE)
    except Refused as refused:
        return "" if str(refused) == "message_not_found" else _gone(refused)
    return ""


def _gone(refused: Refused) -> str:
    if str(refused) == "channel_not_found":
        return _OUT_OF_REACH
    raise refused


def _not_seen(unsure: int) -> str:
    if not unsure:
        return ""
    return (
        "; whether they are archived was not looked at: that takes channels:read or groups:read,"
        " which the bot needs for nothing else"
    )
