"""Heads as log records of OpenTelemetry: OTLP over HTTP, in JSON.

Not by the SDK: its logs are not stable (names change from release to release), and it sends behind
one's back, where here it matters whether the collector took the record.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from bot import __version__
from bot.anchors.heads import Head
from bot.anchors.sinks import NotKept
from bot.limited_http import FAILURES, ask

CALL_SECONDS = 5.0
_INFO = 9


class OtlpSink:
    """One collector.

    Args:
        endpoint: where OTLP over HTTP is taken, as `http://localhost:4318`.
    """

    name = "otlp"

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/logs"

    def send(self, head: Head) -> None:
        """Send it, and have the collector's word that it took it."""
        try:
            answer = ask("POST", self._url, seconds=CALL_SECONDS, json=_message(head))
        except FAILURES as error:
            why = type(error).__name__
            raise NotKept(f"The collector cannot be reached: {why}.") from error
        if answer.status != HTTPStatus.OK:
            raise NotKept(f"The collector answered {answer.status}.")
        if _rejected(answer.content):
            raise NotKept("The collector took the message and refused the record.")


def _rejected(content: bytes) -> bool:
    """Whether it says so: a "partial success" comes with status 200."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return False
    partial = told.get("partialSuccess") if isinstance(told, dict) else None
    return isinstance(partial, dict) and str(partial.get("rejectedLogRecords") or 0) != "0"


def _message(head: Head) -> dict[str, object]:
    """One record; its body is the line that a file gets. 64-bit numbers are strings in OTLP."""
    at = str(int(head.at * 1e9))
    record = {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": _INFO,
        "severityText": "INFO",
        "eventName": "image_bot.audit_head",
        "body": {"stringValue": head.line()},
    }
    who = {"service.name": "image-bot", "service.version": __version__}
    attributes = [{"key": name, "value": {"stringValue": value}} for name, value in who.items()]
    scope = {"scope": {"name": "image-bot"}, "logRecords": [record]}
    return {"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [scope]}]}
