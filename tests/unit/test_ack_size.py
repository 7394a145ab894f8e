"""What of an ack fits into a frame, counted in bytes of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.ack_size import FRAME_BYTES, fit
from bot.slack.socket_mode import SocketMode
from rehearsal import Sandbox


def _option(n: int, letter: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": letter * 60 + str(n)}, "value": str(n)}


@pytest.mark.parametrize("letter", ["a", "ю", "💾", '"'])
@pytest.mark.parametrize("many", [0, 1, 39, 100])
def test_the_first_options_stay_and_fit(letter: str, many: int) -> None:
    options = [_option(n, letter) for n in range(many)]
    fitted = fit({"options": options})
    kept = fitted.ack["options"]
    assert kept == options[: len(kept)]
    assert len(json.dumps({"envelope_id": "0" * 36, "payload": fitted.ack})) <= FRAME_BYTES
    if len(json.dumps(options)) < 20_000:
        assert kept == options


def test_groups_are_cut_as_their_options_are() -> None:
    options = [_option(n, "ю") for n in range(40)]
    groups = [{"label": {"type": "plain_text", "text": "x"}, "options": options}] * 3
    fitted = fit({"option_groups": groups}).ack["option_groups"]
    assert len(fitted[-1]["options"]) < 40
    assert len(json.dumps(fitted)) <= FRAME_BYTES


def test_a_message_is_sent_whole_or_not_at_all() -> None:
    short = {"text": "short", "response_type": "ephemeral"}
    assert fit(short).ack == short
    assert not fit(short).rest
    long = {"text": "ю" * 4000, "blocks": [], "response_type": "ephemeral"}
    assert fit(long).ack == {}
    assert fit(long).rest == long


def test_what_no_ack_holds_is_handed_on_after_an_empty_one() -> None:
    """Over a real WebSocket, which the stand-in ends at a frame that is too long."""
    with Sandbox(lifetime=60) as sandbox:
        settings = sandbox.settings(socket=True)
        bolt = App(
            signing_secret="unused",
            client=WebClient(base_url=settings["SLACK_API_URL"]),
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id="T", bot_token="xoxb-1"),
            process_before_response=True,
        )
        said = "ю" * 3900

        @bolt.command("/image")
        def image(ack: Any) -> None:
            ack(text=said)

        handed_on = []
        client = WebClient(token=settings["SLACK_APP_TOKEN"], base_url=settings["SLACK_API_URL"])
        socket = SocketMode(
            bolt, client, overflow=lambda body, rest: handed_on.append((body["command"], rest.text))
        )
        socket.start()
        sandbox.slack.connect_socket(timeout=30)
        try:
            ack = sandbox.slack.command("U0ANN", "C0OPS", "help")
            assert ack.ok
            assert ack.text == ""
            sandbox.slack.wait_for(lambda: handed_on, what="the message")
            assert handed_on == [("/image", said)]
            assert sandbox.slack.sockets.opened == 1
        finally:
            socket.stop()
