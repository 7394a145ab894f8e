"""The `chat.*` methods."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError


def test_a_root_and_its_thread(sandbox, web, block):
    root = web.chat_postMessage(channel="C0OPS", text="root", blocks=[block()])
    reply = web.chat_postMessage(channel="C0OPS", text="reply", thread_ts=root["ts"])
    assert root["ts"] < reply["ts"]
    [seen] = sandbox.slack.messages("C0OPS")
    assert (seen.ts, seen.user, seen.text, seen.thread_ts) == (root["ts"], "U0BOT", "root", None)
    assert seen.blocks[0]["elements"][0]["action_id"] == "approve"
    assert seen.blocks[0]["block_id"]
    [answer] = sandbox.slack.thread("C0OPS", root["ts"])
    assert (answer.text, answer.thread_ts) == ("reply", root["ts"])
    assert sandbox.slack.violations == []


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("G0PRIVATE", "channel_not_found"),
        ("U0NOBODY", "channel_not_found"),
    ],
)
def test_where_it_cannot_post(web, error_of, where, error):
    assert error_of(web.chat_postMessage, channel=where, text="x") == error


def test_by_name_and_to_a_person(sandbox, web):
    assert web.chat_postMessage(channel="#ops", text="x")["channel"] == "C0OPS"
    assert web.chat_postMessage(channel="U0ANN", text="hello")["channel"] == "D0ANN"
    assert [each.text for each in sandbox.slack.direct_messages("U0ANN")] == ["hello"]


def test_a_public_channel_without_the_bot_needs_a_scope(sandbox, web, error_of):
    assert web.chat_postMessage(channel="C0QUIET", text="x")["ok"]
    sandbox.slack.revoke("chat:write.public")
    assert error_of(web.chat_postMessage, channel="C0QUIET", text="x") == "not_in_channel"


def test_archived_removed_invited(sandbox, web, error_of):
    ts = web.chat_postMessage(channel="C0PROD", text="x")["ts"]
    sandbox.slack.archive("C0PROD")
    assert error_of(web.chat_postMessage, channel="C0PROD", text="x") == "is_archived"
    assert error_of(web.chat_update, channel="C0PROD", ts=ts, text="y") == "is_inactive"
    sandbox.slack.archive("C0PROD", archived=False)
    assert web.chat_update(channel="C0PROD", ts=ts, text="y")["ok"]
    sandbox.slack.invite_bot("G0PRIVATE")
    assert web.chat_postMessage(channel="G0PRIVATE", text="x")["ok"]
    sandbox.slack.remove_bot("G0PRIVATE")
    assert error_of(web.chat_postMessage, channel="G0PRIVATE", text="x") == "channel_not_found"


@pytest.mark.parametrize(
    ("given", "error", "kind"),
    [
        ({}, "no_text", "arguments"),
        ({"text": "x" * 40_001}, "msg_too_long", "length"),
        ({"text": "x", "blocks": [{"type": "fancy"}]}, "invalid_blocks", "blocks"),
        ({"text": "x", "metadata": {"event_type": "t"}}, "invalid_metadata_format", "arguments"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text`")  # leaving it out is the point
def test_what_it_refuses_and_holds_against_the_bot(sandbox, web, error_of, given, error, kind):
    assert error_of(web.chat_postMessage, channel="C0OPS", **given) == error
    assert [each.kind for each in sandbox.slack.violations] == [kind]
    assert sandbox.slack.messages("C0OPS") == []


def test_refused_blocks_say_where(web):
    with pytest.raises(SlackApiError) as raised:
        web.chat_postMessage(channel="C0OPS", text="x", blocks=[{"type": "section"}])
    [message] = raised.value.response["response_metadata"]["messages"]
    assert "json-pointer:/blocks/0" in message


def test_threads_that_are_not_there(sandbox, web, error_of):
    missing = {"channel": "C0OPS", "text": "x", "thread_ts": "1.000001"}
    assert error_of(web.chat_postMessage, **missing) == "thread_not_found"
    root = web.chat_postMessage(channel="C0OPS", text="root")["ts"]
    reply = web.chat_postMessage(channel="C0OPS", text="reply", thread_ts=root)["ts"]
    under = {"channel": "C0OPS", "text": "x", "thread_ts": reply}
    assert error_of(web.chat_postMessage, **under) == "cannot_reply_to_message"


def test_an_update_keeps_every_version(sandbox, web, block):
    posted = web.chat_postMessage(channel="C0OPS", text="one", blocks=[block()])
    web.chat_update(channel="C0OPS", ts=posted["ts"], text="two", blocks=[])
    [message] = sandbox.slack.messages("C0OPS")
    assert (message.text, message.blocks) == ("two", [])
    assert [each.text for each in message.versions] == ["one", "two"]
    assert message.versions[0].blocks[0]["type"] == "actions"


def test_an_update_without_blocks_keeps_the_old_ones(sandbox, web, block):
    posted = web.chat_postMessage(channel="C0OPS", text="one", blocks=[block()])
    web.chat_update(channel="C0OPS", ts=posted["ts"], text="two")
    assert sandbox.slack.messages("C0OPS")[0].blocks[0]["type"] == "actions"


def test_what_cannot_be_updated(sandbox, web, error_of):
    missing = {"channel": "C0OPS", "ts": "1.000001", "text": "x"}
    assert error_of(web.chat_update, **missing) == "message_not_found"
    ts = sandbox.slack.say("U0ANN", "C0OPS", "mine").ts
    assert error_of(web.chat_update, channel="C0OPS", ts=ts, text="x") == "cant_update_message"
    ts = web.chat_postMessage(channel="U0ANN", text="x")["ts"]
    assert error_of(web.chat_update, channel="U0ANN", ts=ts, text="y") == "channel_not_found"
    assert web.chat_update(channel="D0ANN", ts=ts, text="y")["ok"]


def test_a_deleted_message_is_gone(sandbox, web, error_of):
    ts = web.chat_postMessage(channel="C0OPS", text="x")["ts"]
    web.chat_delete(channel="C0OPS", ts=ts)
    assert sandbox.slack.messages("C0OPS") == []
    assert error_of(web.chat_update, channel="C0OPS", ts=ts, text="x") == "message_not_found"


def test_an_ephemeral_is_seen_by_one(sandbox, web, error_of):
    web.chat_postEphemeral(channel="C0OPS", user="U0ANN", text="psst")
    [seen] = sandbox.slack.ephemerals("U0ANN")
    assert (seen.text, seen.visible_to, seen.channel) == ("psst", "U0ANN", "C0OPS")
    assert sandbox.slack.ephemerals("U0BOB") == sandbox.slack.messages("C0OPS") == []
    quiet = {"channel": "C0QUIET", "user": "U0ANN", "text": "x"}
    assert error_of(web.chat_postEphemeral, **quiet) == "not_in_channel"
    nobody = {"channel": "C0OPS", "user": "U0NOBODY", "text": "x"}
    assert error_of(web.chat_postEphemeral, **nobody) == "user_not_in_channel"


def test_permalinks(web, error_of):
    root = web.chat_postMessage(channel="C0OPS", text="x")["ts"]
    reply = web.chat_postMessage(channel="C0OPS", text="x", thread_ts=root)["ts"]
    link = web.chat_getPermalink(channel="C0OPS", message_ts=reply)["permalink"]
    assert link.endswith(f"/archives/C0OPS/p{reply.replace('.', '')}?thread_ts={root}&cid=C0OPS")
    missing = {"channel": "C0OPS", "message_ts": "1.000001"}
    assert error_of(web.chat_getPermalink, **missing) == "message_not_found"
