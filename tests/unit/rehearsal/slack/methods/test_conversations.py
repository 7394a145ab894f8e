"""The `conversations.*` methods."""

from __future__ import annotations

import pytest


@pytest.fixture
def history(sandbox, web):
    """Three roots, two of them with metadata, and a thread under the first."""
    sandbox.slack.grant("channels:history", "im:history", "channels:read")
    metadata = {"event_type": "step", "event_payload": {"key": "1"}}
    first = web.chat_postMessage(channel="C0OPS", text="one", metadata=metadata)["ts"]
    web.chat_postMessage(channel="C0OPS", text="two", metadata=metadata)
    web.chat_postMessage(channel="C0OPS", text="three")
    web.chat_postMessage(channel="C0OPS", text="reply", thread_ts=first, metadata=metadata)
    return first


def test_history_is_newest_first_and_roots_alone(web, history):
    listed = web.conversations_history(channel="C0OPS")
    assert [each["text"] for each in listed["messages"]] == ["three", "two", "one"]
    assert "metadata" not in listed["messages"][1]


def test_a_thread_is_oldest_first_with_its_root(web, history):
    listed = web.conversations_replies(channel="C0OPS", ts=history, include_all_metadata=True)
    assert [each["text"] for each in listed["messages"]] == ["one", "reply"]
    assert listed["messages"][1]["metadata"]["event_payload"] == {"key": "1"}


def test_pages(web, history):
    first = web.conversations_history(channel="C0OPS", limit=2)
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = web.conversations_history(channel="C0OPS", limit=2, cursor=cursor)
    assert [each["text"] for each in rest["messages"]] == ["one"]
    assert not rest["has_more"]


def test_oldest_and_latest(web, history):
    after = web.conversations_history(channel="C0OPS", oldest=history)
    assert [each["text"] for each in after["messages"]] == ["three", "two"]
    with_it = web.conversations_history(channel="C0OPS", oldest=history, inclusive=True)
    assert len(with_it["messages"]) == 3
    assert web.conversations_history(channel="C0OPS", latest=history)["messages"] == []


def test_what_cannot_be_read(sandbox, web, history, error_of):
    assert error_of(web.conversations_history, channel="C0QUIET") == "not_in_channel"
    assert error_of(web.conversations_history, channel="G0PRIVATE") == "channel_not_found"
    sandbox.slack.invite_bot("G0PRIVATE")
    assert error_of(web.conversations_history, channel="G0PRIVATE") == "missing_scope"
    missing = {"channel": "C0OPS", "ts": "1.000001"}
    assert error_of(web.conversations_replies, **missing) == "thread_not_found"


def test_direct_messages_are_opened(web, error_of):
    assert web.conversations_open(users="U0ANN")["channel"]["id"] == "D0ANN"
    assert web.conversations_open(users=["U0ANN"], return_im=True)["channel"]["is_im"]
    assert error_of(web.conversations_open, users="U0NOBODY") == "user_not_found"


def test_info(web, history, error_of):
    assert web.conversations_info(channel="C0OPS")["channel"]["is_member"]
    assert not web.conversations_info(channel="C0QUIET")["channel"]["is_member"]
    assert error_of(web.conversations_info, channel="C0NOWHERE") == "channel_not_found"


def test_without_a_scope_to_read_nothing_is_looked_up(sandbox, web, error_of):
    for channel in ("C0OPS", "C0NOWHERE", "G0PRIVATE"):
        assert error_of(web.conversations_info, channel=channel) == "missing_scope"
    sandbox.slack.grant("groups:read")
    assert error_of(web.conversations_info, channel="C0NOWHERE") == "channel_not_found"
    assert error_of(web.conversations_info, channel="C0OPS") == "missing_scope"
