"""From what came over the wire to a JSON object or a typed error. No I/O.

Source: DigitalOcean's OpenAPI specification, the `error` schema and the `ratelimit-*` headers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn

from requests.structures import CaseInsensitiveDict

from bot.digitalocean.errors import (
    Response,
    ServiceResponseError,
    http_error,
    request_id_of,
    text_of,
)

MOST_DIGITS = 15
"""Digits of a number in a header: beyond any epoch second, exact as a float."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is left of the token's hourly budget.

    Attributes:
        limit: requests an hour.
        remaining: requests left of them.
        reset: the epoch second at which the *oldest* request of the hour expires.
    """

    limit: int
    remaining: int
    reset: int

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """Read `ratelimit-limit`, `-remaining` and `-reset`; None unless all three are numbers."""
        lower = _lower(headers)
        numbers = [_number(lower.get(f"ratelimit-{n}")) for n in ("limit", "remaining", "reset")]
        limit, remaining, reset = numbers
        if limit is None or remaining is None or reset is None:
            return None
        return cls(limit, remaining, reset)


def budget_headers(headers: Mapping[str, str]) -> dict[str, int | None]:
    """The documented headers of the budget, each as a number; None where it has not come."""
    lower = _lower(headers)
    names = [f"ratelimit-{name}" for name in ("limit", "remaining", "reset")]
    return {name: _number(lower.get(name)) for name in names}


def decode(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    reason: str = "",
    *,
    may_be_empty: bool = False,
) -> dict[str, Any]:
    """Return the JSON object of a success.

    Args:
        status: the HTTP status.
        headers: names in any case.
        body: the bytes, their encodings undone.
        reason: the phrase after the status.
        may_be_empty: a 204 is what the call is documented to answer; it becomes `{}`.

    Raises:
        HttpResponseError: the status is not 2xx.
        ServiceResponseError: it is, and the body is not a JSON object.
    """
    response = Response(status, reason, CaseInsensitiveDict(_lower(headers)), body)
    if not 200 <= status < 300:
        raise http_error(response, _json_or_none(body), retry_after(response.headers))
    if may_be_empty and status == HTTPStatus.NO_CONTENT:
        return {}
    try:
        value = _json(body)
    except (ValueError, RecursionError) as problem:
        raise _unreadable(response, f"is not readable JSON ({problem})") from None
    if not isinstance(value, dict):
        raise _unreadable(response, f"is not a JSON object but a {type(value).__name__}")
    return value


def is_of_the_api(response: Response) -> bool:
    """Whether a reply is the API's: an error of anything else is no JSON object."""
    return response.status_code < 400 or isinstance(_json_or_none(response.content), dict)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after` (RFC 9110: seconds or a date); None without a good one.

    A date is counted from the reply's own `date` where there is one: clocks differ.
    """
    lower = _lower(headers)
    value = lower.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return float(seconds)
    then = _epoch(value)
    if then is None:
        return None
    now = _epoch(lower.get("date"))
    return max(0.0, then - (time.time() if now is None else now))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)
    return None


def _epoch(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _json(body: bytes) -> Any:
    return json.loads(body, parse_constant=_not_json)


def _not_json(constant: str) -> NoReturn:
    # Python's parser takes NaN and Infinity, which no other JSON reader or database does.
    raise ValueError(f"{constant} is not JSON")


def _json_or_none(body: bytes) -> Any:
    try:
        return _json(body)
    except (ValueError, RecursionError):
        return None


def _unreadable(response: Response, why: str) -> ServiceResponseError:
    return ServiceResponseError(
        f"DigitalOcean answered {response.status_code}, but its body {text_of(why)}.",
        "Whether it did what was asked is not known: look before asking again.",
        status_code=response.status_code,
        request_id=request_id_of(response.headers),
    )
