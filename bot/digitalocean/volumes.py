"""Volumes and their snapshots, named and argued as in the official client.

Source: DigitalOcean's OpenAPI specification, the paths named beside each method.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.digitalocean.operations import MOST_PER_PAGE, Body, Operations, check, json_object
from bot.digitalocean.options import options

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class Volumes(Operations):
    """Volumes: `/v2/volumes`."""

    def get(self, volume_id: str, **given: Any) -> dict[str, Any]:
        """`GET /v2/volumes/{volume_id}` → `{"volume": {…}}`."""
        return self._transport.read(f"/v2/volumes/{_volume(volume_id)}", given=options(given))

    def list(
        self,
        *,
        name: str | None = None,
        region: str | None = None,
        per_page: int = 20,
        page: int = 1,
        **given: Any,
    ) -> dict[str, Any]:
        """`GET /v2/volumes` → `{"volumes": […], "links": …, "meta": {"total": …}}`.

        Args:
            name: only volumes of exactly that name; there is one a region.
            region: only those in that region.
            per_page: 1 to 200.
            page: counted from 1.
            given: see `bot.digitalocean.options`.
        """
        filters = {"name": name, "region": region}
        return self._page("/v2/volumes", per_page, page, given, filters)

    def pages(self, *, per_page: int = MOST_PER_PAGE) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages("/v2/volumes", per_page)


class VolumeSnapshots(Operations):
    """The snapshots of one volume: `/v2/volumes/{volume_id}/snapshots`."""

    def create(self, volume_id: str, body: Body, **given: Any) -> dict[str, Any]:
        """`POST /v2/volumes/{volume_id}/snapshots` → `{"snapshot": {…}}`. Sent at most once.

        Args:
            volume_id: the volume's uuid.
            body: `{"name": …}`, with `tags` if it is to have some.
            given: see `bot.digitalocean.options`.

        Raises:
            InvalidBody: the body is no JSON object; nothing was sent.
            ServiceRequestError: the POST certainly never arrived.
            HttpResponseError: DigitalOcean said no, or 5xx: then it may have been done.
            ServiceResponseError: the POST may have arrived.
        """
        path = f"/v2/volumes/{_volume(volume_id)}/snapshots"
        return self._transport.write(path, json_object(body), given=options(given))

    def list(
        self, volume_id: str, *, per_page: int = 20, page: int = 1, **given: Any
    ) -> dict[str, Any]:
        """`GET /v2/volumes/{volume_id}/snapshots` → `{"snapshots": […], "links": …, …}`."""
        return self._page(f"/v2/volumes/{_volume(volume_id)}/snapshots", per_page, page, given)

    def pages(self, volume_id: str, *, per_page: int = MOST_PER_PAGE) -> Iterator[dict[str, Any]]:
        """Each page of `list`."""
        return self._pages(f"/v2/volumes/{_volume(volume_id)}/snapshots", per_page)


def _volume(value: Any) -> str:
    good = isinstance(value, str) and _ID.fullmatch(value) is not None
    check(good, "volume_id is a volume's uuid")
    return str(value)
