"""What a Web API method is given: arguments as text (form, query) or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.slack.messages import Json
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace


@dataclass(frozen=True)
class Arguments:
    """The arguments of one call; absent, null and empty are the same to Slack."""

    given: Json

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        return default if value in (None, "") else str(value)

    def need(self, name: str) -> str:
        """The argument `name`, or the error Slack answers when it is missing."""
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        return str(self.given.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        if not text.isdigit():
            raise invalid_arguments(f"must be a number: {name}")
        return int(text)

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def structure(self, name: str) -> Any:
        """A list or object, given as JSON or as JSON in a string; None when absent."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            return value or None if value != [] else []
        try:
            return json.loads(value)
        except ValueError:
            raise invalid_arguments(f"must be valid JSON: {name}") from None


@dataclass(frozen=True)
class Method:
    """A Web API method: what it does, the scope it needs, its tier (None: paced apart)."""

    answer: Callable[[Workspace, ViolationLog, Arguments], Json]
    scope: str | None = None
    tier: int | None = 3


def invalid_arguments(problem: str) -> SlackError:
    messages = [f"[ERROR] {problem}"]
    return SlackError("invalid_arguments", response_metadata={"messages": messages})


def missing_scope(workspace: Workspace, needed: str) -> SlackError:
    provided = ",".join(sorted(workspace.scopes))
    return SlackError("missing_scope", needed=needed, provided=provided)


def need_scope(workspace: Workspace, needed: str) -> None:
    if needed not in workspace.scopes:
        raise missing_scope(workspace, needed)
