"""A peer: what a careful person writes with plain Bolt in an afternoon.

A thread a transfer, de-duplication in memory, 429 retried. Nothing outlives the process, nobody
approves, and a lost answer is not looked for. `python -m benchmarks.careful PORT`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import requests
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from benchmarks.floor import serve_http


class DigitalOcean:
    """The calls of a transfer; a 429 is waited for."""

    def __init__(self) -> None:
        self._url = os.environ["DIGITALOCEAN_API_URL"].removesuffix("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {os.environ['DIGITALOCEAN_TOKEN']}"

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The body of one call's answer."""
        while (
            answer := self._session.request(method, f"{self._url}/v2{path}", timeout=10, **options)
        ).status_code == 429:
            time.sleep(float(answer.headers.get("retry-after", 1)))
        answer.raise_for_status()
        return answer.json()


def careful_app() -> App:
    """`/image transfer N REGION` and `/image show N`."""
    slack = WebClient(
        os.environ["SLACK_BOT_TOKEN"],
        base_url=os.environ["SLACK_API_URL"],
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1000)],
    )
    app = App(client=slack, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
    digitalocean, seen, guard = DigitalOcean(), set[str](), threading.Lock()

    def transfer(body: dict[str, Any], image: str, region: str) -> None:
        who, channel = body["user_id"], body["channel_id"]
        root = slack.chat_postMessage(channel=channel, text=f"<@{who}>: {image} to {region}")
        action = digitalocean.call(
            "POST", f"/images/{image}/actions", json={"type": "transfer", "region": region}
        )["action"]
        while action["status"] == "in-progress":
            time.sleep(float(os.environ["IMAGE_BOT_POLL_SECONDS"]))
            action = digitalocean.call("GET", f"/images/{image}/actions/{action['id']}")["action"]
        text = f"<@{who}> {image} to {region}: {action['status']}"
        slack.chat_postMessage(channel=channel, thread_ts=root["ts"], text=text)

    def show(respond: Any, image: str) -> None:
        found = digitalocean.call("GET", f"/images/{image}")["image"]
        respond(f"{found['name']} ({image}): {found['status']}, {', '.join(found['regions'])}")

    @app.command("/image")
    def image(ack: Any, respond: Any, body: dict[str, Any]) -> None:
        with guard:
            new = body["trigger_id"] not in seen
            seen.add(body["trigger_id"])
        ack("On it.")
        what, number, *rest = body["text"].split()
        arguments: tuple[Any, ...] = (respond, number)
        if what == "transfer":
            arguments = (body, number, rest[0])
        if new:
            work = transfer if what == "transfer" else show
            threading.Thread(target=work, args=arguments, daemon=True).start()

    return app


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    serve_http(careful_app(), int(sys.argv[1]))
