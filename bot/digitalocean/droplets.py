"""Droplets, their snapshots and their actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.digitalocean.errors import (
    InvalidBody,
)
from bot.digitalocean.operations import (
    MOST_PER_PAGE,
    Body,
    Operations,
    id_of,
    json_object,
)
from bot.digitalocean.options import options

_EXPECTED_OF_DROPLET = 'Expected such as {"type": "snapshot", "name": "web-1-2026-11-30"}.'


class Droplets(Operations):
    """Droplets: `/v2/droplets`."""

    def get(self, droplet_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}` → `{"droplet": {…}}`."""
        path = f"/v2/droplets/{id_of('droplet_id', droplet_id)}"
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
        path = f"/v2/droplets/{id_of('droplet_id', droplet_id)}/snapshots"
        return self._page(path, per_page, page, given)

    def snapshot_pages(
        self, droplet_id: int | str, *, per_page: int = MOST_PER_PAGE
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list_snapshots`."""
        return self._pages(f"/v2/droplets/{id_of('droplet_id', droplet_id)}/snapshots", per_page)


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
        path = f"/v2/droplets/{id_of('droplet_id', droplet_id)}/actions"
        found = json_object(body)
        if not isinstance(found.get("type"), str) or not found["type"]:
            raise InvalidBody("The body names no type of Droplet action.", _EXPECTED_OF_DROPLET)
        return self._transport.write(path, found, given=options(given))

    def get(self, droplet_id: int | str, action_id: int | str, **given: Any) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}/actions/{action_id}` → `{"action": {…}}`."""
        droplet, action = id_of("droplet_id", droplet_id), id_of("action_id", action_id)
        path = f"/v2/droplets/{droplet}/actions/{action}"
        return self._transport.read(path, given=options(given))

    def list(
        self, droplet_id: int | str, *, per_page: int = 20, page: int = 1, **given: Any
    ) -> dict[str, Any]:
        """`GET /v2/droplets/{droplet_id}/actions` → `{"actions": […], "links": …, …}`."""
        path = f"/v2/droplets/{id_of('droplet_id', droplet_id)}/actions"
        return self._page(path, per_page, page, given)

    def pages(
        self, droplet_id: int | str, *, per_page: int = MOST_PER_PAGE
    ) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages(f"/v2/droplets/{id_of('droplet_id', droplet_id)}/actions", per_page)
