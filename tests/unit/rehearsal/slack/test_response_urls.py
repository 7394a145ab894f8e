"""Response URLs, used by Slack's own webhook client."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from slack_sdk.webhook import WebhookClient


@pytest.fixture
def slack(sandbox):
    return sandbox.slack


@pytest.fixture
def respond(slack, listener):
    """The response URL of a command ann typed, where the bot is not even in the channel."""
    slack.command("U0ANN", "G0PRIVATE", "help")
    return WebhookClient(parse_qs(listener.heard[-1].body)["response_url"][0])


def test_it_is_ephemeral_and_works_in_any_channel(slack, respond):
    assert respond.send(text="psst").body == "ok"
    [seen] = slack.ephemerals("U0ANN")
    assert (seen.text, seen.channel) == ("psst", "G0PRIVATE")
    respond.send(text="all", response_type="in_channel")
    assert [each.text for each in slack.messages("G0PRIVATE")] == ["all"]


def test_five_uses(slack, respond):
    for _ in range(5):
        assert respond.send(text="x").status_code == 200
    sixth = respond.send(text="x")
    assert (sixth.status_code, sixth.body) == (404, "used_url")
    assert [each.kind for each in slack.violations] == ["response_url"]


def test_thirty_minutes(slack, respond):
    slack.advance(29 * 60)
    assert respond.send(text="x").status_code == 200
    slack.advance(2 * 60)
    assert respond.send(text="x").body == "expired_url"


def test_refusals(slack, respond):
    assert respond.send(text="").status_code == 400
    assert respond.send(text="x", blocks=[{"type": "fancy"}]).body == "invalid_blocks"
    assert respond.send(text="x", replace_original=True).body == "message_not_found"
    assert WebhookClient(respond.url + "0").send(text="x").status_code == 404


@pytest.mark.parametrize("ephemeral", [True, False])
def test_the_message_clicked_can_be_replaced_and_deleted(slack, listener, web, block, ephemeral):
    if ephemeral:
        web.chat_postEphemeral(channel="C0OPS", user="U0BOB", text="old", blocks=[block()])
    else:
        web.chat_postMessage(channel="C0OPS", text="old", blocks=[block()])

    def shown():
        return slack.ephemerals("U0BOB") if ephemeral else slack.messages("C0OPS")

    slack.click("U0BOB", shown()[0], "approve")
    payload = slack.again(slack.click("U0BOB", shown()[0], "approve")).payload.data
    assert ("message" in payload) is not ephemeral
    assert payload["container"]["is_ephemeral"] is ephemeral
    hook = WebhookClient(payload["response_url"])
    assert hook.send(text="new", replace_original=True).body == "ok"
    assert [(each.text, len(each.versions)) for each in shown()] == [("new", 2)]
    assert hook.send(delete_original=True).body == "ok"
    assert shown() == []
