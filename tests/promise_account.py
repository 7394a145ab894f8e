"""DigitalOcean at the client's port, for the machines: images, a Droplet, and all that is done to
them. `mood` says what becomes of the next call that changes something."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from gate_machine import action_in

from bot.digitalocean import HttpResponseError, ServiceRequestError, ServiceResponseError
from bot.digitalocean.errors import Response

IMAGE = 62137902
WEB_1 = 3164444
OLD = (71000001, 71000002, 71000003)
"""Nightly snapshots of the Droplet, the oldest first."""
ARRIVES = ("ok", "lost after", "killed after")

Look = Callable[[str, Mapping[str, Any]], None]


class Account:
    """One account.

    Args:
        look: is shown each call that changes something (`DELETE /v2/images/1`) and its body.
    """

    def __init__(self, clock: Any, look: Look) -> None:
        self.clock, self.look = clock, look
        self.mood = "ok"
        self.broken: list[str] = []
        self.made: list[dict[str, Any]] = []
        self.meanwhile_at = "get"
        self.meanwhile: Callable[[], None] | None = None
        self.stock: dict[int, dict[str, Any]] = {}
        self._add(IMAGE, "web")
        for place, number in enumerate(OLD, start=1):
            self._add(number, f"web-1-2026-11-{place:02}-0300", f"2026-11-{place:02}T03:00:00Z")
        self.images = SimpleNamespace(
            get=self._get_image, update=self._rename, delete=self._delete, pages=self._images
        )
        actions = {"get": self._get_action, "list": self._list_actions, "pages": self._pages}
        self.actions = SimpleNamespace(**actions)
        self.image_actions = SimpleNamespace(**actions, post=self._begin)
        self.droplet_actions = SimpleNamespace(**actions, post=self._snapshot)
        self.droplets = SimpleNamespace(
            get=lambda _: {"droplet": self._droplet()},
            pages=lambda **_: iter([_page("droplets", [self._droplet()])]),
            snapshot_pages=lambda _: iter([_page("snapshots", self._own())]),
        )
        self.regions = SimpleNamespace(pages=lambda **_: iter([{"regions": []}]))

    @property
    def name(self) -> str:
        """What the one image is called that everything is asked about."""
        return str(self.stock[IMAGE]["name"]) if IMAGE in self.stock else ""

    @name.setter
    def name(self, name: str) -> None:
        if IMAGE in self.stock:
            self.stock[IMAGE]["name"] = name

    def named(self, name: str) -> int | None:
        """The id of an image."""
        return next((n for n, image in self.stock.items() if image["name"] == name), None)

    def settle(self) -> None:
        """What has completed shows: a snapshot is an image, a transferred one is in its region."""
        for action in self.made:
            if action["status"] == "completed" and not action.setdefault("shown", False):
                action["shown"] = True
                if action["type"] == "snapshot":
                    self._add(80000000 + action["id"], action["name"], action["started_at"])
                elif (image := self.stock.get(action["resource_id"])) is not None:
                    image["regions"].append(action["region_slug"])

    def _add(self, number: int, name: str, created_at: str = "2026-10-01T00:00:00Z") -> None:
        self.stock[number] = {
            **{"id": number, "name": name, "type": "snapshot", "size_gigabytes": 2},
            **{"regions": ["nyc1"], "status": "available", "created_at": created_at},
        }

    def _own(self) -> list[dict[str, Any]]:
        return [image for image in self.stock.values() if image["name"].startswith("web-1-")]

    def _droplet(self) -> dict[str, Any]:
        own = [image["id"] for image in self._own()]
        told = {"id": WEB_1, "name": "web-1", "disk": 25, "status": "active", "snapshot_ids": own}
        return told | {"region": {"slug": "nyc1"}, "tags": []}

    # Looks.

    def _pass_time(self, call: str) -> None:
        if call == self.meanwhile_at and self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            happens()

    def _get_image(self, number: int) -> Mapping[str, Any]:
        self._pass_time("get")
        if number not in self.stock:
            raise HttpResponseError(Response(404), {"id": "not_found"})
        return {"image": self.stock[number]}

    def _images(self, **_: Any) -> Iterator[Mapping[str, Any]]:
        yield _page("images", list(self.stock.values()))

    def _get_action(self, *numbers: int) -> Mapping[str, Any]:
        return action_in(self.made, numbers[-1])

    def _list_actions(self, *_: Any, **__: Any) -> Mapping[str, Any]:
        self._pass_time("list")
        if self.mood == "broken":
            raise ServiceRequestError("refused")
        return {"actions": self.made}

    def _pages(self, of: int = 0, **_: Any) -> Iterator[Mapping[str, Any]]:
        found = self._list_actions()["actions"]
        yield {"actions": [a for a in found if not of or a["resource_id"] == of]}

    # What changes something.

    def _rename(self, number: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
        def rename() -> Mapping[str, Any]:
            self.stock[number]["name"] = body["name"]
            return {"image": self.stock[number]}

        return self._write(f"PUT /v2/images/{number}", body, number, rename)

    def _delete(self, number: int) -> None:
        self._write(f"DELETE /v2/images/{number}", {}, number, lambda: self.stock.pop(number))

    def _begin(self, number: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._act(f"POST /v2/images/{number}/actions", number, "image", body)

    def _snapshot(self, number: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._act(f"POST /v2/droplets/{number}/actions", number, "droplet", body)

    def _act(self, call: str, number: int, kind: str, body: Mapping[str, Any]) -> Any:
        def begin() -> Mapping[str, Any]:
            action = {
                "id": 1000 + len(self.made),
                "status": "in-progress",
                "type": body["type"],
                "started_at": self.clock.iso(),
                "resource_id": number,
                "resource_type": kind,
                "region_slug": body.get("region", "nyc1"),
                "name": body.get("name", ""),
            }
            self.made.append(action)
            return {"action": dict(action)}

        return self._write(call, body, number if kind == "image" else None, begin)

    def _write(
        self, call: str, body: Mapping[str, Any], image: int | None, effect: Callable[[], Any]
    ) -> Any:
        try:
            self.look(call, body)
        except AssertionError as broken:  # a job catches whatever is raised: it is kept for later
            self.broken.append(f"{broken} in {traceback.format_exc()[-600:]}")
        mood, self.mood = self.mood, "ok"
        if mood == "refused":
            raise ServiceRequestError("connection refused")
        if mood == "lost before":
            raise ServiceResponseError("reset, and it never arrived")
        if mood == "busy":
            raise HttpResponseError(Response(429), retry_after=3.0)
        if mood == "no":
            raise HttpResponseError(Response(422))
        if image is not None and image not in self.stock:
            raise HttpResponseError(Response(404), {"id": "not_found"})
        answer = effect()
        if mood == "lost after":
            raise ServiceResponseError("reset, and it did arrive")
        if mood == "killed after":
            raise KeyboardInterrupt
        return answer


def _page(name: str, listed: list[Any]) -> dict[str, Any]:
    return {name: listed, "meta": {"total": len(listed)}, "links": {}}
