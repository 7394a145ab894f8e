"""What can go wrong with a DigitalOcean call, told apart by what is known of its effect.

| raised | the request |
|---|---|
| `InvalidBody` | was never sent: it makes no sense |
| `ServiceRequestError` | certainly never arrived |
| `HttpResponseError` | arrived, and was answered with something else than a success |
| `ServiceResponseError` | may have arrived; nothing readable came back |

The names and attributes are those that the official client raises (from azure.core).
No error holds the request, because the request holds the token.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from bot.errors import BotError

MOST_TEXT = 1_000
"""Characters of a foreign text that go into an error; the whole body stays in `response`."""


class DigitalOceanError(BotError):
    """The root of what the DigitalOcean client raises.

    Attributes:
        message: what went wrong, by the official client's name for it.
    """

    inner_exception: BaseException | None = None
    continuation_token: str | None = None

    def __init__(self, problem: str, help: str = "") -> None:  # noqa: A002 - as BotError has it
        super().__init__(problem, help)
        self.message = problem


class InvalidBody(DigitalOceanError, ValueError):
    """The body of an image action is not one that the API documents: nothing was sent."""


class ServiceRequestError(DigitalOceanError):
    """The request certainly never arrived: safe to send again.

    No connection was made: refused, timed out, name not resolved, TLS failed, a proxy said no,
    or the call's time was over before its first byte could leave.
    """


class ServiceResponseError(DigitalOceanError):
    """The request may have arrived, and no readable answer came: never blindly send a POST again.

    A time-out or a reset after connecting, a truncated body, or a 2xx whose body is not a
    JSON object.

    Attributes:
        status_code: the 2xx that came with the unreadable body; None where no status came.
        request_id: DigitalOcean's id of the request, where it came.
    """

    def __init__(
        self,
        problem: str,
        help: str = "",  # noqa: A002 - the name BotError gives it
        *,
        status_code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(problem, help)
        self.status_code = status_code
        self.request_id = request_id


class UnreadableAnswer(DigitalOceanError):
    """A success came whose JSON does not hold what was asked for. Reads alone raise it."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, without the request that it answers.

    Attributes:
        headers: names in any case.
        content: the body, its transfer and content encodings undone.
    """

    status_code: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def content_type(self) -> str | None:
        """The header of that name."""
        return self.headers.get("content-type")

    def text(self, encoding: str | None = None) -> str:
        """The body as text; what is not of the encoding (UTF-8) is replaced."""
        return self.content.decode(encoding or "utf-8", "replace")

    def read(self) -> bytes:
        """The body, which is there already."""
        return self.content

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class PipelineResponse:
    """An answer as azure-core hands it to `cls` and `raw_response_hook`, without its request."""

    http_response: Response
    http_request: None = None
    context: dict[str, Any] = field(default_factory=dict)


class ErrorBody(dict[str, Any]):
    """The JSON object of an error, which also has the attributes that azure-core reads off it."""

    @property
    def message(self) -> str | None:
        """DigitalOcean's sentence."""
        inner = self._inner.get("message") or (self.get("error") if not self._inner else None)
        return text_of(self.get("message")) or text_of(inner)

    @property
    def code(self) -> str | None:
        """What azure-core calls so; DigitalOcean's own word is under the key `id`."""
        return text_of(self._inner.get("code")) or text_of(self.get("code"))

    @property
    def target(self) -> str | None:
        """What azure-core calls so."""
        return text_of(self.get("target"))

    @property
    def details(self) -> list[Any]:
        """What azure-core calls so."""
        found = self._inner.get("details", self.get("details"))
        return found if isinstance(found, list) else []

    @property
    def innererror(self) -> dict[str, Any]:
        """What azure-core calls so."""
        return {}

    @property
    def _inner(self) -> Mapping[str, Any]:
        inner = self.get("error")
        return inner if isinstance(inner, Mapping) else {}


class HttpResponseError(DigitalOceanError):
    """DigitalOcean answered with something else than a success.

    Shape of the body (OpenAPI `error`): `{"id": …, "message": …, "request_id": …}`.

    Attributes:
        status_code: the HTTP status.
        reason: its phrase, as sent.
        message: DigitalOcean's sentence; the phrase of the status where none came.
        answer: all that it said, on one line: status, id, message and request id.
        error: the JSON object of the body, as a dictionary with the official client's attributes
            (`error.message`); None where it was none.
        response: the whole answer (`headers`, `content`, `text()`, `json()`).
        error_id: the short id, as `not_found`; None where none came.
        request_id: what DigitalOcean's support asks for; None where none came.
        retry_after: seconds to wait, from `retry-after`; None where it was not sent.
            The API sends it with the burst 429 only.
    """

    model: Any = None

    def __init__(
        self, response: Response, error: Any = None, retry_after: float | None = None
    ) -> None:
        said = ErrorBody(error if isinstance(error, Mapping) else {})
        self.status_code = response.status_code
        self.reason = response.reason
        self.response = response
        self.error = said if isinstance(error, Mapping) else None
        self.retry_after = retry_after
        self.error_id = text_of(said.get("id"))
        message = said.message or _phrase(response)
        self.request_id = text_of(said.get("request_id")) or request_id_of(response.headers)
        self.answer = self._answer(message)
        problem = f"DigitalOcean answered {self.answer}"
        super().__init__(problem, help_for(self.status_code, retry_after))
        self.message = message

    @property
    def is_of_the_api(self) -> bool:
        """Whether the API itself said so: its errors are JSON objects. What else comes, such as a
        page, was said by something on the way, and tells nothing of images or tokens."""
        return self.error is not None

    @property
    def is_not_found(self) -> bool:
        """Whether the API said that what the call is about is not there."""
        return self.status_code == HTTPStatus.NOT_FOUND and self.is_of_the_api

    def _answer(self, message: str) -> str:
        named = f" {self.error_id}" if self.error_id else ""
        asked = f" (request_id {self.request_id})" if self.request_id else ""
        return f"{self.status_code}{named}: {message.rstrip('.')}{asked}."


class ClientAuthenticationError(HttpResponseError):
    """401: the token is mistyped, expired or revoked."""


class ResourceNotFoundError(HttpResponseError):
    """404: what the call is about is not there."""


class ResourceExistsError(HttpResponseError):
    """409: it is in the way of something that is there."""


class ResourceNotModifiedError(HttpResponseError):
    """304: it is as it was."""


_BY_STATUS: Mapping[int, type[HttpResponseError]] = {
    HTTPStatus.NOT_MODIFIED: ResourceNotModifiedError,
    HTTPStatus.UNAUTHORIZED: ClientAuthenticationError,
    HTTPStatus.NOT_FOUND: ResourceNotFoundError,
    HTTPStatus.CONFLICT: ResourceExistsError,
}


def http_error(
    response: Response, error: Any = None, retry_after_seconds: float | None = None
) -> HttpResponseError:
    """The error for an answer, of the class that the official client raises for its status."""
    made = _BY_STATUS.get(response.status_code, HttpResponseError)
    return made(response, error, retry_after_seconds)


def text_of(value: Any) -> str | None:
    """A foreign text, made safe to print: valid Unicode, bounded; None where there is none."""
    if not isinstance(value, str) or not value:
        return None
    # JSON can carry half of a surrogate pair, which no log or database can encode.
    return value[:MOST_TEXT].encode("utf-8", "replace").decode("utf-8")


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """The request id of `x-request-id`; the names of `headers` are in lower case."""
    return text_of(headers.get("x-request-id"))


def help_for(status: int, retry_after: float | None = None) -> str:
    """What a person can do about a status."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        when = "a minute" if retry_after is None else f"{max(1, math.ceil(retry_after))} s"
        return f"The token's call budget is used up: wait {when}; nothing was changed."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "DigitalOcean has a problem: see status.digitalocean.com, and try again later."
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "Redirects are not followed: check DIGITALOCEAN_API_URL."
    return _HELP.get(status, "")


_HELP: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Check DIGITALOCEAN_TOKEN: it is mistyped, expired or revoked.",
    HTTPStatus.FORBIDDEN: "The token lacks a scope: see the README for those the bot needs.",
    HTTPStatus.NOT_FOUND: "Check the id: it is gone, or belongs to another account.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "DigitalOcean refuses this for this image; nothing changed.",
}


def _phrase(response: Response) -> str:
    try:
        known = HTTPStatus(response.status_code).phrase
    except ValueError:
        known = "an unknown status"
    return text_of(response.reason) or known
