"""Sends payloads to the bot: three seconds to ack, events retried, the rest not.

Source: Slack's "Events API" (retries at once, after one minute and after five, with
`x-slack-retry-num` and `x-slack-retry-reason`) and "Slash commands" (never retried).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from rehearsal.log import EventLog
from rehearsal.slack.acks import Ack, Acks
from rehearsal.slack.faults import SlackFaults
from rehearsal.slack.payloads import Payload
from rehearsal.slack.transport import Answer, Transport

ACK_SECONDS = 3.0
RETRY_DELAYS = (0.0, 60.0, 300.0)


class Delivery:
    """Everything the bot is sent goes through here; runs on the sandbox's thread."""

    def __init__(self, acks: Acks, faults: SlackFaults, log: EventLog) -> None:
        self.transport: Transport | None = None
        self.ack_seconds = ACK_SECONDS
        self.retry_delays: Sequence[float] = RETRY_DELAYS
        self.repeated: list[Ack] = []
        """What the bot answered to payloads delivered once more."""
        self._acks, self._faults, self._log = acks, faults, log
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, payload: Payload) -> Ack:
        """Deliver a payload; events that fail are retried in the background."""
        twice = self._faults.repeats.take(lambda plan: plan.kind in ("*", payload.kind)) is not None
        ack, answer = await self._attempt(payload, 0, "", twice)
        if answer.failure and payload.kind == "event" and not answer.no_retry:
            task = asyncio.get_running_loop().create_task(self._retry(payload, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return ack

    async def send_again(self, payload: Payload) -> Ack:
        """Deliver the very same payload once more."""
        retry, reason = (1, "http_timeout") if payload.kind == "event" else (0, "")
        ack, _ = await self._attempt(payload, retry, reason, False)
        self.repeated.append(ack)
        return ack

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _retry(self, payload: Payload, answer: Answer) -> None:
        for number, delay in enumerate(self.retry_delays, start=1):
            await asyncio.sleep(delay)
            ack, answer = await self._attempt(payload, number, answer.failure or "", False)
            self.repeated.append(ack)
            if not answer.failure or answer.no_retry:
                return

    async def _attempt(
        self, payload: Payload, retry: int, reason: str, twice: bool
    ) -> tuple[Ack, Answer]:
        if self.transport is None:
            raise RuntimeError("say connect_http or connect_socket first")
        tried = f" (retry {retry})" if retry else ""
        entry = self._log.begin("payload", payload.summary + tried, payload=payload.data)
        start = time.monotonic()
        answers = await self.transport.send(payload, self.ack_seconds, retry, reason, twice)
        took = time.monotonic() - start
        first = answers[0]
        ack = self._acks.take(payload, first, took)
        for more in answers[1:]:
            self.repeated.append(self._acks.take(payload, more, took))
        outcome = ack.error or first.status
        self._log.end(
            entry, f"{payload.summary}{tried} → {outcome}", headers=first.sent, ack=first.body
        )
        return ack, first
