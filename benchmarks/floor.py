"""The floor: a bare Bolt app that makes one durable commit before it acks, and nothing else.

`python -m benchmarks.floor http PORT` serves it with the bot's own web server's settings;
`… socket` opens a Socket Mode connection. Settings come from the environment, as the bot's do.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from waitress.server import create_server


class Ledger:
    """One table, one connection, one writer at a time; each commit is on the disk."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._turn = threading.Lock()
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS taken (delivery TEXT PRIMARY KEY)")

    def take(self, delivery: str) -> None:
        """Write one row, durably."""
        with self._turn:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT INTO taken VALUES (?)", (delivery,))
            self._connection.execute("COMMIT")


def bare_app(ledger: Ledger) -> App:
    """Bolt, told not to wait and not to call Slack before an ack, as the bot tells it."""
    token = os.environ["SLACK_BOT_TOKEN"]

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = App(
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
        client=WebClient(base_url=os.environ["SLACK_API_URL"], retry_handlers=[]),
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )

    @app.command("/image")
    def image(ack: Callable[..., Any], body: dict[str, Any]) -> None:
        ledger.take(str(body["trigger_id"]))
        ack(text="Taken.", response_type="ephemeral")

    return app


def serve_http(app: App, port: int) -> None:
    """Serve an app with the bot's own web server, until the process ends."""
    slack = SlackRequestHandler(app, path="/slack/events")

    def site(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/slack/events":
            return slack(environ, start)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    create_server(
        site,
        host="127.0.0.1",
        port=port,
        threads=16,
        ident=None,
        clear_untrusted_proxy_headers=True,
    ).run()


def _serve_socket(app: App) -> None:
    token = os.environ["SLACK_APP_TOKEN"]
    web_client = WebClient(token=token, base_url=os.environ["SLACK_API_URL"], retry_handlers=[])
    handler: Any = SocketModeHandler(app, token, web_client=web_client)
    handler.connect()
    threading.Event().wait()


def _main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    app = bare_app(Ledger(os.environ["FLOOR_DATABASE"]))
    if sys.argv[1] == "http":
        serve_http(app, int(sys.argv[2]))
    else:
        _serve_socket(app)


if __name__ == "__main__":
    _main()
