"""The `conversations.*` methods. Source: Slack's method reference."""

from __future__ import annotations

from rehearsal.slack.messages import Json, Message
from rehearsal.slack.methods.arguments import (
    Arguments,
    Method,
    invalid_arguments,
    missing_scope,
    need_scope,
)
from rehearsal.slack.people import BOT_USER, Channel
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace


def open_(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    users = [user for user in given.text("users").split(",") if user]
    if len(users) != 1:
        raise invalid_arguments("this stand-in opens direct messages with one person")
    if users[0] not in workspace.users:
        raise SlackError("user_not_found")
    channel = workspace.direct(users[0])
    return {"channel": channel.json() if given.flag("return_im") else {"id": channel.id}}


_READ = ("channels:read", "groups:read", "mpim:read", "im:read")
"""Without any of them Slack looks no conversation up, be it there or not."""


def info(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    if not workspace.scopes.intersection(_READ):
        raise missing_scope(workspace, ",".join(_READ))
    channel = workspace.visible_channel(given.need("channel"))
    need_scope(workspace, _family(channel) + ":read")
    return {"channel": channel.json()}


def history(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    channel = _readable(workspace, given)
    messages = list(reversed(workspace.roots(channel.id)))
    return _messages(messages, given)


def replies(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    channel = _readable(workspace, given)
    root = workspace.message(channel.id, given.need("ts"))
    if root is None:
        raise SlackError("thread_not_found")
    return _messages([root, *workspace.replies(channel.id, root.ts)], given)


def _readable(workspace: Workspace, given: Arguments) -> Channel:
    channel = workspace.visible_channel(given.need("channel"))
    need_scope(workspace, _family(channel) + ":history")
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _family(channel: Channel) -> str:
    if channel.is_direct:
        return "im"
    return "groups" if channel.is_private else "channels"


def _messages(messages: list[Message], given: Arguments) -> Json:
    """One page: `limit`, `cursor`, `oldest` and `latest` as the real ones have them."""
    oldest, latest = given.text("oldest", "0"), given.text("latest", "9" * 12)
    inclusive = given.flag("inclusive")
    wanted = [each for each in messages if _within(each.ts, oldest, latest, inclusive)]
    start, limit = given.number("cursor", 0), given.number("limit", 100)
    page = wanted[start : start + limit]
    more = start + limit < len(wanted)
    with_metadata = given.flag("include_all_metadata")
    return {
        "messages": [each.json(with_metadata) for each in page],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def _within(ts: str, oldest: str, latest: str, inclusive: bool) -> bool:
    at, low, high = float(ts), float(oldest), float(latest)
    return low < at < high or (inclusive and at in (low, high))


METHODS = {
    "conversations.open": Method(open_, "im:write"),
    "conversations.info": Method(info),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
}
