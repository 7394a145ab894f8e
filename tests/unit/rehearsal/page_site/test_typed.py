"""What is typed into the page's message box reaches Slack as Slack's own client sends it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

from rehearsal.page_site.typed import enter

ANN, OPS = "U0ANN", "C0OPS"


def test_a_command_is_sent_exactly_as_typed(sandbox, listener):
    enter(sandbox.slack, ANN, OPS, '/image transfer "a  b" <nyc3> & more ', None)
    (heard,) = listener.heard
    assert parse_qs(heard.body)["text"] == ['transfer "a  b" <nyc3> & more']


def test_a_mention_is_an_event_with_the_rest_of_the_words(sandbox, listener):
    enter(sandbox.slack, ANN, OPS, "@image-bot status", None)
    event = json.loads(listener.heard[0].body)["event"]
    assert (event["type"], event["text"]) == ("app_mention", "<@U0BOT> status")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hi @bob and @leads in #prod", "hi <@U0BOB> and <!subteam^S0LEADS> in <#C0PROD>"),
        ("a <b> & c", "a &lt;b&gt; &amp; c"),
        ("ann@bob.example @nobody #none", "ann@bob.example @nobody #none"),
    ],
)
def test_talk_is_escaped_and_names_become_mentions(sandbox, listener, typed, said):
    enter(sandbox.slack, ANN, OPS, typed, None)
    assert sandbox.slack.messages(OPS)[-1].text == said
    assert listener.heard == []


def test_what_slack_itself_says(sandbox, listener):
    assert "not a valid command" in enter(sandbox.slack, ANN, OPS, "/nothing", None)
    assert "no slash commands in threads" in enter(sandbox.slack, ANN, OPS, "/image help", "1.1")
    assert listener.heard == []


def test_the_bot_can_be_invited(sandbox, listener):
    assert enter(sandbox.slack, ANN, "C0QUIET", "/invite @image-bot", None) is None
    assert "U0BOT" in sandbox.slack.channels["C0QUIET"].members
