"""What the bot did that Slack would hold against it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rehearsal.log import EventLog


@dataclass(frozen=True)
class Violation:
    """One breach of Slack's rules by the bot.

    Kinds: `rate` (a 429 that was not planned), `blocks`, `length`, `arguments`, `method`
    (unknown), `token`, `trigger`, `response_url`, `ack` (late, failed or malformed).
    Planned faults, and answers a good bot can meet (`channel_not_found`,
    `missing_scope`), are none.
    """

    kind: str
    what: str
    detail: str
    at: float

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}: {self.detail}"


class ViolationLog:
    """Keeps the violations; used on the sandbox's thread."""

    def __init__(self, log: EventLog) -> None:
        self.violations: list[Violation] = []
        self._log = log

    def record(self, kind: str, what: str, detail: str) -> None:
        self.violations.append(Violation(kind, what, detail, time.time()))
        self._log.note("note", f"violation: {kind}: {what}: {detail}")
