"""Socket Mode, judged by Slack's own client."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress

import pytest
import websocket
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse


@pytest.fixture
def slack(sandbox):
    return sandbox.slack


class Bot:
    """A client that keeps what it is sent, and acks while `acks` is true."""

    def __init__(self, env, ping_interval=5.0):
        web = WebClient(token=env["SLACK_APP_TOKEN"], base_url=env["SLACK_API_URL"])
        self.acks, self.payload, self.requests, self.raw = True, None, [], []
        self.client = SocketModeClient(
            app_token=env["SLACK_APP_TOKEN"], web_client=web, ping_interval=ping_interval
        )
        self.client.on_message_listeners.append(lambda text: self.raw.append(json.loads(text)))
        self.client.socket_mode_request_listeners.append(self.take)

    def take(self, client, request):
        self.requests.append(request)
        if self.acks:
            client.send_socket_mode_response(
                SocketModeResponse(envelope_id=request.envelope_id, payload=self.payload)
            )


@pytest.fixture
def bots(sandbox):
    made = []

    def make(**kwargs):
        bot = Bot(sandbox.settings(socket=True), **kwargs)
        bot.client.connect()
        made.append(bot)
        return bot

    yield make
    for bot in made:
        bot.client.auto_reconnect_enabled = False
    sandbox.slack.drop_sockets()  # or their readers hold close() up for three seconds
    for bot in made:
        _close(bot.client)


def _close(client):
    """Its reader may take back that its session has ended, and then close() waits for ever."""
    closing = threading.Thread(target=_closed, args=(client,), daemon=True)
    closing.start()
    end = time.monotonic() + 30
    while closing.is_alive() and time.monotonic() < end:
        client.current_session_state.terminated = True
        closing.join(0.1)


def _closed(client):
    with suppress(Exception):
        client.close()


@pytest.fixture
def plain(sandbox):
    """WebSockets without any client's help."""
    opened = []

    def make():
        env = sandbox.settings(socket=True)
        web = WebClient(base_url=env["SLACK_API_URL"])
        url = web.apps_connections_open(app_token=env["SLACK_APP_TOKEN"])["url"]
        opened.append(websocket.create_connection(url, timeout=30))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_hello_comes_first(bots, slack):
    bot = bots()
    slack.connect_socket()
    slack.wait_for(lambda: bot.raw, what="hello")
    assert bot.raw[0]["type"] == "hello"
    assert bot.raw[0]["num_connections"] == 1


def test_without_a_socket_it_says_so(slack):
    with pytest.raises(AssertionError, match="no socket"):
        slack.connect_socket(timeout=0.1)


def test_each_kind_of_envelope_and_its_ack(bots, slack):
    bot = bots()
    slack.connect_socket()
    bot.payload = {"text": "only you"}
    ack = slack.command("U0ANN", "C0OPS", "help")
    assert (ack.status, ack.text, ack.visible_to) == (200, "only you", "U0ANN")
    bot.payload = None
    slack.shortcut("U0ANN", "transfer")
    slack.mention("U0ANN", "C0OPS", "status")
    assert [each.type for each in bot.requests] == ["slash_commands", "interactive", "events_api"]
    assert [each.accepts_response_payload for each in bot.requests] == [True, True, False]
    assert bot.requests[0].payload["text"] == "help"
    assert bot.requests[2].payload["event"]["type"] == "app_mention"
    assert slack.violations == []


def test_each_payload_goes_to_one_of_them(bots, slack):
    several = [bots() for _ in range(3)]
    slack.wait_for(lambda: slack.socket_count == 3)
    slack.connect_socket()
    for _ in range(9):
        assert slack.command("U0ANN", "C0OPS", "list").ok
    assert [len(bot.requests) for bot in several] == [3, 3, 3]


def test_the_eleventh_is_turned_away(plain, slack):
    for _ in range(10):
        assert json.loads(plain().recv())["type"] == "hello"
    turned_away = json.loads(plain().recv())
    assert (turned_away["type"], turned_away["reason"]) == ("disconnect", "too_many_websockets")
    assert slack.socket_count == 10


def test_an_address_is_good_once(plain, sandbox):
    url = sandbox.slack._thread.call(sandbox.slack.sockets.new_url)
    websocket.create_connection(url, timeout=30).close()
    with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
        websocket.create_connection(url, timeout=30)


def test_pings_both_ways(plain, sandbox):
    socket = plain()
    socket.recv()
    socket.ping("mine")
    frame = socket.recv_frame()
    assert (frame.opcode, frame.data) == (websocket.ABNF.OPCODE_PONG, b"mine")
    sandbox.slack._run(sandbox.slack.sockets.ping())
    assert socket.recv_frame().opcode == websocket.ABNF.OPCODE_PING


def test_silence_is_told_and_the_envelope_comes_again(bots, slack):
    slack.delivery.ack_seconds = 0.2
    bot = bots()
    slack.connect_socket()
    bot.acks = False
    ack = slack.command("U0ANN", "C0OPS", "list")
    assert ack.error == "operation_timeout"
    slack.wait_for(lambda: len(bot.requests) == 2, what="the same envelope again")
    assert len({each.envelope_id for each in bot.requests}) == 1


def test_an_event_comes_again_with_its_attempt(bots, slack):
    slack.delivery.ack_seconds, slack.delivery.retry_delays = 0.2, (0,)
    bot = bots()
    slack.connect_socket()
    bot.acks = False
    slack.mention("U0ANN", "C0OPS", "status")
    slack.wait_for(lambda: len(bot.requests) == 2, what="the retry")
    assert [each.retry_attempt for each in bot.requests] == [0, 1]
    assert bot.requests[1].retry_reason == "http_timeout"
    assert len({each.payload["event_id"] for each in bot.requests}) == 1


def test_nobody_connected(bots, slack):
    bot = bots()
    slack.connect_socket()
    bot.client.close()
    slack.wait_for(lambda: slack.socket_count == 0)
    slack.delivery.ack_seconds = 0.1
    assert slack.command("U0ANN", "C0OPS", "list").error == "dispatch_failed"


def test_an_envelope_under_way_when_its_socket_drops_is_delivered_again(plain, slack, bots):
    zombie = plain()
    zombie.recv()
    slack.connect_socket()
    ack = []
    asking = threading.Thread(target=lambda: ack.append(slack.command("U0ANN", "C0OPS", "list")))
    asking.start()
    envelope = json.loads(zombie.recv())
    bot = bots()
    zombie.close()
    asking.join(30)
    assert ack[0].ok
    assert [each.envelope_id for each in bot.requests] == [envelope["envelope_id"]]


def test_delivered_twice_is_the_same_envelope(bots, slack):
    bot = bots()
    slack.connect_socket()
    slack.faults.deliver_twice()
    slack.command("U0ANN", "C0OPS", "list")
    slack.wait_for(lambda: len(bot.requests) == 2, what="the second delivery")
    assert len({each.envelope_id for each in bot.requests}) == 1


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
def test_a_disconnect_makes_the_client_come_back(bots, slack, reason):
    bot = bots(ping_interval=0.3)
    slack.connect_socket()
    slack.disconnect_sockets(reason, close_after=0.1)
    slack.wait_for(lambda: slack.sockets.opened >= 2, what="a second connection")
    slack.wait_for(lambda: slack.socket_count == 1, what="the old one gone")
    assert slack.command("U0ANN", "C0OPS", "list").ok
    assert reason in [each.get("reason") for each in bot.raw]


def test_dropped_sockets_come_back(bots, slack):
    bots(ping_interval=0.3)
    slack.connect_socket()
    slack.drop_sockets()
    slack.wait_for(lambda: slack.sockets.opened == 2, what="a second connection")
    assert slack.command("U0ANN", "C0OPS", "list").ok


def test_a_zombie_keeps_tcp_open_and_says_nothing(plain, slack):
    socket = plain()
    socket.recv()
    assert slack.silence_sockets() == 1
    assert slack.socket_count == 0
    socket.ping("hello?")
    socket.settimeout(0.3)
    with pytest.raises(websocket.WebSocketTimeoutException):
        socket.recv_frame()
    assert socket.connected


def test_a_client_that_watches_its_pongs_leaves_the_zombie(bots, slack):
    bots(ping_interval=0.2)
    slack.connect_socket()
    time.sleep(0.3)
    slack.silence_sockets()
    slack.wait_for(lambda: slack.socket_count == 1, seconds=15, what="a living connection")
    assert slack.command("U0ANN", "C0OPS", "list").ok
