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
from bot.domain.causes import Cause, CauseKind
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
_NEVER = re.compile(
    r"\b(account|billing|payments?|credits?|unsupported|contact support)\b"
    r"|\bname\b.*\b(in use|exists?|taken)\b",
    re.IGNORECASE,
)
"""What holds such words is mended by people, whatever else it says of waiting."""
_NOT_YET = re.compile(
    r"pending|in progress|being |currently|busy|locked|not (yet )?ready|try again|still |\byet\b"
    r"|\b(please wait|wait (until|for|a)|later|temporar(y|ily)|queued|processing)\b"
    r"|\b(another|other|active) (event|action|transfer|snapshot|operation|task)|\bin use\b"
    r"|\brunning\b|\bunder maintenance\b",
    re.IGNORECASE,
)
_NO = r"\b(can ?not|can't|could not|unable to)\b"
_BACKUP = re.compile(
    rf"backups?\b.*{_NO}.*\btransfer|{_NO}.*\btransfer\w* (a |this )?backup"
    r"|\bconvert\w*\b.*\b(first|before)\b",
    re.IGNORECASE,
)
_REGION = r"((that|this|the|the \w+) region|region|[a-z]{3}\d)\b"
_IS = "(available|present|exists?|located|stored|resides?|lives?)"
_ALREADY = re.compile(
    rf"\balready ((been )?transferred to|({_IS} )?(in|at)) {_REGION}"
    r"|\balready (there\b|a snapshot\b|(been )?converted|ha(s|ve) (this|that|the) image)"
    r"|\balready (been )?transferred\.?$"
    rf"|\b(in|at) {_REGION} already\b",
    re.IGNORECASE,
)
"""So alone. “Already deleted” or “limit already reached” is no success."""
_READ = frozenset(
    {
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
        *(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.LOCKED),
    }
)
"""The statuses whose sentence says more than they do."""


def refusal_of(error: HttpResponseError) -> Refusal:
    """What the answer means; a doubt about a 4xx means that it is refused for good."""
    status = error.status_code
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal.UNCERTAIN  # a redirect may be the answer to what was done
    if not error.is_of_the_api and status != HTTPStatus.TOO_MANY_REQUESTS:
        return Refusal.UNCERTAIN  # nobody knows what stands between, and what it let pass
    said = _said(error.message) if status in _READ else None
    return said or _BY_STATUS.get(status, Refusal.NEVER)


def _said(message: str) -> Refusal | None:
    if _NEVER.search(message):
        return None
    if _BACKUP.search(message):
        return Refusal.STILL_A_BACKUP
    if _NOT_YET.search(message):
        return Refusal.NOT_YET
    return Refusal.DONE_ALREADY if _ALREADY.search(message) else None


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


def cause_of_error(error: DigitalOceanError, *, with_help: bool = False) -> Cause:
    """What came of a call, as the cause of what follows."""
    said = {"said": error.problem}
    if isinstance(error, HttpResponseError):
        said["answer"] = error.answer
    if with_help and error.help:
        said["help"] = error.help
    return Cause(CauseKind.ANSWERED, said)
