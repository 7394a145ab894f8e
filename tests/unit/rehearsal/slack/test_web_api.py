"""Tokens, scopes, paces and faults, seen by Slack's own client."""

from __future__ import annotations

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from rehearsal.slack.rates import Limits


def error_of(call, *args, **kwargs):
    with pytest.raises(SlackApiError) as raised:
        call(*args, **kwargs)
    return raised.value.response


def kinds(sandbox):
    return [each.kind for each in sandbox.slack.violations]


def test_who_am_i(web):
    answer = web.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        "U0BOT",
        "B0BOT",
        "T0SANDBOX",
    )
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_tokens_are_checked(sandbox, token, error):
    client = WebClient(token=token, base_url=sandbox.settings()["SLACK_API_URL"])
    assert error_of(client.auth_test)["error"] == error
    assert kinds(sandbox) == ["token"]


def test_a_token_in_the_form_will_do(sandbox):
    env = sandbox.settings()
    answer = requests.post(
        env["SLACK_API_URL"] + "auth.test", data={"token": env["SLACK_BOT_TOKEN"]}, timeout=5
    )
    assert answer.json()["ok"] is True


def test_the_app_token_opens_sockets_and_nothing_else(sandbox):
    env = sandbox.settings(socket=True)
    client = WebClient(token=env["SLACK_APP_TOKEN"], base_url=env["SLACK_API_URL"])
    assert client.apps_connections_open(app_token=env["SLACK_APP_TOKEN"])["url"].startswith("ws://")
    assert error_of(client.auth_test)["error"] == "not_allowed_token_type"
    refused = error_of(client.apps_connections_open, app_token=env["SLACK_BOT_TOKEN"])
    assert refused["error"] == "not_allowed_token_type"


def test_an_unknown_method(sandbox, web):
    assert error_of(web.api_call, "images.transfer")["error"] == "unknown_method"
    assert kinds(sandbox) == ["method"]


def test_a_missing_scope_says_what_is_needed(sandbox, web):
    refused = error_of(web.conversations_history, channel="C0OPS")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "channels:history")
    assert "chat:write" in refused["provided"]
    sandbox.slack.grant("channels:history")
    assert web.conversations_history(channel="C0OPS")["messages"] == []
    sandbox.slack.revoke("chat:write")
    refused = error_of(web.chat_postMessage, channel="C0OPS", text="x")
    assert refused["needed"] == "chat:write"
    assert sandbox.slack.violations == []


def test_a_bot_that_does_not_pace_itself_is_caught(sandbox, web):
    for number in range(3):
        web.chat_postMessage(channel="C0OPS", text=str(number))
    limited = error_of(web.chat_postMessage, channel="C0OPS", text="too many")
    assert (limited.status_code, limited["error"]) == (429, "ratelimited")
    assert limited.headers["Retry-After"] == "1"
    web.chat_postMessage(channel="C0PROD", text="another channel")
    assert kinds(sandbox) == ["rate"]
    assert len(sandbox.slack.messages("C0OPS")) == 3


def test_paces_can_be_changed(sandbox, web):
    sandbox.slack.rates.limits = Limits(post_burst=100)
    for number in range(50):
        web.chat_postMessage(channel="C0OPS", text=str(number))
    assert sandbox.slack.violations == []


@pytest.mark.parametrize(
    ("planned", "status", "error", "retry_after"),
    [
        ({"error": "ratelimited", "retry_after": 2}, 429, "ratelimited", "2"),
        ({"error": "invalid_auth"}, 200, "invalid_auth", None),
        ({"error": "fatal_error", "status": 500}, 500, "fatal_error", None),
    ],
)
def test_planned_errors_are_no_violations(sandbox, web, planned, status, error, retry_after):
    sandbox.slack.faults.fail("chat.postMessage", **planned)
    failed = error_of(web.chat_postMessage, channel="C0OPS", text="x")
    assert (failed.status_code, failed["error"]) == (status, error)
    assert failed.headers.get("Retry-After") == retry_after
    assert web.chat_postMessage(channel="C0OPS", text="x")["ok"]
    assert sandbox.slack.violations == []
    assert len(sandbox.slack.messages("C0OPS")) == 1


def test_a_bare_500_has_no_json(sandbox):
    env = sandbox.settings()
    sandbox.slack.faults.fail("chat.*", status=500)
    answer = requests.post(env["SLACK_API_URL"] + "chat.update", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (500, "text/html")


def test_a_fault_for_one_channel(sandbox, web):
    sandbox.slack.faults.fail("chat.postMessage", error="is_archived", channel="C0PROD")
    assert web.chat_postMessage(channel="C0OPS", text="x")["ok"]
    failed = error_of(web.chat_postMessage, channel="C0PROD", text="x")
    assert failed["error"] == "is_archived"


@pytest.mark.parametrize(("after", "posted"), [(False, 0), (True, 1)])
def test_a_dropped_connection_before_and_after_the_work(sandbox, after, posted):
    env = sandbox.settings()
    sandbox.slack.faults.drop("chat.postMessage", after=after)
    with pytest.raises(requests.ConnectionError):
        requests.post(
            env["SLACK_API_URL"] + "chat.postMessage",
            json={"channel": "C0OPS", "text": "x"},
            headers={"Authorization": f"Bearer {env['SLACK_BOT_TOKEN']}"},
            timeout=5,
        )
    assert len(sandbox.slack.messages("C0OPS")) == posted


def test_silence(sandbox):
    sandbox.slack.faults.hang("auth.test")
    with pytest.raises(requests.ReadTimeout):
        requests.post(sandbox.settings()["SLACK_API_URL"] + "auth.test", timeout=0.2)


def test_calls_are_kept_in_order_without_the_token(sandbox, web):
    web.auth_test()
    web.chat_postMessage(channel="C0OPS", text="x")
    assert [call.method for call in sandbox.slack.calls] == ["auth.test", "chat.postMessage"]
    assert sandbox.slack.calls[1].args == {"channel": "C0OPS", "text": "x"}
    assert sandbox.slack.calls[1].answer["ok"] is True
