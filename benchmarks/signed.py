"""Slack's signed payloads as raw HTTP requests, ready to be sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode

_PATH = "/slack/events"


def command(
    text: str,
    *,
    secret: str,
    channel: str = "C0OPS",
    user: str = "U0ANN",
    response_url: str = "http://127.0.0.1:9/response/none",
) -> bytes:
    """`/image text`, signed now: good for the five minutes that Slack's signatures live."""
    form = {
        "token": "unused",
        "team_id": "T0SANDBOX",
        "team_domain": "sandbox",
        "channel_id": channel,
        "channel_name": channel.lower(),
        "user_id": user,
        "user_name": user.lower(),
        "command": "/image",
        "text": text,
        "api_app_id": "A0IMAGEBOT",
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": f"{time.time_ns()}.{uuid.uuid4().hex}",
    }
    return _request(urlencode(form).encode(), secret)


def interaction(payload: Mapping[str, object], *, secret: str) -> bytes:
    """A click or a submitted form, signed now."""
    return _request(urlencode({"payload": json.dumps(payload)}).encode(), secret)


def _request(body: bytes, secret: str) -> bytes:
    timestamp = str(int(time.time()))
    base = b"v0:" + timestamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    head = (
        f"POST {_PATH} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Slack-Request-Timestamp: {timestamp}\r\n"
        f"X-Slack-Signature: {signature}\r\n"
        "\r\n"
    )
    return head.encode() + body
