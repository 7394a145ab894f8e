"""Images and their actions; what an action's body may hold is checked before it is sent."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from bot.digitalocean.errors import (
    HttpResponseError,
    InvalidBody,
    ServiceRequestError,
    ServiceResponseError,
    text_of,
)
from bot.digitalocean.operations import (
    EXPECTED,
    MOST_PER_PAGE,
    Body,
    Operations,
    Regions,
    id_of,
    is_digits,
    json_object,
)
from bot.digitalocean.options import options
from bot.digitalocean.transport import Transport
from bot.domain.resources import parse_body, readable_regions

LIVE_REGIONS_SECONDS = 300.0
"""How long the live list of regions is believed."""

_SLUG = re.compile(r"[a-z0-9-]{1,32}")
_IMAGE_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


class Images(Operations):
    """Images: `/v2/images`."""

    def get(self, image_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/images/{image_id}` → `{"image": {…}}`.

        Args:
            image_id: the image's id, or the slug of a public one.
            given: see `bot.digitalocean.options`, as everywhere.
        """
        slug = isinstance(image_id, str) and _IMAGE_SLUG.fullmatch(image_id)
        which = image_id if slug and not is_digits(image_id) else id_of("image_id", image_id)
        return self._transport.read(f"/v2/images/{which}", given=options(given))

    def update(self, image_id: int | str, body: Body, **given: Any) -> dict[str, Any]:
        """`PUT /v2/images/{image_id}` → `{"image": {…}}`. Sent once; safe to send again.

        Args:
            image_id: the image.
            body: `{"name": …}`, with `description` and `distribution` if they are to change.
        """
        path = f"/v2/images/{id_of('image_id', image_id)}"
        return self._transport.write(path, json_object(body), method="PUT", given=options(given))

    def delete(self, image_id: int | str, **given: Any) -> Any:
        """`DELETE /v2/images/{image_id}` → 204, None. Sent once; once it is gone, a 404."""
        path = f"/v2/images/{id_of('image_id', image_id)}"
        told = self._transport.write(path, None, method="DELETE", given=options(given))
        return told if given.get("cls") else None

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
        path = f"/v2/images/{id_of('image_id', image_id)}/account_transfer"
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
                keys if need be, or text, bytes or a file of that JSON.
            given: see `bot.digitalocean.options`.

        Raises:
            InvalidBody: the body is not one of these; nothing was sent.
            ServiceRequestError: the POST certainly never arrived.
            HttpResponseError: DigitalOcean said no, or 5xx: then it may have been done.
            ServiceResponseError: the POST may have arrived.
        """
        with_it = options(given)
        ends = self._transport.deadline(with_it)
        path = f"/v2/images/{id_of('image_id', image_id)}/actions"
        checked = self._checked(json_object(body), ends)
        return self._transport.write(path, checked, ends, given=with_it)

    def get(self, image_id: int | str, action_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/images/{image_id}/actions/{action_id}` → the action; see the Note.

        Note:
            The specification shows the action bare, its description wraps it in `action`.
            What comes is returned as it is.
        """
        image, action = id_of("image_id", image_id), id_of("action_id", action_id)
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
        path = f"/v2/images/{id_of('image_id', image_id)}/actions"
        return self._page(path, per_page, page, given)

    def pages(
        self, image_id: int | str, *, per_page: int = MOST_PER_PAGE
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages(f"/v2/images/{id_of('image_id', image_id)}/actions", per_page)

    def _checked(self, body: dict[str, Any], ends: float) -> dict[str, Any]:
        try:
            live = self._live.slugs(ends) if _only_undocumented(body) else ()
            return {**body, **parse_body(body, live).model_dump(mode="json")}
        except ValidationError as problem:
            raise InvalidBody(_sentence(problem), EXPECTED) from None


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
        regions = [region for page in pages for region in readable_regions(page.get("regions"))]
        if not regions:  # null, or of another shape: it says nothing of any region
            raise ServiceRequestError("The live list of regions came without a region.", _TRY_AGAIN)
        return frozenset(region.slug for region in regions if region.takes_images)


_TRY_AGAIN = "Nothing was sent: try again."


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


def _filters(kind: str | None, private: bool | None, tag_name: str | None) -> dict[str, str | None]:
    told = None if private is None else str(bool(private)).lower()
    return {"type": kind, "private": told, "tag_name": tag_name}
