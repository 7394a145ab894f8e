"""A running sandbox, and small bots to play against it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient

from rehearsal import Sandbox

Reply = tuple[int, str, dict[str, str]]
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
JSON = {"Content-Type": "application/json"}


@dataclass
class Heard:
    """One request a listener was sent."""

    body: str
    headers: dict[str, str]


@dataclass
class Listener:
    """A bot that answers whatever `reply` says, and keeps what it was sent."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    reply: Callable[[Heard], Reply] = lambda _heard: (200, "", TEXT)

    def says(self, body: str, status: int = 200, json: bool = False) -> None:
        self.reply = lambda _heard: (status, body, JSON if json else TEXT)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 500


def _serve(answer: Callable[[Heard], Reply]) -> _Server:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, text, out = answer(Heard(body, headers))
            data = text.encode()
            self.send_response(status)
            for name, value in out.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # the sandbox waits three seconds and no longer

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(action_seconds=0.2, seed=1, lifetime=60) as running:
        yield running


@pytest.fixture
def web(sandbox: Sandbox) -> WebClient:
    """Slack's own client with the bot token."""
    env = sandbox.settings()
    return WebClient(token=env["SLACK_BOT_TOKEN"], base_url=env["SLACK_API_URL"])


@pytest.fixture
def listener(sandbox: Sandbox) -> Iterator[Listener]:
    """A bot over HTTP, connected."""
    it = Listener("")

    def answer(heard: Heard) -> Reply:
        it.heard.append(heard)
        return it.reply(heard)

    server = _serve(answer)
    it.url = f"http://127.0.0.1:{server.server_port}/slack/events"
    sandbox.slack.connect_http(it.url, menus_url=it.url)
    yield it
    server.shutdown()
    server.server_close()


@pytest.fixture
def bolt(sandbox: Sandbox, web: WebClient) -> App:
    """A bare Bolt app, with nothing registered."""
    secret = sandbox.settings()["SLACK_SIGNING_SECRET"]
    return App(client=web, signing_secret=secret, process_before_response=True)


@pytest.fixture
def bolt_http(sandbox: Sandbox, bolt: App) -> Iterator[App]:
    """The Bolt app behind a server, connected."""

    def answer(heard: Heard) -> Reply:
        headers = {name: [value] for name, value in heard.headers.items()}
        response = bolt.dispatch(BoltRequest(body=heard.body, headers=headers))
        out = {name: values[0] for name, values in response.headers.items()}
        return response.status, response.body or "", out

    server = _serve(answer)
    url = f"http://127.0.0.1:{server.server_port}/slack/events"
    sandbox.slack.connect_http(url, menus_url=url)
    yield bolt
    server.shutdown()
    server.server_close()


@pytest.fixture
def block() -> Callable[..., dict[str, Any]]:
    """An actions block with one button."""

    def build(action_id: str = "approve", value: str = "7", label: str = "Approve") -> Any:
        text = {"type": "plain_text", "text": label}
        button = {"type": "button", "text": text, "action_id": action_id, "value": value}
        return {"type": "actions", "elements": [button]}

    return build
