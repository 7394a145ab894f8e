"""The production bot on a database of its own, driven through Bolt without a network before it."""

from __future__ import annotations

import gc
import io
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slack_bolt import BoltRequest, BoltResponse
from slack_sdk.signature import SignatureVerifier
from world import SkippingClock

from bot.app import Bot
from bot.config import given_settings
from handlers.payload_schema import is_known

FULL = os.environ.get("IMAGE_BOT_TESTS") == "full"
"""`IMAGE_BOT_TESTS=full` runs what docs/operate.md promises; without it a tenth or less."""

SECRET = "fuzz-secret"
POLICY = """
[[rule]]
name = "some run at once"
regions = ["ams3", "fra1"]
approvals = 0

[[rule]]
name = "one other person"
approvals = 1
approvers = ["U0ANN", "U0BOB"]
"""


class Driven:
    """A bot, and a way to hand it payloads as Socket Mode does."""

    def __init__(self, bot: Bot, clock: SkippingClock, folder: Path, api: str) -> None:
        self.bot, self.clock, self.folder, self.api = bot, clock, folder, api
        self._number = 0

    def send(self, body: Any) -> BoltResponse:
        """Hand over one payload; what Slack would be answered."""
        if not is_known(body):  # as the transports do
            return BoltResponse(status=200, body="")
        return self.bot._doors._bolt.dispatch(BoltRequest(mode="socket_mode", body=body))

    def post(self, body: bytes, kind: str) -> BoltResponse:
        """Hand over a body by the web server's application, signed as Slack signs."""
        stamp = str(int(time.time()))
        shown = body.decode("utf-8", "replace")
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=shown)
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/slack/events",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_SLACK_REQUEST_TIMESTAMP": stamp,
            "HTTP_X_SLACK_SIGNATURE": signature,
            "wsgi.input": io.BytesIO(body),
        }
        statuses: list[str] = []
        web: Any = self.bot._doors._web
        answer = web._server.application(environ, lambda status, _: statuses.append(status))
        return BoltResponse(status=int(statuses[0].split()[0]), body=b"".join(answer).decode())

    def command(self, text: str, person: str = "U0ANN") -> str:
        """Type a command; the answer."""
        self._number += 1
        payload = {
            "command": "/image",
            "text": text,
            "user_id": person,
            "channel_id": "C0OPS",
            "team_id": "T0SANDBOX",
            "trigger_id": f"{self._number}.1",
            "response_url": f"{self.api}/response/{self._number}",
        }
        response = self.send(payload)
        assert response.status == 200, response.body
        return str(json.loads(response.body or "{}").get("text", ""))

    def click(self, action_id: str, value: str, person: str = "U0BOB") -> None:
        """Click a button."""
        self._number += 1
        payload = {
            "type": "block_actions",
            "user": {"id": person, "team_id": "T0SANDBOX"},
            "team": {"id": "T0SANDBOX"},
            "channel": {"id": "C0OPS"},
            "trigger_id": f"{self._number}.2",
            "response_url": f"{self.api}/response/{self._number}",
            "actions": [
                {"action_id": action_id, "block_id": "b", "type": "button", "value": value}
            ],
        }
        assert self.send(payload).status == 200


@contextmanager
def driven(folder: Path, api: str, *, started: bool, clock: SkippingClock) -> Iterator[Driven]:
    """A bot whose Slack and DigitalOcean are at `api`."""
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    settings = given_settings(
        {
            "SLACK_BOT_TOKEN": "xoxb-fuzz",
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": f"{api}/api/",
            "DIGITALOCEAN_TOKEN": "dop_v1_fuzz",
            "DIGITALOCEAN_API_URL": api,
            "DATABASE_URL": f"sqlite:///{folder / 'image-bot.db'}",
            "IMAGE_BOT_POLICY": str(folder / "policy.toml"),
            "IMAGE_BOT_HTTP_SECONDS": "2",
            "IMAGE_BOT_SETTLE_SECONDS": "4",
            "IMAGE_BOT_COMMANDS_PER_MINUTE": "1000000",
            "PORT": "0",
        }
    )
    bot = Bot(settings, clock)
    if started:
        bot.start()
    bot._membership.learn_in_time()  # until it is known, everybody is refused
    try:
        yield Driven(bot, clock, folder, api)
    finally:
        bot.stop()


def open_files() -> int:
    """How many files this process holds open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count, nothing is opened


def threads() -> int:
    """How many threads this process has."""
    return threading.active_count()


def memory() -> int:
    """The resident memory of this process, in bytes, once garbage is gone."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
