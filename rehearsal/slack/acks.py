"""What Slack does with the bot's ack, and what the person then sees.

Source: Slack's "Slash commands" and "Handling user interaction": plain text is an
ephemeral message to its sender; JSON may say `response_type`; a `view_submission` may be
answered with a `response_action`; anything but a timely 200 is an error to the person.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.slack.block_kit import problems_of_message, problems_of_options
from rehearsal.slack.messages import Json, View
from rehearsal.slack.methods.views import checked_view
from rehearsal.slack.payloads import Payload
from rehearsal.slack.people import BOT_USER, SLACKBOT
from rehearsal.slack.transport import Answer
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace


@dataclass(frozen=True)
class Ack:
    """How the bot answered a payload, and what was shown of it.

    `status` 0: no answer; `error`: what Slack told the person (`operation_timeout`,
    `dispatch_failed`), or `no_address`: it was not sent, and Slack told nobody. `visible_to`:
    a user id, a channel id, or None: nothing was shown.
    """

    status: int
    text: str
    blocks: list[Json]
    body: Any
    seconds: float
    visible_to: str | None
    payload: Payload
    error: str | None = None
    options: list[Json] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.error is None


class Acks:
    """Turns the bot's answers into what people see; runs on the sandbox's thread."""

    def __init__(self, workspace: Workspace, violations: ViolationLog) -> None:
        self._workspace, self._violations = workspace, violations

    def take(self, payload: Payload, answer: Answer, seconds: float) -> Ack:
        """Do what the answer asks for, and say what came of it."""
        ack = Ack(answer.status, "", [], answer.body, seconds, None, payload)
        if answer.failure == "no_address":
            return replace(ack, error=answer.failure)
        if answer.failure:
            return self._failed(ack, answer.failure)
        kind = payload.data.get("type") if payload.kind == "interactive" else payload.kind
        if kind == "command":
            return self._show(ack)
        if kind == "view_submission":
            return self._submitted(ack)
        if kind == "block_suggestion":
            return self._suggested(ack)
        return replace(ack, text=answer.body if isinstance(answer.body, str) else "")

    def _failed(self, ack: Ack, failure: str) -> Ack:
        error = "operation_timeout" if failure == "http_timeout" else "dispatch_failed"
        payload = ack.payload
        self._violations.record("ack", payload.summary, f"{failure}, status {ack.status}")
        if payload.kind == "event":
            return replace(ack, error=error)
        text = f"{payload.data.get('command', 'That')} failed with the error {error!r}."
        where = payload.channel or self._workspace.direct(payload.user).id
        self._workspace.whisper(where, payload.user, text, user=SLACKBOT, source="error")
        return replace(ack, error=error, visible_to=payload.user, text=text)

    def _show(self, ack: Ack) -> Ack:
        body = ack.body if isinstance(ack.body, dict) else {"text": ack.body}
        text, blocks = str(body.get("text") or ""), body.get("blocks") or []
        if not text and not blocks:
            return ack
        problems = problems_of_message({"text": text, "blocks": blocks})
        if problems:
            self._violations.record("blocks", f"ack of {ack.payload.summary}", "; ".join(problems))
            return self._failed(ack, "invalid_blocks")
        payload, channel = ack.payload, ack.payload.channel or ""
        if body.get("response_type") == "in_channel":
            self._workspace.post(channel, BOT_USER, text, blocks, source="ack")
            return replace(ack, text=text, blocks=blocks, visible_to=channel)
        self._workspace.whisper(channel, payload.user, text, blocks)
        return replace(ack, text=text, blocks=blocks, visible_to=payload.user)

    def _submitted(self, ack: Ack) -> Ack:
        view = self._workspace.view(ack.payload.data["view"]["id"])
        if view is None:
            return ack
        body = ack.body if isinstance(ack.body, dict) else {}
        try:
            self._respond(view, body)
        except SlackError as error:
            self._violations.record("ack", ack.payload.summary, f"{error.error} {error.extra}")
            return replace(ack, error="dispatch_failed")
        return ack

    def _respond(self, view: View, body: Json) -> None:
        """Errors, update, push, clear; nothing said closes the view."""
        workspace, action = self._workspace, body.get("response_action")
        stack = workspace.modals.get(view.user, [])
        if action == "errors":
            workspace.put_view(replace(view, errors=self._errors(view, body.get("errors"))))
        elif action == "clear":
            stack.clear()
        elif action == "update":
            payload = checked_view(self._violations, body.get("view"), "response_action update")
            workspace.put_view(workspace.changed_view(view, payload))
        elif action == "push":
            payload = checked_view(self._violations, body.get("view"), "response_action push")
            stack.append(workspace.new_view(view.user, payload, view))
        elif action is None:
            stack[:] = [each for each in stack if each.id != view.id]
        else:
            raise SlackError(f"unknown response_action {action!r}")

    def _errors(self, view: View, errors: Any) -> dict[str, str]:
        """The errors, each of which must stand at an input block of the view."""
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors:
            raise SlackError("errors must be a non-empty object")
        unknown = sorted(set(errors) - inputs)
        if unknown:
            raise SlackError(f"errors for {unknown}, which are no input blocks")
        return {block_id: str(text) for block_id, text in errors.items()}

    def _suggested(self, ack: Ack) -> Ack:
        body = ack.body if isinstance(ack.body, dict) else {}
        problems = problems_of_options(body)
        if problems:
            self._violations.record(
                "blocks", f"options of {ack.payload.summary}", "; ".join(problems)
            )
            return replace(ack, error="dispatch_failed")
        groups = [option for group in body.get("option_groups", []) for option in group["options"]]
        return replace(ack, options=copy.deepcopy([*body.get("options", []), *groups]))
