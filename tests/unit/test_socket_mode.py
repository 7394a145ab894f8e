"""Socket Mode against the stand-in: what breaks a connection, and what becomes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.socket_mode import SocketMode, pause_after
from rehearsal import Sandbox

PING, SILENT = 0.2, 1.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(lifetime=120) as it:
        yield it


@pytest.fixture
def slow() -> threading.Event:
    """Handlers wait for this to be set."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def acks() -> list[tuple[str, float]]:
    return []


@pytest.fixture
def socket(
    sandbox: Sandbox, slow: threading.Event, acks: list[tuple[str, float]]
) -> Iterator[SocketMode]:
    settings = sandbox.settings(socket=True)
    bolt = App(
        signing_secret="unused",
        client=WebClient(base_url=settings["SLACK_API_URL"]),
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id="T", bot_token="xoxb-1"),
        process_before_response=True,
    )

    @bolt.command("/image")
    def image(ack: Callable[..., None]) -> None:
        slow.wait(10)
        ack(text="taken")

    client = WebClient(token=settings["SLACK_APP_TOKEN"], base_url=settings["SLACK_API_URL"])
    made = SocketMode(
        bolt,
        client,
        lambda transport, seconds: acks.append((transport, seconds)),
        ping_seconds=PING,
        silent_seconds=SILENT,
    )
    made.start()
    sandbox.slack.connect_socket(timeout=30)
    _until(lambda: made.health().is_open)
    yield made
    slow.set()
    made.stop()


def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def _opens(sandbox: Sandbox) -> int:
    return sum(call.method == "apps.connections.open" for call in sandbox.slack.calls)


def _is_answered(sandbox: Sandbox) -> bool:
    return sandbox.slack.command("U0ANN", "C0OPS", "help").text == "taken"


def test_payloads_are_answered_and_measured(
    sandbox: Sandbox, socket: SocketMode, acks: list[tuple[str, float]]
) -> None:
    assert _is_answered(sandbox)
    _until(lambda: [transport for transport, _ in acks] == ["socket"])
    assert socket.health().is_open


def test_a_quiet_connection_that_answers_pings_is_left_alone(
    sandbox: Sandbox, socket: SocketMode
) -> None:
    time.sleep(3 * SILENT)
    assert socket.health().built == 1
    assert (socket.health().pong_age or 99) < SILENT


def test_a_silent_connection_is_noticed_and_rebuilt(sandbox: Sandbox, socket: SocketMode) -> None:
    time.sleep(2 * PING)
    assert sandbox.slack.silence_sockets() == 1
    _until(lambda: socket.health().built == 2)
    _until(lambda: sandbox.slack.socket_count == 1)
    assert _is_answered(sandbox)


def test_one_that_was_silent_from_its_start_is_rebuilt(
    sandbox: Sandbox, socket: SocketMode
) -> None:
    sandbox.slack.silence_sockets()  # before its first pong, where slack_sdk never looks
    _until(lambda: socket.health().built == 2)


def test_a_cut_connection_is_replaced(sandbox: Sandbox, socket: SocketMode) -> None:
    sandbox.slack.drop_sockets()
    _until(lambda: socket.health().built == 2)
    _until(lambda: _is_answered(sandbox))


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled"])
def test_slack_asks_for_a_new_connection(sandbox: Sandbox, socket: SocketMode, reason: str) -> None:
    sandbox.slack.disconnect_sockets(reason, close_after=0.5)
    _until(lambda: sandbox.slack.sockets.opened >= 2)
    time.sleep(0.7)
    _until(lambda: socket.health().is_open)
    assert _is_answered(sandbox)


def test_while_slack_is_away_it_is_not_open_and_comes_back(
    sandbox: Sandbox, socket: SocketMode
) -> None:
    sandbox.slack.faults.fail("apps.connections.open", "internal_error", times=2)
    sandbox.slack.drop_sockets()
    _until(lambda: not socket.health().is_open)
    _until(lambda: socket.health().is_open)
    assert _is_answered(sandbox)


def test_a_thread_that_died_is_noticed(sandbox: Sandbox, socket: SocketMode) -> None:
    connection = socket._connection
    assert connection is not None
    connection.client.message_processor.event.set()  # ends the thread that passes payloads on
    connection.client.closed = True
    _until(lambda: socket.health().built == 2)
    _until(lambda: _is_answered(sandbox))


def test_a_stop_lets_acks_under_way_leave(
    sandbox: Sandbox, socket: SocketMode, slow: threading.Event
) -> None:
    slow.clear()
    answers: list[str] = []
    person = threading.Thread(
        target=lambda: answers.append(sandbox.slack.command("U0ANN", "C0OPS", "help").text)
    )
    person.start()
    time.sleep(0.3)
    threading.Timer(0.5, slow.set).start()
    socket.stop()
    person.join(30)
    assert answers == ["taken"]
    assert not socket.health().is_open


def test_no_connection_is_left_behind(sandbox: Sandbox, socket: SocketMode) -> None:
    for n in range(2, 5):
        sandbox.slack.silence_sockets()
        _until(lambda n=n: socket.health().built == n)
    _until(lambda: len(sandbox.slack.sockets.connections) == 1)
    _until(lambda: sum(t.name == "socket-mode-old" for t in threading.enumerate()) == 0)


@pytest.mark.slow  # it watches real pauses grow
@pytest.mark.parametrize("reason", ["too_many_websockets", "link_disabled", "refresh_requested"])
def test_a_handshake_without_hello_is_no_connection(
    sandbox: Sandbox, socket: SocketMode, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    """Slack takes the WebSocket and ends it: the pauses grow, and the log says why."""
    sandbox.slack.refuse_sockets(reason)
    before = _opens(sandbox)
    sandbox.slack.drop_sockets()
    _until(lambda: bool(socket.health().problem))
    time.sleep(6)
    assert not socket.health().is_open
    assert socket.health().built == 1
    assert _opens(sandbox) - before <= 7
    assert reason in socket.health().problem
    assert reason in caplog.text
    sandbox.slack.refuse_sockets("")
    _until(lambda: socket.health().is_open, seconds=20)
    assert _is_answered(sandbox)


@pytest.mark.slow  # it watches real pauses
def test_connections_that_do_not_last_are_not_opened_without_a_pause(
    sandbox: Sandbox, socket: SocketMode
) -> None:
    before = _opens(sandbox)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        sandbox.slack.disconnect_sockets("refresh_requested")
        time.sleep(0.05)
    assert _opens(sandbox) - before <= 7


def test_it_waits_as_long_as_slack_asks(sandbox: Sandbox, socket: SocketMode) -> None:
    sandbox.slack.faults.fail("apps.connections.open", "ratelimited", retry_after=3)
    before = _opens(sandbox)
    sandbox.slack.drop_sockets()
    _until(lambda: socket.health().problem == "Slack said ratelimited")
    time.sleep(2)
    assert _opens(sandbox) - before == 1
    _until(lambda: socket.health().is_open)


def test_pauses_grow_to_half_a_minute_and_differ() -> None:
    assert all(0.25 <= pause_after(1) <= 0.5 for _ in range(20))
    assert all(15.0 <= pause_after(50) <= 30.0 for _ in range(20))
    assert len({pause_after(5) for _ in range(20)}) > 1
