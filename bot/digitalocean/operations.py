"""The operations, named and argued as in the official client; one class each.

Here is what they share, and those of the account; the others are in `images`, `droplets` and
`volumes`.

Source: DigitalOcean's OpenAPI specification, the paths named beside each method. Every
method returns the JSON of the reply, and raises what `Transport.read` or `.write` raises;
ValueError where an argument could not be meant, before anything is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import IOBase
from typing import IO, Any

from bot.digitalocean.errors import (
    DigitalOceanError,
    InvalidBody,
    text_of,
)
from bot.digitalocean.options import options
from bot.digitalocean.paging import PagesSeen, is_full, names_next
from bot.digitalocean.transport import Transport

MOST_PER_PAGE = 200
"""The API's own limit."""
MOST_PAGES = 1_000
"""Pages of one listing: a fifth of a token's calls an hour. Beyond it `pages` raises."""

_MOST_DIGITS = 40
EXPECTED = 'Expected {"type": "convert"} or {"type": "transfer", "region": "nyc3"}.'


_Filters = Mapping[str, str | None] | None
Body = Mapping[str, Any] | str | bytes | bytearray | IO[bytes] | IO[str]


class Operations:
    """What the operations share: reading a page, or each page."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _page(
        self,
        path: str,
        per_page: int | None,
        page: int | None,
        given: Mapping[str, Any],
        filters: _Filters = None,
    ) -> dict[str, Any]:
        per_page, page = _whole(per_page), _whole(page)
        check(
            per_page is None or 0 < per_page <= MOST_PER_PAGE, f"per_page is 1 to {MOST_PER_PAGE}"
        )
        check(page is None or page > 0, "page is counted from 1")
        return self._transport.read(path, _query(per_page, page, filters), given=options(given))

    def _pages(
        self, path: str, per_page: int, filters: _Filters = None, ends: float | None = None
    ) -> Iterator[dict[str, Any]]:
        check(0 < per_page <= MOST_PER_PAGE, f"per_page is 1 to {MOST_PER_PAGE}")
        seen = PagesSeen()
        for page in range(1, MOST_PAGES + 1):
            found = self._transport.read(path, _query(per_page, page, filters), ends)
            is_new = seen.add(found)
            yield found
            # Only whether there is a next page is believed: its address is not, since the
            # token goes wherever the address says.
            more = names_next(found) or seen.lacks_some or is_full(found, per_page)
            if not is_new or seen.proves_all or not more:
                return
        raise DigitalOceanError(f"{path} has more than {MOST_PAGES} pages of {per_page}.")


class Actions(Operations):
    """All actions of the account: `/v2/actions`."""

    def get(self, action_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/actions/{action_id}` → `{"action": {…}}`."""
        path = f"/v2/actions/{id_of('action_id', action_id)}"
        return self._transport.read(path, given=options(given))

    def list(self, *, per_page: int = 20, page: int = 1, **given: Any) -> dict[str, Any]:
        """`GET /v2/actions` → `{"actions": […], "links": …, "meta": …}`, newest first."""
        return self._page("/v2/actions", per_page, page, given)

    def pages(self, *, per_page: int = MOST_PER_PAGE) -> Iterator[dict[str, Any]]:
        """Each page of `list`. What begins meanwhile moves the rest: an action may come twice."""
        return self._pages("/v2/actions", per_page)


class Regions(Operations):
    """Regions: `/v2/regions`."""

    def list(self, *, per_page: int = 20, page: int = 1, **given: Any) -> dict[str, Any]:
        """`GET /v2/regions` → `{"regions": […], "links": …, "meta": {"total": …}}`."""
        return self._page("/v2/regions", per_page, page, given)

    def pages(
        self, *, per_page: int = MOST_PER_PAGE, ends: float | None = None
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`; all of them by `ends` (`time.monotonic()`) where it is given."""
        return self._pages("/v2/regions", per_page, ends=ends)


def _query(per_page: int | None, page: int | None, filters: _Filters) -> dict[str, str]:
    numbers = {"per_page": per_page, "page": page}
    told = {**(filters or {}), **numbers}
    return {name: str(value) for name, value in told.items() if value is not None}


def json_object(body: Any) -> dict[str, Any]:
    """A body as the JSON object that is sent; text, bytes and files hold it written out.

    Raises:
        InvalidBody: it is none.
    """
    if isinstance(body, IOBase):
        body = body.read()
    try:
        if isinstance(body, bytes | bytearray) or (isinstance(body, str) and "{" in body):
            body = json.loads(body)
        if not isinstance(body, Mapping):
            raise InvalidBody(f"The body is a {type(body).__name__}, not a mapping.", EXPECTED)
        wrong = next((key for key in body if not isinstance(key, str)), None)
        if wrong is not None:
            raise InvalidBody(f"The body has a key that is not text: {wrong!r:.40}.", EXPECTED)
        found = dict(body)
        json.dumps(found, allow_nan=False)
    except (TypeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidBody(f"The body is no JSON: {text_of(str(problem))}.", EXPECTED) from None
    except ValueError as problem:
        if isinstance(problem, InvalidBody):
            raise
        raise InvalidBody(f"The body is no JSON: {text_of(str(problem))}.", EXPECTED) from None
    return found


def is_digits(value: Any) -> bool:
    """Whether a number came as its digits."""
    return isinstance(value, str) and value.isascii() and value.strip().isdigit()


def _whole(value: Any) -> Any:
    """A number that came as its digits, as a number."""
    return int(value) if is_digits(value) and len(value) < _MOST_DIGITS else value


def id_of(name: str, value: Any) -> int:
    """An id, as a number or as its digits.

    Raises:
        ValueError: it is none.
    """
    value = _whole(value)
    # True is an int to Python, and would be image 1.
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    check(good, f"{name} is a whole number above 0")
    return int(value)


def check(good: bool, rule: str) -> None:
    """Raise a ValueError that says the rule, where it is broken."""
    if not good:
        raise ValueError(rule)
