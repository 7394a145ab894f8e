"""Signed HTTP, judged by Slack's own verifier."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier


def test_a_command_is_a_signed_flat_form(sandbox, listener):
    sandbox.slack.command("U0ANN", "C0OPS", "transfer 1 <nyc3> & “more”")
    [heard] = listener.heard
    verifier = SignatureVerifier(sandbox.settings()["SLACK_SIGNING_SECRET"])
    assert verifier.is_valid_request(heard.body, heard.headers)
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"
    form = {name: values[0] for name, values in parse_qs(heard.body).items()}
    assert form["command"] == "/image"
    assert form["text"] == "transfer 1 <nyc3> & “more”"
    assert (form["user_id"], form["user_name"]) == ("U0ANN", "ann")
    assert (form["channel_id"], form["channel_name"]) == ("C0OPS", "ops")
    assert set(form) == {
        *("token", "team_id", "team_domain", "channel_id", "channel_name", "user_id"),
        *("user_name", "command", "text", "api_app_id", "is_enterprise_install"),
        *("response_url", "trigger_id"),
    }


def test_an_interaction_is_json_in_a_form(sandbox, listener):
    sandbox.slack.shortcut("U0ANN", "transfer")
    [heard] = listener.heard
    payload = json.loads(parse_qs(heard.body)["payload"][0])
    assert (payload["type"], payload["callback_id"]) == ("shortcut", "transfer")


def test_an_event_is_json(sandbox, listener):
    sandbox.slack.mention("U0ANN", "C0OPS", "status")
    [heard] = listener.heard
    assert heard.headers["content-type"] == "application/json"
    body = json.loads(heard.body)
    assert (body["type"], body["event"]["type"]) == ("event_callback", "app_mention")
    assert body["event"]["text"] == "<@U0BOT> status"
    assert body["event_id"].startswith("Ev")
    assert body["authorizations"][0]["user_id"] == "U0BOT"


def test_every_payload_has_ids_of_its_own(sandbox, listener):
    sandbox.slack.command("U0ANN", "C0OPS", "list")
    sandbox.slack.command("U0ANN", "C0OPS", "list")
    triggers = {parse_qs(heard.body)["trigger_id"][0] for heard in listener.heard}
    assert len(triggers) == 2


def test_forged_and_stale_requests_can_be_sent(sandbox, listener):
    body = b"command=/image"
    stale = sandbox.slack.sign(body, at=time.time() - 600)
    answer = sandbox.slack.post_raw(body, stale)
    assert answer.status == 200
    verifier = SignatureVerifier(sandbox.settings()["SLACK_SIGNING_SECRET"])
    assert not verifier.is_valid_request(body.decode(), listener.heard[0].headers)
