"""The shapes of interactions, as the bot is sent them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

TITLE = {"type": "plain_text", "text": "x"}
OPTION = {"text": TITLE, "value": "v"}
MENU = {"type": "static_select", "action_id": "m", "options": [OPTION]}


@pytest.fixture
def last(listener):
    """The interaction the bot heard last."""
    return lambda: json.loads(parse_qs(listener.heard[-1].body)["payload"][0])


def test_a_click_on_a_message(sandbox, web, block, last):
    web.chat_postMessage(channel="C0OPS", text="root", blocks=[block()])
    [message] = sandbox.slack.messages("C0OPS")
    sandbox.slack.click("U0BOB", message, "approve")
    heard = last()
    assert heard["type"] == "block_actions"
    assert heard["user"]["id"] == "U0BOB"
    assert heard["channel"] == {"id": "C0OPS", "name": "ops"}
    assert heard["container"]["message_ts"] == heard["message"]["ts"] == message.ts
    assert heard["message"]["blocks"] == message.blocks
    [action] = heard["actions"]
    assert (action["action_id"], action["value"], action["type"]) == ("approve", "7", "button")
    assert action["block_id"] == message.blocks[0]["block_id"]
    assert {"trigger_id", "response_url", "team", "api_app_id", "state"} <= set(heard)


def test_a_click_in_a_thread_names_it(sandbox, web, block, last):
    root = web.chat_postMessage(channel="C0OPS", text="root")["ts"]
    web.chat_postMessage(channel="C0OPS", text="reply", thread_ts=root, blocks=[block()])
    [reply] = sandbox.slack.thread("C0OPS", root)
    sandbox.slack.click("U0BOB", reply, "approve")
    assert last()["container"]["thread_ts"] == last()["message"]["thread_ts"] == root


def test_a_choice_in_a_menu(sandbox, web, last):
    blocks = [{"type": "actions", "elements": [MENU]}]
    web.chat_postMessage(channel="C0OPS", text="root", blocks=blocks)
    [message] = sandbox.slack.messages("C0OPS")
    sandbox.slack.select("U0BOB", message, "m", "v")
    assert last()["actions"][0]["selected_option"] == OPTION
    with pytest.raises(LookupError, match="no option 'w'"):
        sandbox.slack.select("U0BOB", message, "m", "w")


def test_a_click_in_app_home(sandbox, web, block, last):
    web.views_publish(user_id="U0ANN", view={"type": "home", "blocks": [block()]})
    home = sandbox.slack.home("U0ANN")
    sandbox.slack.click("U0ANN", home, "approve")
    heard = last()
    assert heard["container"] == {"type": "view", "view_id": home.id}
    assert heard["view"]["hash"] == home.hash
    assert "message" not in heard
    assert "response_url" not in heard


@pytest.mark.parametrize(
    ("channel", "name"), [("G0PRIVATE", "privategroup"), ("D0ANN", "directmessage")]
)
def test_channels_without_a_name_of_their_own(sandbox, web, listener, channel, name):
    web.conversations_open(users="U0ANN")
    sandbox.slack.command("U0ANN", channel, "help")
    assert parse_qs(listener.heard[-1].body)["channel_name"] == [name]


def test_a_message_shortcut(sandbox, last):
    message = sandbox.slack.say("U0ANN", "C0OPS", "look")
    sandbox.slack.shortcut("U0BOB", "status", message)
    heard = last()
    assert (heard["type"], heard["callback_id"]) == ("message_action", "status")
    assert (heard["message"]["text"], heard["message_ts"]) == ("look", message.ts)


def test_any_event(sandbox, listener):
    sandbox.slack.event({"type": "channel_archive", "channel": "C0OPS", "user": "U0ANN"})
    body = json.loads(listener.heard[-1].body)
    assert body["event"]["type"] == "channel_archive"
    assert {"event_id", "event_time", "team_id", "authorizations"} <= set(body)
