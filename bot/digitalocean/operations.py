"""The operations, named and argued as in the official client; one class each.

Source: DigitalOcean's OpenAPI specification, the paths named beside each method. Every
method returns the JSON of the reply, and raises what `Transport.read` or `.write` raises;
ValueError where an argument could not be meant, before anything is sent.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from io import IOBase
from typing import IO, Any

from pydantic import ValidationError

from bot.digitalocean.errors import (
    DigitalOceanError,
    HttpResponseError,
    InvalidBody,
    ServiceRequestError,
    ServiceResponseError,
    text_of,
)
from bot.digitalocean.options import options
from bot.digitalocean.paging import PagesSeen, names_next
from bot.digitalocean.transport import Transport
from bot.domain.resources import LiveRegion, parse_body

MOST_PER_PAGE = 200
"""The API's own limit."""
MOST_PAGES = 1_000
"""Pages of one listing: a fifth of a token's calls an hour. Beyond it `pages` raises."""
LIVE_REGIONS_SECONDS = 300.0
"""How long the live list of regions is believed."""

_SLUG = re.compile(r"[a-z0-9-]{1,32}")
_MOST_DIGITS = 40
_EXPECTED = 'Expected {"type": "convert"} or {"type": "transfer", "region": "nyc3"}.'

_EXPECTED_OF_DROPLET = 'Expected such as {"type": "snapshot", "name": "web-1-2026-11-30"}.'
_IMAGE_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")

_Filters = Mapping[str, str | None] | None
Body = Mapping[str, Any] | bytes | IO[bytes]


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
            if not is_new or seen.proves_all or not (names_next(found) or seen.lacks_some):
                return
        raise DigitalOceanError(f"{path} has more than {MOST_PAGES} pages of {per_page}.")


class Actions(Operations):
    """All actions of the account: `/v2/actions`."""

    def get(self, action_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/actions/{action_id}` → `{"action": {…}}`."""
        path = f"/v2/actions/{_id('action_id', action_id)}"
        return self._transport.read(path, given=options(given))

    def list(self, *, per_page: int = 20, page: int = 1, **given: Any) -> dict[str, Any]:
        """`GET /v2/actions` → `{"actions": […], "links": …, "meta": …}`, newest first."""
        return self._page("/v2/actions", per_page, page, given)

    def pages(self, *, per_page: int = MOST_PER_PAGE) -> Iterator[dict[str, Any]]:
        """Each page of `list`. What begins meanwhile moves the rest: an action may come twice."""
        return self._pages("/v2/actions", per_page)


class Images(Operations):
    """Images: `/v2/images`."""

    def get(self, image_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/images/{image_id}` → `{"image": {…}}`.

        Args:
            image_id: the image's id, or the slug of a public one.
            given: see `bot.digitalocean.options`, as everywhere.
        """
        slug = isinstance(image_id, str) and _IMAGE_SLUG.fullmatch(image_id)
        which = image_id if slug and not _digits(image_id) else _id("image_id", image_id)
        return self._transport.read(f"/v2/images/{which}", given=options(given))

    def update(self, image_id: int | str, body: Body, **given: Any) -> dict[str, Any]:
        """`PUT /v2/images/{image_id}` → `{"image": {…}}`. Sent once; safe to send again.

        Args:
            image_id: the image.
            body: `{"name": …}`, with `description` and `distribution` if they are to change.
        """
        path = f"/v2/images/{_id('image_id', image_id)}"
        return self._transport.write(path, json_object(body), method="PUT", given=options(given))

    def delete(self, image_id: int | str, **given: Any) -> None:
        """`DELETE /v2/images/{image_id}` → 204. Sent once; once it is gone, a 404."""
        path = f"/v2/images/{_id('image_id', image_id)}"
        self._transport.write(path, None, method="DELETE", given=options(given))

    def post_account_transfer_create(
        self, image_id: int | str, body: Body, **given: Any
    ) -> dict[str, Any]:
        """`POST /v2/images/{image_id}/account_transfer` → `{"transfer_id": …}`. Sent at most once.

        Args:
            image_id: a snapshot.
            body: `{"recipient_uuid": …}`, a team's, or `{"recipient_email": …}`.
            given: see `bot.digitalocean.options`.

        Raises:
            InvalidBody: the body is no JSON object; nothing was sent.
            ServiceRequestError: the POST certainly never arrived.
            HttpResponseError: DigitalOcean said no, or 5xx: then it may have been done.
            ServiceResponseError: the POST may have arrived.
        """
        path = f"/v2/images/{_id('image_id', image_id)}/account_transfer"
        return self._transport.write(path, json_object(body), given=options(given))

    def list(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the API's name for it
        private: bool | None = None,
        tag_name: str | None = None,
        per_page: int = 20,
        page: int = 1,
        **given: Any,
    ) -> dict[str, Any]:
        """`GET /v2/images` → `{"images": […], "links": …, "meta": {"total": …}}`.

        Args:
            type: `distribution` or `application`.
            private: only the account's own images.
            tag_name: only images with that tag.
            per_page: 1 to 200.
            page: counted from 1.
            given: see `bot.digitalocean.options`.
        """
        return self._page("/v2/images", per_page, page, given, _filters(type, private, tag_name))

    def pages(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the API's name for it
        private: bool | None = None,
        tag_name: str | None = None,
        per_page: int = MOST_PER_PAGE,
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages("/v2/images", per_page, _filters(type, private, tag_name))


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


class ImageActions(Operations):
    """The actions of one image: `/v2/images/{image_id}/actions`."""

    def __init__(self, transport: Transport, regions: Regions) -> None:
        super().__init__(transport)
        self._live = _LiveRegions(regions)

    def post(self, image_id: int | str, body: Body | None = None, **given: Any) -> dict[str, Any]:
        """`POST /v2/images/{image_id}/actions` → `{"action": {…}}`. Sent at most once.

        A region outside the documented ones is first looked up in the live list. That and the
        POST together keep within the client's time limit, and a failure of the look-up never
        looks like one of the POST.

        Args:
            image_id: the image.
            body: `{"type": "convert"}` or `{"type": "transfer", "region": "nyc3"}`, with other
                keys if need be, or bytes or a file of that JSON.
            given: see `bot.digitalocean.options`.

        Raises:
            InvalidBody: the body is not one of these; nothing was sent.
            ServiceRequestError: the POST certainly never arrived.
            HttpResponseError: DigitalOcean said no, or 5xx: then it may have been done.
            ServiceResponseError: the POST may have arrived.
        """
        with_it = options(given)
        ends = self._transport.deadline(with_it)
        path = f"/v2/images/{_id('image_id', image_id)}/actions"
        checked = self._checked(json_object(body), ends)
        return self._transport.write(path, checked, ends, given=with_it)

    def get(self, image_id: int | str, action_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/images/{image_id}/actions/{action_id}` → the action; see the Note.

        Note:
            The specification shows the action bare, its description wraps it in `action`.
            What comes is returned as it is.
        """
        image, action = _id("image_id", image_id), _id("action_id", action_id)
        path = f"/v2/images/{image}/actions/{action}"
        return self._transport.read(path, given=options(given))

    def list(
        self,
        image_id: int | str,
        *,
        per_page: int | None = None,
        page: int | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """`GET /v2/images/{image_id}/actions` → `{"actions": […], "links": …, "meta": …}`.

        The specification declares no paging arguments here, and shows a paged reply: 20 to
        a page, the first, unless these arguments or `params` say otherwise.
        """
        params = given.get("params") or {}
        per_page = params.get("per_page", 20) if per_page is None else per_page
        page = params.get("page", 1) if page is None else page
        path = f"/v2/images/{_id('image_id', image_id)}/actions"
        return self._page(path, per_page, page, given)

    def pages(
        self, image_id: int | str, *, per_page: int = MOST_PER_PAGE
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages(f"/v2/images/{_id('image_id', image_id)}/actions", per_page)

    def _checked(self, body: dict[str, Any], ends: float) -> dict[str, Any]:
        try:
            live = self._live.slugs(ends) if _only_undocumented(body) else ()
            return {**body, **parse_body(body, live).model_dump(mode="json")}
        except ValidationError as problem:
            raise InvalidBody(_sentence(problem), _EXPECTED) from None


class Droplets(Operations):
    """Droplets: `/v2/droplets`."""

    def get(self, droplet_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}` → `{"droplet": {…}}`."""
        path = f"/v2/droplets/{_id('droplet_id', droplet_id)}"
        return self._transport.read(path, given=options(given))

    def list(
        self,
        *,
        per_page: int = 20,
        page: int = 1,
        tag_name: str | None = None,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the API's name for it
        **given: Any,
    ) -> dict[str, Any]:
        """`GET /v2/droplets` → `{"droplets": […], "links": …, "meta": {"total": …}}`.

        Args:
            tag_name: only Droplets with that tag; not together with `name`.
            name: only Droplets of exactly that name.
            type: `droplets` or `gpus`.
        """
        filters = {"tag_name": tag_name, "name": name, "type": type}
        return self._page("/v2/droplets", per_page, page, given, filters)

    def pages(
        self,
        *,
        tag_name: str | None = None,
        name: str | None = None,
        per_page: int = MOST_PER_PAGE,
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages("/v2/droplets", per_page, {"tag_name": tag_name, "name": name})

    def list_snapshots(
        self, droplet_id: int | str, *, per_page: int = 20, page: int = 1, **given: Any
    ) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}/snapshots` → `{"snapshots": […], "links": …, …}`."""
        path = f"/v2/droplets/{_id('droplet_id', droplet_id)}/snapshots"
        return self._page(path, per_page, page, given)

    def snapshot_pages(
        self, droplet_id: int | str, *, per_page: int = MOST_PER_PAGE
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list_snapshots`."""
        return self._pages(f"/v2/droplets/{_id('droplet_id', droplet_id)}/snapshots", per_page)


class DropletActions(Operations):
    """The actions of one Droplet: `/v2/droplets/{droplet_id}/actions`."""

    def post(self, droplet_id: int | str, body: Body | None = None, **given: Any) -> dict[str, Any]:
        """`POST /v2/droplets/{droplet_id}/actions` → `{"action": {…}}`. Sent at most once.

        Args:
            droplet_id: the Droplet.
            body: such as `{"type": "snapshot", "name": "web-1-2026-11-30"}`, or bytes or a file
                of that JSON.

        Raises:
            InvalidBody: the body is no JSON object with a type; nothing was sent.
            ServiceRequestError: the POST certainly never arrived.
            HttpResponseError: DigitalOcean said no, or 5xx: then it may have been done.
            ServiceResponseError: the POST may have arrived.
        """
        path = f"/v2/droplets/{_id('droplet_id', droplet_id)}/actions"
        found = json_object(body)
        if not isinstance(found.get("type"), str) or not found["type"]:
            raise InvalidBody("The body names no type of Droplet action.", _EXPECTED_OF_DROPLET)
        return self._transport.write(path, found, given=options(given))

    def get(self, droplet_id: int | str, action_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}/actions/{action_id}` → `{"action": {…}}`."""
        droplet, action = _id("droplet_id", droplet_id), _id("action_id", action_id)
        path = f"/v2/droplets/{droplet}/actions/{action}"
        return self._transport.read(path, given=options(given))

    def list(
        self, droplet_id: int | str, *, per_page: int = 20, page: int = 1, **given: Any
    ) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}/actions` → `{"actions": […], "links": …, …}`."""
        path = f"/v2/droplets/{_id('droplet_id', droplet_id)}/actions"
        return self._page(path, per_page, page, given)

    def pages(
        self, droplet_id: int | str, *, per_page: int = MOST_PER_PAGE
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages(f"/v2/droplets/{_id('droplet_id', droplet_id)}/actions", per_page)


class _LiveRegions:
    """The slugs that `GET /v2/regions` offers for transfers, kept for a few minutes."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._lock = threading.Lock()  # many threads, one look-up
        self._slugs: frozenset[str] = frozenset()
        self._good_until = 0.0

    def slugs(self, ends: float) -> frozenset[str]:
        if not self._lock.acquire(timeout=max(0.0, ends - time.monotonic())):
            raise ServiceRequestError("The live list of regions did not come in time.", _TRY_AGAIN)
        try:
            if time.monotonic() >= self._good_until:
                self._slugs = self._look_up(ends)
                self._good_until = time.monotonic() + LIVE_REGIONS_SECONDS
            return self._slugs
        finally:
            self._lock.release()

    def _look_up(self, ends: float) -> frozenset[str]:
        try:
            pages = list(self._regions.pages(ends=ends))
        except (HttpResponseError, ServiceResponseError) as error:
            if isinstance(error, HttpResponseError) and _is_refusal(error.status_code):
                raise
            # To whoever waits for the POST a lost GET is certain: the POST was not sent.
            raise ServiceRequestError(
                f"The live list of regions could not be read: {error.problem}", _TRY_AGAIN
            ) from error
        return frozenset(slug for page in pages for slug in _transferable(page))


_TRY_AGAIN = "Nothing was sent: try again."


def _transferable(page: Mapping[str, Any]) -> Iterator[str]:
    regions = page.get("regions")
    for entry in regions if isinstance(regions, list) else ():
        try:
            region = LiveRegion.model_validate(entry)
        except ValidationError:
            continue  # a region that cannot be read is not offered
        if region.takes_images:
            yield region.slug


def _is_refusal(status: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _only_undocumented(body: Mapping[str, Any]) -> bool:
    """Whether all is well with `body` but that its region is not a documented one."""
    region = body.get("region")
    if not isinstance(region, str) or not _SLUG.fullmatch(region):
        return False
    return not _valid(body) and _valid(body, region)


def _valid(body: Mapping[str, Any], *live_regions: str) -> bool:
    try:
        parse_body(body, live_regions)
    except ValidationError:
        return False
    return True


def _sentence(problem: ValidationError) -> str:
    told = []
    for error in problem.errors(include_url=False, include_input=False):
        # The first place is the branch of the union, which is the type itself.
        where = ".".join(str(place) for place in error["loc"][1:])
        told.append(f"{where}: {error['msg']}" if where else error["msg"])
    return f"This is not an image action: {text_of('; '.join(told))}."


def _query(per_page: int | None, page: int | None, filters: _Filters) -> dict[str, str]:
    numbers = {"per_page": per_page, "page": page}
    told = {**(filters or {}), **numbers}
    return {name: str(value) for name, value in told.items() if value is not None}


def json_object(body: Any) -> dict[str, Any]:
    """A body as the JSON object that is sent; bytes and files hold it as text.

    Raises:
        InvalidBody: it is none.
    """
    if isinstance(body, IOBase):
        body = body.read()
    try:
        if isinstance(body, bytes):
            body = json.loads(body)
        if not isinstance(body, Mapping):
            raise InvalidBody(f"The body is a {type(body).__name__}, not a mapping.", _EXPECTED)
        wrong = next((key for key in body if not isinstance(key, str)), None)
        if wrong is not None:
            raise InvalidBody(f"The body has a key that is no text: {wrong!r:.40}.", _EXPECTED)
        found = dict(body)
        json.dumps(found, allow_nan=False)
    except (TypeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidBody(f"The body is no JSON: {text_of(str(problem))}.", _EXPECTED) from None
    except ValueError as problem:
        if isinstance(problem, InvalidBody):
            raise
        raise InvalidBody(f"The body is no JSON: {text_of(str(problem))}.", _EXPECTED) from None
    return found


def _filters(kind: str | None, private: bool | None, tag_name: str | None) -> dict[str, str | None]:
    told = None if private is None else str(bool(private)).lower()
    return {"type": kind, "private": told, "tag_name": tag_name}


def _digits(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.strip().isdigit()


def _whole(value: Any) -> Any:
    """A number that came as its digits, as a number."""
    return int(value) if _digits(value) and len(value) < _MOST_DIGITS else value


def _id(name: str, value: Any) -> int:
    value = _whole(value)
    # True is an int to Python, and would be image 1.
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    check(good, f"{name} is a whole number above 0")
    return int(value)


def check(good: bool, rule: str) -> None:
    """Raise a ValueError that says the rule, where it is broken."""
    if not good:
        raise ValueError(rule)
