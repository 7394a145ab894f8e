"""The `chat.*` methods.

Source: Slack's method reference. `chat.update` keeps the old blocks where none are given,
as facts about the real one say; newer reference text has it remove them when `text` is
given: a bot that always sends blocks is right either way.
"""

from __future__ import annotations

from typing import Any

from rehearsal.slack.block_kit import problems_of_message
from rehearsal.slack.messages import Json, Message
from rehearsal.slack.methods.arguments import Arguments, Method
from rehearsal.slack.people import BOT_USER, TEAM_DOMAIN
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace

MESSAGE_CHARACTERS = 40_000


def post_message(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    channel = workspace.post_target(given.need("channel"))
    text, blocks, metadata = _content(violations, given, "chat.postMessage")
    thread_ts = given.text("thread_ts") or None
    _check_thread(workspace, channel.id, thread_ts)
    message = workspace.post(channel.id, BOT_USER, text, blocks, thread_ts, metadata)
    return {"channel": channel.id, "ts": message.ts, "message": message.json(with_metadata=True)}


def update(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    channel = workspace.visible_channel(given.need("channel"))
    message = _own_message(workspace, channel.id, given.need("ts"), "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    text, blocks, metadata = _content(violations, given, "chat.update")
    if not given.has("blocks"):
        blocks = message.blocks
    kept = metadata if given.has("metadata") else message.metadata
    edited = workspace.edit(message, text or message.text, blocks, kept)
    return {"channel": channel.id, "ts": edited.ts, "text": edited.text, "message": edited.json()}


def delete(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    channel = workspace.visible_channel(given.need("channel"))
    message = _own_message(workspace, channel.id, given.need("ts"), "cant_delete_message")
    workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    channel = workspace.visible_channel(given.need("channel"))
    if channel.is_archived:
        raise SlackError("is_archived")
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    user = given.need("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks, _ = _content(violations, given, "chat.postEphemeral")
    thread_ts = given.text("thread_ts") or None
    message = workspace.whisper(
        channel.id, user, text, blocks, thread_ts, source="chat.postEphemeral"
    )
    return {"message_ts": message.ts}


def get_permalink(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    channel = workspace.visible_channel(given.need("channel"))
    ts = given.need("message_ts")
    message = workspace.message(channel.id, ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts not in (None, ts):
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _content(
    violations: ViolationLog, given: Arguments, method: str
) -> tuple[str, list[Json], Json | None]:
    """Text, blocks and metadata, checked as Slack checks them."""
    text, blocks = given.text("text"), given.structure("blocks") or []
    if not text and not blocks and not given.has("attachments"):
        violations.record("arguments", method, "neither text nor blocks")
        raise SlackError("no_text")
    if len(text) > MESSAGE_CHARACTERS:
        violations.record("length", method, f"{len(text)} characters of text")
        raise SlackError("msg_too_long")
    problems = problems_of_message({"text": text, "blocks": blocks})
    if problems:
        violations.record("blocks", method, "; ".join(problems))
        raise SlackError("invalid_blocks", response_metadata={"messages": problems})
    return text, blocks, _metadata(violations, given.structure("metadata"), method)


def _metadata(violations: ViolationLog, metadata: Any, method: str) -> Json | None:
    if metadata is None:
        return None
    named = isinstance(metadata, dict) and isinstance(metadata.get("event_type"), str)
    if not named or not isinstance(metadata.get("event_payload"), dict):
        violations.record("arguments", method, "metadata needs event_type and event_payload")
        raise SlackError("invalid_metadata_format")
    return dict(metadata)


def _check_thread(workspace: Workspace, channel: str, thread_ts: str | None) -> None:
    if thread_ts is None:
        return
    root = workspace.message(channel, thread_ts)
    if root is None:
        raise SlackError("thread_not_found")
    if root.thread_ts not in (None, root.ts):
        raise SlackError("cannot_reply_to_message")


def _own_message(workspace: Workspace, channel: str, ts: str, refusal: str) -> Message:
    message = workspace.message(channel, ts)
    if message is None:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


METHODS = {
    "chat.postMessage": Method(post_message, "chat:write", tier=None),
    "chat.update": Method(update, "chat:write", tier=3),
    "chat.delete": Method(delete, "chat:write", tier=3),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write", tier=4),
    "chat.getPermalink": Method(get_permalink, tier=4),
}
