"""`POST /api/<method>`: tokens, scopes, rate limits and planned faults round each method."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from rehearsal.log import EventLog
from rehearsal.site import hang, json_response, reset_connection
from rehearsal.slack.faults import Fault, SlackFaults
from rehearsal.slack.messages import Json
from rehearsal.slack.methods import METHODS
from rehearsal.slack.methods.arguments import Arguments, Method, missing_scope
from rehearsal.slack.rates import Rates
from rehearsal.slack.sockets import Sockets
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace

ROTATION_SECONDS = 12 * 3600.0
"""How long a token is good for where token rotation is on."""
_OPEN_SOCKET = "apps.connections.open"


@dataclass(frozen=True)
class Call:
    """One Web API call; `status` 0 means it was left without an answer."""

    method: str
    args: Json
    answer: Json | None
    status: int
    at: float


@dataclass(frozen=True)
class Tokens:
    """The two tokens the workspace knows."""

    bot: str
    app: str


class WebApi:
    """Answers the bot's Web API calls; runs on the sandbox's thread."""

    def __init__(
        self,
        workspace: Workspace,
        sockets: Sockets,
        tokens: Tokens,
        rates: Rates,
        violations: ViolationLog,
        log: EventLog,
    ) -> None:
        self.calls: list[Call] = []
        self.faults = SlackFaults()
        self.rates = rates
        self._workspace, self._sockets, self._tokens = workspace, sockets, tokens
        self._violations, self._log = violations, log
        self._revoked: set[str] = set()
        self._elsewhere: dict[str, str] = {}

    def rotate(self) -> str:
        """Give the app an expiring bot token in place of the one it has; returns it."""
        self._tokens = replace(self._tokens, bot=f"xoxe.{self._tokens.bot}")
        self._workspace.token_expires = self._workspace.clock.now() + ROTATION_SECONDS
        return self._tokens.bot

    def replace_bot_token(self) -> str:
        """Revoke the bot token and install the app anew; the new token."""
        self._revoked.add(self._tokens.bot)
        self._tokens = replace(self._tokens, bot=f"{self._tokens.bot}-{len(self._revoked)}")
        self._log.hide(self._tokens.bot)
        return self._tokens.bot

    def token_elsewhere(self, team: str) -> str:
        """A bot token of another workspace; Slack knows it, and this one it is not of."""
        token = f"xoxb-sandbox-of-{team}"
        self._elsewhere[token] = team
        return token

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one call, or misbehave as planned."""
        method, at = request.path.removeprefix("/api/"), time.time()
        args = await _arguments(request)
        token = _token(request, args)
        channel = args.get("channel")
        summary = f"{method} {channel}" if channel else method
        entry = self._log.begin("web_api", summary, args=args)
        fault = self.faults.take(lambda plan: plan.fits(method, channel))
        status, answer = 0, None
        headers: dict[str, str] = {}
        try:
            if fault is None or fault.after:
                status, answer, headers = self._answer(method, token, args)
            if fault is None:
                return json_response(answer, status, headers)
            if fault.change is not None:
                answer = fault.change(copy.deepcopy(answer))
                return json_response(answer, status, headers)
            status, answer, response = await self._misbehave(fault, request)
            return response
        finally:
            self.calls.append(Call(method, args, answer, status, at))
            outcome = _outcome(answer) or status
            self._log.end(entry, f"{summary} → {outcome}", answer=answer)

    async def _misbehave(
        self, fault: Fault, request: web.BaseRequest
    ) -> tuple[int, Json | None, web.Response]:
        if fault.kind == "fail":
            extra = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            if fault.error is None:
                page = web.Response(text="<html>error</html>", status=fault.status, headers=extra)
                page.content_type = "text/html"
                return fault.status, None, page
            answer = {"ok": False, "error": fault.error}
            return fault.status, answer, json_response(answer, fault.status, extra)
        if fault.kind == "hang":
            await hang(fault.seconds)
        return 0, None, reset_connection(request)

    def _answer(self, method: str, token: str, args: Json) -> tuple[int, Json, dict[str, str]]:
        headers = {"x-oauth-scopes": ",".join(sorted(self._workspace.scopes))}
        try:
            if method == _OPEN_SOCKET:
                return 200, self._open_socket(token), headers
            body = self._call(method, token, Arguments(args))
            return 200, {"ok": True, **body}, headers
        except RateLimited as limited:
            headers["Retry-After"] = str(limited.seconds)
            return 429, {"ok": False, "error": "ratelimited"}, headers
        except SlackError as error:
            self._hold_general(method, error)
            return 200, {"ok": False, "error": error.error, **error.extra}, headers

    def _call(self, name: str, token: str, given: Arguments) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if token in self._elsewhere and name == "auth.test":
            return method.answer(self._workspace, self._violations, given) | {
                "team_id": self._elsewhere[token]
            }
        self._check_token(token, self._tokens.bot)
        if method.scope and method.scope not in self._workspace.scopes:
            raise missing_scope(self._workspace, method.scope)
        self._check_pace(name, method, given)
        return method.answer(self._workspace, self._violations, given)

    def _open_socket(self, token: str) -> Json:
        self._check_token(token, self._tokens.app)
        return {"ok": True, "url": self._sockets.new_url()}

    def _check_token(self, token: str, wanted: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token == wanted:
            ends = self._workspace.token_expires
            if ends and token == self._tokens.bot and self._workspace.clock.now() >= ends:
                raise SlackError("token_expired")
            return
        if token in self._revoked:
            raise SlackError("token_revoked")
        known = token in (self._tokens.bot, self._tokens.app)
        raise SlackError("not_allowed_token_type" if known else "invalid_auth")

    def _check_pace(self, name: str, method: Method, given: Arguments) -> None:
        if method.tier is None:
            channel = self._workspace.post_target(given.need("channel")).id
            wait, where = self.rates.wait_to_post(channel), f"{name} to {channel}"
        else:
            wait, where = self.rates.wait_to_call(name, method.tier), name
        if wait:
            self._violations.record("rate", where, f"must wait {wait} s")
            raise RateLimited(wait)

    def _hold_general(self, method: str, error: SlackError) -> None:
        kinds = {
            "unknown_method": "method",
            "not_authed": "token",
            "invalid_auth": "token",
            "token_revoked": "token",
            "not_allowed_token_type": "token",
        }
        if error.error in kinds:
            self._violations.record(kinds[error.error], method, error.error)


def _outcome(answer: Any) -> str:
    if not isinstance(answer, dict):
        return ""
    return "ok" if answer.get("ok") else str(answer.get("error") or "")


class RateLimited(Exception):
    """Too many calls; `seconds` is what `Retry-After` says."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


async def _arguments(request: web.BaseRequest) -> Json:
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body: Any = json.loads(await request.read() or b"{}")
        except ValueError:
            body = {}
        args.update(body if isinstance(body, dict) else {})
    elif request.method == "POST":
        args.update({name: value for name, value in (await request.post()).items()})
    return args


def _token(request: web.BaseRequest, args: Json) -> str:
    given = str(args.pop("token", ""))
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" and token else given
