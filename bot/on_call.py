"""Who is on call now, from a file or a web hook: names of rotas, each with Slack users."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.config import Settings
from bot.errors import BotError
from bot.limited_http import FAILURES, MOST_BYTES, ask

_CALL_SECONDS = 5.0
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")
_EXPECTED = 'Expected JSON such as {"prod": ["U0BOB"], "db": []}: rotas, each with Slack user ids.'


class OnCallUnknown(BotError):
    """It cannot be told who is on call: nobody is, until it can."""


class OnCall:
    """What says who is on call.

    Args:
        source: the path of a JSON file, or an address that answers with the same.
        token: sent to the address as a bearer token; empty: none is.
    """

    def __init__(self, source: str, token: str = "") -> None:
        self._source = source
        self._token = token

    def read(self) -> Mapping[str, frozenset[str]]:
        """The Slack users who are on call now, by the name of the rota.

        Raises:
            OnCallUnknown: nothing was read; half of it is never taken.
        """
        text = self._asked() if urlsplit(self._source).scheme else self._written()
        try:
            return _rotas(json.loads(text, object_pairs_hook=_once))
        except (ValueError, RecursionError):
            raise OnCallUnknown("What says who is on call is no JSON.", _EXPECTED) from None

    def _written(self) -> bytes:
        path = Path(self._source)
        try:
            if path.exists() and not path.is_file():
                raise OSError(errno.EINVAL, "it is no file")
            with path.open("rb") as file:
                return file.read(MOST_BYTES)
        except OSError as error:
            raise OnCallUnknown(
                f"The file that says who is on call cannot be read: {error.strerror}.",
                "Check IMAGE_BOT_ON_CALL, and the file's permissions.",
            ) from error

    def _asked(self) -> bytes:
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            answer = ask("GET", self._source, seconds=_CALL_SECONDS, headers=headers)
        except FAILURES as error:
            raise OnCallUnknown(
                f"What says who is on call does not answer ({type(error).__name__}).",
                "Check IMAGE_BOT_ON_CALL, and that it can be reached from here.",
            ) from error
        if answer.status != HTTPStatus.OK:
            raise OnCallUnknown(
                f"What says who is on call answered {answer.status}.",
                "Check IMAGE_BOT_ON_CALL and IMAGE_BOT_ON_CALL_TOKEN.",
            )
        return answer.content


def on_call_of(settings: Settings) -> OnCall | None:
    """What the settings name; None: nothing."""
    token = settings.on_call_token
    if not settings.on_call:
        return None
    return OnCall(settings.on_call, token.get_secret_value() if token else "")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a rota given twice another reader would see other people."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise OnCallUnknown("What says who is on call names a rota twice.", _EXPECTED)
    return found


def _rotas(said: Any) -> dict[str, frozenset[str]]:
    if not isinstance(said, dict):
        raise OnCallUnknown("What says who is on call is no JSON object.", _EXPECTED)
    for name, people in said.items():
        is_list = isinstance(people, list)
        if not is_list or not all(isinstance(p, str) and _PERSON.fullmatch(p) for p in people):
            raise OnCallUnknown(f"Rota “{name[:40]}” is no list of Slack user ids.", _EXPECTED)
    return {name: frozenset(people) for name, people in said.items()}
