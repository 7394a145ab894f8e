"""What an answer other than a success means for the call that it answers. Pure.

The API tells reasons in sentences alone, and has no list of them: the only place that reads
those is this one. Sources: the `error` schema of the OpenAPI specification, and public reports
(digitalocean/api-v2 #27, #126).
"""

from __future__ import annotations

import re
from enum import StrEnum
from http import HTTPStatus

from bot.digitalocean.errors import (
    DigitalOceanError,
    HttpResponseError,
    ServiceResponseError,
    UnreadableAnswer,
)
from bot.domain.trouble import Trouble


class Refusal(StrEnum):
    """What to make of it."""

    DONE_ALREADY = "done-already"
    """What was asked for is so already."""
    NOT_YET = "not-yet"
    """Something else is at work on the image: the same call may be taken later."""
    STILL_A_BACKUP = "still-a-backup"
    """A backup cannot be transferred; one that was converted a moment ago can be, soon."""
    TOO_MANY = "too-many"
    """A limit on calls; nothing was done."""
    TOKEN = "token"  # noqa: S105 - a word, no password
    """The token is wrong, expired or revoked."""
    SCOPE = "scope"
    """The token may not do this."""
    GONE = "gone"
    """DigitalOcean does not know the image."""
    UNCERTAIN = "uncertain"
    """It may have been done all the same."""
    NEVER = "never"
    """Refused for good."""


_BY_STATUS: dict[int, Refusal] = {
    HTTPStatus.UNAUTHORIZED: Refusal.TOKEN,
    HTTPStatus.FORBIDDEN: Refusal.SCOPE,
    HTTPStatus.NOT_FOUND: Refusal.GONE,
    HTTPStatus.REQUEST_TIMEOUT: Refusal.UNCERTAIN,
    HTTPStatus.CONFLICT: Refusal.NOT_YET,
    HTTPStatus.LOCKED: Refusal.NOT_YET,
    HTTPStatus.TOO_EARLY: Refusal.NOT_YET,
    HTTPStatus.TOO_MANY_REQUESTS: Refusal.TOO_MANY,
}
_NOT_YET = re.compile(
    r"pending|in progress|being |currently|another (event|action)|busy|locked|not (yet )?ready"
    r"|try again|still ",
    re.IGNORECASE,
)
_BACKUP = re.compile(r"backups?\b.*\b(can ?not|can't)\b.*\btransfer", re.IGNORECASE)
_ALREADY = re.compile(r"\balready\b", re.IGNORECASE)


def refusal_of(error: HttpResponseError) -> Refusal:
    """What the answer means; a doubt about a 4xx means that it is refused for good."""
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal.UNCERTAIN
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return _unprocessable(error.message)
    return _BY_STATUS.get(status, Refusal.NEVER)


def _unprocessable(message: str) -> Refusal:
    if _BACKUP.search(message):
        return Refusal.STILL_A_BACKUP
    if _NOT_YET.search(message):
        return Refusal.NOT_YET
    return Refusal.DONE_ALREADY if _ALREADY.search(message) else Refusal.NEVER


_TROUBLE: dict[Refusal, Trouble] = {
    Refusal.TOKEN: Trouble.TOKEN,
    Refusal.SCOPE: Trouble.SCOPE,
    Refusal.TOO_MANY: Trouble.TOO_MANY,
}


def trouble_of(error: DigitalOceanError) -> Trouble:
    """What stands in the way of a call. An answer, whatever it says, is no unreachability."""
    if isinstance(error, HttpResponseError):
        return _TROUBLE.get(refusal_of(error), Trouble.BROKEN)
    if isinstance(error, UnreadableAnswer):
        return Trouble.BROKEN
    answered = isinstance(error, ServiceResponseError) and error.status_code is not None
    return Trouble.BROKEN if answered else Trouble.UNREACHABLE
