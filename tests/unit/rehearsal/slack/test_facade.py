"""A bare Bolt app between the stand-in's people, over both transports."""

from __future__ import annotations

import pytest
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient

TITLE = {"type": "plain_text", "text": "Deny"}
FIELD = {"type": "plain_text_input", "action_id": "text"}
INPUT = {"type": "input", "block_id": "why", "label": TITLE, "element": FIELD}
MENU = {"type": "external_select", "action_id": "image", "min_query_length": 0}
PICK = {"type": "input", "block_id": "pick", "label": TITLE, "element": MENU}
MODAL = {
    "type": "modal",
    "callback_id": "deny",
    "title": TITLE,
    "submit": TITLE,
    "blocks": [INPUT, PICK],
}
OPTION = {"text": TITLE, "value": "62137902"}


def _register(app, block):
    """A small bot that uses every surface."""
    _register_messages(app, block)
    _register_modal(app)
    _register_elsewhere(app, block)


def _register_messages(app, block):

    @app.command("/image")
    def command(ack, command, say):
        ack(f"heard {command['text']}")
        say(text="root", blocks=[block(), block("deny", "7", "Deny")])

    @app.action("approve")
    def approve(ack, body, client):
        ack()
        ts = body["message"]["ts"]
        client.chat_update(channel=body["channel"]["id"], ts=ts, text="approved", blocks=[])
        client.chat_postMessage(
            channel=body["channel"]["id"], text=f"by {body['user']['id']}", thread_ts=ts
        )


def _register_modal(app):
    @app.action("deny")
    def deny(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.options("image")
    def options(ack, payload):
        ack(options=[OPTION] if payload["value"] == "web" else [])

    @app.view("deny")
    def denied(ack, body, client):
        values = body["view"]["state"]["values"]
        if values["why"]["text"]["value"] == "no":
            ack(response_action="errors", errors={"why": "say more"})
            return
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text="denied")


def _register_elsewhere(app, block):
    @app.event("app_home_opened")
    def home(event, client):
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [block()]})

    @app.event("app_mention")
    def mention(event, say):
        say(text="you called", thread_ts=event.get("thread_ts") or event["ts"])

    @app.shortcut("status")
    def shortcut(ack, shortcut, respond):
        ack()
        if "message" in shortcut:
            respond(f"of {shortcut['message']['text']}")


@pytest.fixture(params=["http", "socket"])
def slack(request, sandbox, bolt, block):
    """The workspace with the small bot connected."""
    if request.param == "http":
        request.getfixturevalue("bolt_http")
        _register(bolt, block)
        yield sandbox.slack
        return
    _register(bolt, block)
    env = sandbox.settings(socket=True)
    web = WebClient(token=env["SLACK_APP_TOKEN"], base_url=env["SLACK_API_URL"])
    handler = SocketModeHandler(bolt, env["SLACK_APP_TOKEN"], web_client=web)
    handler.connect()
    sandbox.slack.connect_socket()
    yield sandbox.slack
    handler.client.auto_reconnect_enabled = False
    sandbox.slack.drop_sockets()  # or its reader holds close() up for three seconds
    handler.close()


def test_from_the_command_to_the_thread(slack):
    ack = slack.command("U0ANN", "C0OPS", "transfer 62137902 nyc3")
    assert (ack.text, ack.visible_to) == ("heard transfer 62137902 nyc3", "U0ANN")
    [root] = slack.wait_for(lambda: slack.messages("C0OPS"), what="the root")
    assert slack.click("U0BOB", root, "approve").ok
    [reply] = slack.wait_for(lambda: slack.thread("C0OPS", root.ts), what="the reply")
    assert reply.text == "by U0BOB"
    [now] = slack.messages("C0OPS")
    assert (now.text, now.blocks) == ("approved", [])
    with pytest.raises(LookupError, match="no element 'approve'"):
        slack.click("U0CAT", now, "approve")
    assert slack.click("U0CAT", root, "approve").ok  # a client that has not been told yet
    assert slack.violations == []


def test_a_modal_with_options_and_errors(slack):
    slack.command("U0ANN", "C0OPS", "x")
    [root] = slack.wait_for(lambda: slack.messages("C0OPS"), what="the root")
    slack.click("U0BOB", root, "deny")
    [view] = slack.wait_for(lambda: slack.views("U0BOB"), what="the modal")
    assert slack.options("U0BOB", view, "image", "web").options == [OPTION]
    assert slack.options("U0BOB", view, "image", "db").options == []
    filled = {"why": {"text": "no"}, "pick": {"image": OPTION}}
    slack.submit_view("U0BOB", view, filled)
    [view] = slack.views("U0BOB")
    assert view.errors == {"why": "say more"}
    slack.submit_view("U0BOB", view, {**filled, "why": {"text": "too late at night"}})
    assert slack.views("U0BOB") == []
    told = slack.wait_for(lambda: slack.direct_messages("U0BOB"), what="the direct message")
    assert told[0].text == "denied"
    assert slack.violations == []


def test_home_mention_and_shortcut(slack):
    slack.open_home("U0ANN")
    home = slack.wait_for(lambda: slack.home("U0ANN"), what="the home")
    assert home.blocks[0]["elements"][0]["action_id"] == "approve"
    slack.mention("U0ANN", "C0OPS", "status")
    [said] = slack.messages("C0OPS")
    [reply] = slack.wait_for(lambda: slack.thread("C0OPS", said.ts), what="the answer")
    assert reply.text == "you called"
    slack.shortcut("U0ANN", "status", said)
    [seen] = slack.wait_for(lambda: slack.ephemerals("U0ANN"), what="the answer")
    assert seen.text == "of <@U0BOT> status"
    assert slack.shortcut("U0ANN", "status").ok


def test_what_bolt_does_not_know_is_told_to_the_person(slack):
    slack.delivery.ack_seconds = 0.5
    ack = slack.command("U0ANN", "C0OPS", "x", command="/other")
    # Over HTTP Bolt answers 404; over a socket it never acks.
    assert ack.error in ("dispatch_failed", "operation_timeout")
    assert "/other failed" in slack.ephemerals("U0ANN")[0].text
