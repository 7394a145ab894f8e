"""Three seconds to ack, retries of events, and everything delivered at once."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest


@pytest.fixture
def slack(sandbox):
    return sandbox.slack


def retries(listener):
    headers = [heard.headers for heard in listener.heard]
    return [(each.get("x-slack-retry-num"), each.get("x-slack-retry-reason")) for each in headers]


def test_silence_is_told_to_the_person(slack, listener):
    slack.delivery.ack_seconds = 0.2
    listener.reply = lambda _: (time.sleep(0.5), (200, "late", {}))[1]
    ack = slack.command("U0ANN", "C0OPS", "list")
    assert (ack.status, ack.error, ack.ok) == (0, "operation_timeout", False)
    [told] = slack.ephemerals("U0ANN")
    assert "operation_timeout" in told.text
    assert told.user == "USLACKBOT"
    assert [each.kind for each in slack.violations] == ["ack"]


@pytest.mark.parametrize("status", [404, 500, 302])
def test_an_error_is_told_to_the_person(slack, listener, status):
    listener.says("", status)
    ack = slack.command("U0ANN", "C0OPS", "list")
    assert (ack.status, ack.error) == (status, "dispatch_failed")
    assert "dispatch_failed" in slack.ephemerals("U0ANN")[0].text


def test_nobody_listens(slack):
    slack.connect_http("http://127.0.0.1:9/slack/events")
    assert slack.command("U0ANN", "C0OPS", "list").error == "dispatch_failed"


def test_commands_are_never_retried(slack, listener):
    slack.delivery.retry_delays = (0, 0, 0)
    listener.says("", 500)
    slack.command("U0ANN", "C0OPS", "list")
    time.sleep(0.1)
    assert len(listener.heard) == 1


def test_events_are_retried_three_times_with_the_reason(slack, listener):
    slack.delivery.retry_delays = (0, 0.05, 0.05)
    listener.says("", 500)
    slack.mention("U0ANN", "C0OPS", "status")
    slack.wait_for(lambda: len(listener.heard) == 4, what="three retries")
    assert retries(listener) == [
        (None, None),
        ("1", "http_error"),
        ("2", "http_error"),
        ("3", "http_error"),
    ]
    ids = {json.loads(heard.body)["event_id"] for heard in listener.heard}
    assert len(ids) == 1
    assert slack.ephemerals("U0ANN") == []


def test_a_retry_that_is_acked_is_the_last(slack, listener):
    slack.delivery.retry_delays = (0, 0, 0)
    statuses = iter([500, 200, 200, 200])
    listener.reply = lambda _: (next(statuses), "", {})
    slack.mention("U0ANN", "C0OPS", "status")
    slack.wait_for(lambda: slack.repeated, what="the retry")
    time.sleep(0.1)
    assert len(listener.heard) == 2


def test_no_retry_is_heeded(slack, listener):
    slack.delivery.retry_delays = (0,)
    listener.reply = lambda _: (500, "", {"X-Slack-No-Retry": "1"})
    slack.mention("U0ANN", "C0OPS", "status")
    time.sleep(0.1)
    assert len(listener.heard) == 1


def test_the_real_delays_are_now_one_minute_and_five(slack):
    assert tuple(slack.delivery.retry_delays) == (0.0, 60.0, 300.0)


def test_a_payload_delivered_twice_is_the_very_same(slack, listener):
    slack.faults.deliver_twice(times=1)
    listener.says("heard")
    slack.command("U0ANN", "C0OPS", "list")
    slack.command("U0ANN", "C0OPS", "list")
    bodies = [heard.body for heard in listener.heard]
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] != bodies[2]
    assert [ack.text for ack in slack.repeated] == ["heard"]
    assert len(slack.ephemerals("U0ANN")) == 3


def test_only_the_kind_planned_is_delivered_twice(slack, listener):
    slack.faults.deliver_twice(kind="event")
    slack.command("U0ANN", "C0OPS", "list")
    slack.mention("U0ANN", "C0OPS", "status")
    assert len(listener.heard) == 3
    assert retries(listener)[-1] == ("1", "http_timeout")


def test_again_is_the_same_payload_later(slack, listener):
    ack = slack.command("U0ANN", "C0OPS", "list")
    assert slack.again(ack).status == 200
    first, second = (parse_qs(heard.body)["trigger_id"] for heard in listener.heard)
    assert first == second


def test_two_hundred_clicks_at_once(slack, listener, web, block):
    listener.reply = lambda _: (time.sleep(0.2), (200, "", {}))[1]
    web.chat_postMessage(channel="C0OPS", text="root", blocks=[block()])
    [message] = slack.messages("C0OPS")
    together = threading.Barrier(200)

    def click(_: int) -> int:
        together.wait()
        return slack.click("U0BOB", message, "approve").status

    start = time.monotonic()
    with ThreadPoolExecutor(200) as people:
        statuses = list(people.map(click, range(200)))
    # One after the other they would take forty seconds.
    assert time.monotonic() - start < 8
    assert statuses == [200] * 200


def test_without_a_bot_it_says_so(slack):
    with pytest.raises(RuntimeError, match="connect_http"):
        slack.command("U0ANN", "C0OPS", "list")


def test_the_challenge(slack, listener):
    listener.reply = lambda heard: (200, json.loads(heard.body)["challenge"], {})
    assert slack.verify_url("abc").body == "abc"


MENU = {
    "type": "input",
    "block_id": "image",
    "label": {"type": "plain_text", "text": "Image"},
    "element": {"type": "external_select", "action_id": "image", "min_query_length": 0},
}


def _view(slack, listener, web):
    slack.command("U0ANN", "C0OPS", "")
    trigger = parse_qs(listener.heard[-1].body)["trigger_id"][0]
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": [MENU]}
    modal["submit"] = {"type": "plain_text", "text": "Go"}
    web.views_open(trigger_id=trigger, view=modal)
    listener.heard.clear()
    return slack.views("U0ANN")[-1]


def test_menus_have_an_address_of_their_own(slack, listener, web):
    view = _view(slack, listener, web)
    slack.connect_http("http://127.0.0.1:9/slack/events", menus_url=listener.url)
    listener.says('{"options": []}', json=True)
    assert slack.options("U0ANN", view, "image").ok
    assert len(listener.heard) == 1


def test_without_an_address_a_menu_stays_empty_and_nothing_is_said(slack, listener, web):
    view = _view(slack, listener, web)
    slack.connect_http(listener.url)
    ack = slack.options("U0ANN", view, "image")
    assert (ack.error, ack.options, listener.heard) == ("no_address", [], [])
    assert slack.ephemerals("U0ANN") == []


def test_payloads_go_where_the_manifest_says(slack, listener):
    interactivity = {"is_enabled": True, "message_menu_options_url": listener.url}
    manifest = {
        "features": {"slash_commands": [{"command": "/other", "url": listener.url}]},
        "settings": {"interactivity": interactivity},
    }
    slack.install(manifest)
    assert slack.command("U0ANN", "C0OPS", "").payload.data["command"] == "/other"
    assert slack.command("U0ANN", "C0OPS", "", command="/image").error == "no_address"
    assert slack.mention("U0ANN", "C0OPS", "status").error == "no_address"
    assert slack.shortcut("U0ANN", "open_form").error == "no_address"
    assert len(listener.heard) == 1
