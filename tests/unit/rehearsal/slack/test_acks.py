"""What people see of an ack."""

from __future__ import annotations

import json

import pytest

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}
TITLE = {"type": "plain_text", "text": "Title"}
FIELD = {"type": "plain_text_input", "action_id": "text"}
INPUT = {"type": "input", "block_id": "why", "label": TITLE, "element": FIELD}
MODAL = {"type": "modal", "title": TITLE, "submit": TITLE, "blocks": [SECTION, INPUT]}
MENU = {"type": "external_select", "action_id": "image"}


@pytest.fixture
def slack(sandbox):
    return sandbox.slack


@pytest.fixture
def opened(slack, web):
    """Shows ann a modal."""

    def show(view=MODAL):
        trigger = slack.workspace.new_trigger("U0ANN")
        web.views_open(trigger_id=trigger, view=view)
        return slack.views("U0ANN")[-1]

    return show


def test_plain_text_is_seen_by_its_sender(slack, listener):
    listener.says("only you")
    ack = slack.command("U0ANN", "C0OPS", "help")
    assert (ack.text, ack.visible_to, ack.ok) == ("only you", "U0ANN", True)
    [seen] = slack.ephemerals("U0ANN")
    assert (seen.text, seen.channel, seen.source) == ("only you", "C0OPS", "ack")
    assert slack.messages("C0OPS") == []


def test_an_empty_ack_shows_nothing(slack, listener):
    ack = slack.command("U0ANN", "C0OPS", "help")
    assert (ack.status, ack.text, ack.visible_to) == (200, "", None)
    assert slack.ephemerals("U0ANN") == []


def test_json_is_ephemeral_unless_it_says_otherwise(slack, listener):
    listener.says(json.dumps({"text": "x", "blocks": [SECTION]}), json=True)
    ack = slack.command("U0ANN", "C0OPS", "help")
    assert (ack.visible_to, ack.blocks) == ("U0ANN", [SECTION])
    listener.says(json.dumps({"text": "all", "response_type": "in_channel"}), json=True)
    ack = slack.command("U0ANN", "C0OPS", "help")
    assert ack.visible_to == "C0OPS"
    assert [each.text for each in slack.messages("C0OPS")] == ["all"]


def test_bad_blocks_in_an_ack_are_held_against_the_bot(slack, listener):
    listener.says(json.dumps({"blocks": [{"type": "fancy"}]}), json=True)
    assert slack.command("U0ANN", "C0OPS", "help").error == "dispatch_failed"
    assert "blocks" in {each.kind for each in slack.violations}


def test_text_that_only_looks_like_json_is_text(slack, listener):
    listener.says('{"text": "x"}')
    assert slack.command("U0ANN", "C0OPS", "help").text == '{"text": "x"}'


def test_a_broken_json_ack_is_an_error(slack, listener):
    listener.says('{"text":', json=True)
    assert slack.command("U0ANN", "C0OPS", "help").error == "dispatch_failed"


def test_nothing_said_closes_the_view(slack, listener, opened):
    slack.submit_view("U0ANN", opened(), {"why": {"text": "because"}})
    assert slack.views("U0ANN") == []


def test_errors_stand_at_their_inputs(slack, listener, opened):
    listener.says(json.dumps({"response_action": "errors", "errors": {"why": "no"}}), json=True)
    ack = slack.submit_view("U0ANN", opened(), {"why": {"text": "because"}})
    assert ack.ok
    assert slack.views("U0ANN")[0].errors == {"why": "no"}


@pytest.mark.parametrize(
    "body",
    [
        {"response_action": "errors", "errors": {"elsewhere": "no"}},
        {"response_action": "errors"},
        {"response_action": "dance"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "push"},
    ],
)
def test_what_makes_no_sense_is_held_against_the_bot(slack, listener, opened, body):
    listener.says(json.dumps(body), json=True)
    ack = slack.submit_view("U0ANN", opened(), {"why": {"text": "because"}})
    assert ack.error == "dispatch_failed"
    assert slack.violations
    assert len(slack.views("U0ANN")) == 1


def test_update_push_clear(slack, listener, opened):
    view = opened()
    filled = {"why": {"text": "because"}}
    new = {**MODAL, "callback_id": "second"}
    listener.says(json.dumps({"response_action": "update", "view": new}), json=True)
    slack.submit_view("U0ANN", view, filled)
    assert [each.callback_id for each in slack.views("U0ANN")] == ["second"]
    listener.says(json.dumps({"response_action": "push", "view": new}), json=True)
    slack.submit_view("U0ANN", slack.views("U0ANN")[0], filled)
    first, second = slack.views("U0ANN")
    assert second.previous_view_id == first.id
    listener.says(json.dumps({"response_action": "clear"}), json=True)
    slack.submit_view("U0ANN", second, filled)
    assert slack.views("U0ANN") == []


def test_a_view_closed_is_told_where_it_was_asked_for(slack, listener, opened):
    assert slack.close_view("U0ANN", opened()) is None
    assert listener.heard == []
    ack = slack.close_view("U0ANN", opened({**MODAL, "notify_on_close": True}))
    assert ack is not None
    assert len(listener.heard) == 1
    assert slack.views("U0ANN") == []


def test_options_are_offered(slack, listener, opened):
    option = {"text": TITLE, "value": "62137902"}
    view = opened({**MODAL, "blocks": [{**INPUT, "element": MENU}]})
    listener.says(json.dumps({"options": [option]}), json=True)
    assert slack.options("U0ANN", view, "image", "web").options == [option]
    listener.says(json.dumps({"options": [{"text": "web"}]}), json=True)
    assert slack.options("U0ANN", view, "image", "web").error == "dispatch_failed"
