"""`response_url`: five answers within thirty minutes, in any channel.

Source: Slack's "Handling user interaction", "Message responses".
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from aiohttp import web

from rehearsal.log import EventLog
from rehearsal.site import hang, reset_connection
from rehearsal.slack.block_kit import problems_of_message
from rehearsal.slack.faults import SlackFaults
from rehearsal.slack.messages import Json, Message
from rehearsal.slack.methods.chat import MESSAGE_CHARACTERS
from rehearsal.slack.people import BOT_USER
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import Workspace

USES = 5
SECONDS = 30 * 60.0


@dataclass
class _Url:
    user: str
    channel: str
    original: Message | None
    expires: float
    uses: int = 0


class ResponseUrls:
    """Hands out response URLs and takes what the bot posts to them."""

    def __init__(
        self,
        workspace: Workspace,
        violations: ViolationLog,
        log: EventLog,
        faults: SlackFaults | None = None,
    ) -> None:
        self.base_url = ""
        self._workspace, self._violations, self._log = workspace, violations, log
        self._faults = faults or SlackFaults()
        self._urls: dict[str, _Url] = {}
        self.said: list[tuple[str, str]] = []
        """What was said over which address, in order: one gesture has one address."""

    def new(self, user: str, channel: str, original: Message | None = None) -> str:
        """A URL to answer `user` in `channel`; `original` is the message it may replace."""
        path = f"/response/{uuid.uuid4().hex}"
        expires = self._workspace.clock.now() + SECONDS
        self._urls[path] = _Url(user, channel, original, expires)
        return self.base_url + path

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one POST to a response URL."""
        entry = self._log.begin("response_url", "response_url")
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        fault = self._faults.take(
            lambda plan: plan.fits("response_url", None) and plan.kind != "changed"
        )
        status, text = 0, "no answer"
        if fault is None or fault.after:
            status, text = self._answer(request.path, body)
        if fault is not None and fault.kind == "fail":
            status, text = fault.status, fault.error or "error"
        self._log.end(entry, f"response_url → {text}", body=body)
        if fault is None or fault.kind == "fail":
            return web.Response(status=status, text=text)
        if fault.kind == "hang":
            await hang(fault.seconds)
        return reset_connection(request)

    def _answer(self, path: str, body: object) -> tuple[int, str]:
        url = self._urls.get(path)
        if url is None:
            return 404, "no_active_hooks"
        if url.uses >= USES or self._workspace.clock.now() > url.expires:
            error = "used_url" if url.uses >= USES else "expired_url"
            self._violations.record("response_url", path, error)
            return 404, error
        if not isinstance(body, dict):
            return 400, "invalid_payload"
        url.uses += 1
        self.said.append((path, str(body.get("text") or "")))
        if body.get("delete_original"):
            return self._delete(url)
        return self._say(url, body)

    def _say(self, url: _Url, body: Json) -> tuple[int, str]:
        text, blocks = str(body.get("text") or ""), body.get("blocks") or []
        problem = _problem(text, blocks)
        if problem:
            self._violations.record("blocks", "response_url", problem)
            return 400, problem.split(":")[0]
        if body.get("replace_original"):
            return self._replace(url, text, blocks)
        thread_ts = body.get("thread_ts")
        if body.get("response_type") == "in_channel":
            self._workspace.post(
                url.channel, BOT_USER, text, blocks, thread_ts, source="response_url"
            )
        else:
            self._workspace.whisper(
                url.channel, url.user, text, blocks, thread_ts, source="response_url"
            )
        return 200, "ok"

    def _replace(self, url: _Url, text: str, blocks: list[Json]) -> tuple[int, str]:
        current = self._current(url)
        if current is None:
            return 404, "message_not_found"
        self._workspace.edit(current, text, blocks, current.metadata)
        return 200, "ok"

    def _delete(self, url: _Url) -> tuple[int, str]:
        current = self._current(url)
        if current is None:
            return 404, "message_not_found"
        self._workspace.delete(current)
        return 200, "ok"

    def _current(self, url: _Url) -> Message | None:
        original = url.original
        if original is None:
            return None
        if original.visible_to is None:
            return self._workspace.message(original.channel, original.ts)
        seen = self._workspace.ephemerals.get(original.visible_to, [])
        return next((each for each in seen if each.ts == original.ts), None)


def _problem(text: str, blocks: list[Json]) -> str:
    if not text and not blocks:
        return "no_text"
    if len(text) > MESSAGE_CHARACTERS:
        return "msg_too_long"
    problems = problems_of_message({"text": text, "blocks": blocks})
    return "invalid_blocks: " + "; ".join(problems) if problems else ""
