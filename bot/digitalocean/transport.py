"""Two ways to DigitalOcean: `read`, which is tried again, and `write`, which never is.

They share nothing but the token. Neither session retries by itself; the tries of a read are
counted and spaced by urllib3's `Retry`, used as a policy rather than inside the adapter. In
the adapter it would not see a body that breaks off, could not tell `observe` of each try, and
would start the time limit anew for each.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from bot.credential import Credential
from bot.digitalocean.decode import RateLimit, budget_headers, decode, is_of_the_api, retry_after
from bot.digitalocean.errors import (
    DigitalOceanError,
    HttpResponseError,
    PipelineResponse,
    Response,
    ServiceRequestError,
    ServiceResponseError,
    http_error,
    request_id_of,
    text_of,
)
from bot.digitalocean.options import PLAIN, Options
from bot.digitalocean.wire import exchange, session
from bot.limited_http import FAILURES, Attempt

log = logging.getLogger(__name__)

READ_RETRIES = Retry(
    total=3,
    allowed_methods={"GET"},
    # Not 429: whoever holds the call budget must hear of it at once.
    status_forcelist={500, 502, 503, 504},
    # Pauses of 0, 0.5–1 and 1–1.5 s. The first is nothing because the commonest failure is a
    # kept connection that the other side had just closed.
    backoff_factor=0.25,
    backoff_jitter=0.5,
    respect_retry_after_header=False,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP attempt, told to `observe`: each retry is one more.

    Attributes:
        method, path: as sent, without the query.
        status: the HTTP status; None where no headers came.
        seconds: how long the attempt took.
        rate_limit: as this reply gave it; None where it gave none.
        request_id: DigitalOcean's `x-request-id`, where it came.
        retry_after: seconds to wait, as this reply said; None where it did not.
        is_of_the_api: False for an error that something on the way answered with: its body is no
            JSON object.
    """

    method: str
    path: str
    status: int | None
    seconds: float
    rate_limit: RateLimit | None
    request_id: str | None
    retry_after: float | None = None
    is_of_the_api: bool = True


HELD = "not sent, as DigitalOcean asked us to wait"
Observer = Callable[[Call], object]


class Transport:
    """Calls to one endpoint with one token, from any number of threads.

    Args:
        token: the API token.
        endpoint: without a slash at its end.
        timeout: seconds that one whole call may take, its retries and pauses included.
        connect_timeout: seconds for connecting to one address, TLS included.
        observe: told of every attempt, in the calling thread.
        hold: seconds for which nothing is to be sent now; then a call fails as with a 429.
        from_environment: see `wire.session`.
        headers: sent with every call.
        retry_total: how often a read is tried again; None: as `READ_RETRIES` says.
    """

    def __init__(
        self,
        token: Credential,
        endpoint: str,
        *,
        timeout: float,
        connect_timeout: float,
        observe: Observer | None,
        hold: Callable[[], float],
        from_environment: bool,
        headers: Mapping[str, str] | None = None,
        retry_total: int | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.rate_limit: RateLimit | None = None
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._observe = observe
        self._hold = hold
        self._token = token
        self._reading = session(token, from_environment=from_environment)
        self._writing = session(token, from_environment=from_environment)
        self._headers = dict(headers or {})
        self._retry_total = retry_total

    def deadline(self, given: Options = PLAIN) -> float:
        """When a call that begins now must be over, on `time.monotonic()`."""
        return time.monotonic() + (self._timeout if given.timeout is None else given.timeout)

    def read(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        ends: float | None = None,
        given: Options = PLAIN,
    ) -> dict[str, Any]:
        """GET `path`, again after a 500, 502, 503, 504 or a broken connection while time is left.

        Raises:
            HttpResponseError, ServiceRequestError, ServiceResponseError: those of the last try.
        """
        ends = self.deadline(given) if ends is None else ends
        given = replace(given, params={**given.params, **(params or {})})
        total = self._retry_total if given.retry_total is None else given.retry_total
        retries = READ_RETRIES if total is None else READ_RETRIES.new(total=total)
        while True:
            try:
                return self._once(self._reading, "GET", path, Attempt(ends), given)
            except DigitalOceanError as error:
                if isinstance(error, ServiceResponseError):
                    error.help = "Try again."  # a read changes nothing, whatever became of it
                with _mapped(given):
                    retries = _another(retries, path, error, ends)

    def write(
        self,
        path: str,
        body: Mapping[str, Any] | None,
        ends: float | None = None,
        method: str = "POST",
        given: Options = PLAIN,
    ) -> dict[str, Any]:
        """Send `body` to `path` (POST, PUT or DELETE), once, on a connection of its own.

        A kept connection may have been closed by the other side a moment ago, and a POST that
        dies on it may or may not have arrived: a question for a person. A new connection costs
        a TLS handshake, some tens of milliseconds on a call that is rare and cannot be undone.

        Raises:
            HttpResponseError, ServiceRequestError, ServiceResponseError.
        """
        attempt = Attempt(self.deadline(given) if ends is None else ends, fresh=True)
        with _mapped(given):
            return self._once(self._writing, method, path, attempt, given, body)

    def close(self) -> None:
        """Close the idle connections."""
        self._reading.close()
        self._writing.close()

    def _once(
        self,
        through: requests.Session,
        method: str,
        path: str,
        attempt: Attempt,
        given: Options,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        held = self._hold()
        if held > 0:
            raise http_error(Response(429, reason=HELD), retry_after_seconds=held)
        started = time.monotonic()
        outcome: Response | DigitalOceanError
        try:
            with self._token.in_use():
                outcome = exchange(
                    through,
                    attempt,
                    method,
                    self.endpoint + path,
                    connect_timeout=self._connect_timeout,
                    params=given.params,
                    body=body,
                    headers={**self._headers, **given.headers},
                )
        except FAILURES as error:
            outcome = _failed(method, path, attempt, error)
        self._tell(method, path, attempt, time.monotonic() - started, outcome)
        if isinstance(outcome, DigitalOceanError):
            # Raised out here, so that no chain leads to requests' error: it holds the request,
            # and the request the token.
            raise outcome
        if given.raw_response_hook:
            given.raw_response_hook(PipelineResponse(outcome))
        value = decode(
            outcome.status_code,
            outcome.headers,
            outcome.content,
            outcome.reason,
            may_be_empty=method == "DELETE",
        )
        if given.cls is not None:  # what it makes of the answer is its caller's affair
            headers = budget_headers(outcome.headers)
            value = given.cls(PipelineResponse(outcome), value or None, headers)
        return value

    def _tell(
        self,
        method: str,
        path: str,
        attempt: Attempt,
        seconds: float,
        outcome: Response | DigitalOceanError,
    ) -> None:
        limit = RateLimit.from_headers(attempt.headers)
        if limit is not None:
            self.rate_limit = limit
        if self._observe is None:
            return
        call = Call(
            method,
            path,
            attempt.status,
            seconds,
            limit,
            request_id_of(attempt.headers),
            retry_after(attempt.headers),
            not isinstance(outcome, Response) or is_of_the_api(outcome),
        )
        try:
            self._observe(call)
        except Exception:
            # Whoever watches must not undo what a POST has done: its answer still counts.
            log.exception("an observer of DigitalOcean calls failed")


@contextmanager
def _mapped(given: Options) -> Iterator[None]:
    """Raise what the caller wants for a status instead."""
    try:
        yield
    except HttpResponseError as error:
        wanted = given.error_map.get(error.status_code)
        if wanted is None:
            raise
        raise wanted(response=error.response) from error


def _another(retries: Retry, path: str, error: DigitalOceanError, ends: float) -> Retry:
    """Pause before the next try; raise `error` where there is to be none."""
    if not _may_pass(retries, error):
        raise error
    try:
        retries = retries.increment("GET", path, error=error)
    except MaxRetryError:
        raise error from None
    asked = error.retry_after if isinstance(error, HttpResponseError) else None
    pause = max(retries.get_backoff_time(), asked or 0.0)
    if time.monotonic() + pause >= ends:
        raise error
    time.sleep(pause)
    return retries


def _may_pass(retries: Retry, error: DigitalOceanError) -> bool:
    if isinstance(error, HttpResponseError):
        return retries.is_retry("GET", error.status_code)
    if isinstance(error, ServiceResponseError):
        return error.status_code is None  # a whole reply that is no JSON will be none again
    return isinstance(error, ServiceRequestError)


def _failed(method: str, path: str, attempt: Attempt, error: Exception) -> DigitalOceanError:
    why = _innermost(error)
    if not attempt.connected:
        return ServiceRequestError(
            f"{method} {path} never reached DigitalOcean: {why}.",
            "Check the network, the proxy and DIGITALOCEAN_API_URL; nothing was changed.",
        )
    return ServiceResponseError(
        f"{method} {path} got no whole answer from DigitalOcean: {why}.",
        "It may have arrived: look before asking again.",
        request_id=request_id_of(attempt.headers),
    )


def _innermost(error: BaseException) -> str:
    """The reason under the libraries' wrappings, as `Connection refused`."""
    seen = [error]
    # What was being handled when the call was made is no part of it, and may lead back to here.
    while (
        (inner := error.__cause__ or error.__context__)
        and inner not in seen
        and not isinstance(inner, DigitalOceanError)
    ):
        error = inner
        seen.append(inner)
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return (text_of(why) or type(error).__name__).rstrip(".")
