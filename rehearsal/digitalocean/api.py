"""The HTTP API of the DigitalOcean stand-in.

Source: DigitalOcean's OpenAPI specification. One deviation towards strictness: a
`per_page` above 200 is refused, where the real API's answer is not documented.
"""

from __future__ import annotations

import copy
import json
import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from rehearsal.digitalocean.account import Account, Image, Refusal, not_found
from rehearsal.digitalocean.droplet_actions import TYPES
from rehearsal.digitalocean.droplets import Droplet
from rehearsal.digitalocean.faults import DigitalOceanFaults, Fault
from rehearsal.digitalocean.rates import RateLimits
from rehearsal.digitalocean.replies import ERROR_IDS, Json, error_body, page, restated, shortened
from rehearsal.digitalocean.volumes import Volume, VolumeSnapshot
from rehearsal.log import EventLog
from rehearsal.site import half, hang, json_response, reset_connection


@dataclass(frozen=True)
class Call:
    """One HTTP request to the stand-in; `status` 0 means it was left without an answer.

    Of a long list `answer` keeps the first few: thousands of polls must not fill memory.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any
    at: float


@dataclass(frozen=True)
class Post:
    """One action or offer the account accepted, whatever the caller was told of it."""

    at: float
    image_id: int | str
    """Of a Droplet action, the Droplet's id; of a volume's snapshot, the volume's."""
    body: Json
    action_id: int
    """Of an offer to another account, its `transfer_id`; of a volume's snapshot 0: it has none."""


@dataclass
class _Request:
    method: str
    path: str
    query: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.time)

    def json(self) -> Json:
        try:
            body = json.loads(self.raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refusal(400, "bad_request", "The request body is not a JSON object.")
        return body


class DigitalOceanApi:
    """Answers requests from the `account`; runs on the sandbox's thread."""

    def __init__(
        self,
        account: Account,
        token: str,
        log: EventLog,
        rates: RateLimits | None = None,
        seed: int = 1,
    ) -> None:
        self.account = account
        self.faults = DigitalOceanFaults()
        self.rates = rates or RateLimits()
        self.scopes: set[str] | None = None
        """The token's scopes; None: full access."""
        self.posts: list[Post] = []
        self.calls: list[Call] = []
        self.base_url = ""
        self._tokens = [token]
        self._random = random.Random(seed)  # noqa: S311 - ids in a rehearsal guard nothing
        self._log = log

    def new_token(self) -> str:
        """Another token, with the same rights; those before stay good."""
        self._tokens.append(f"dop_v1_{self._random.getrandbits(256):064x}")
        self._log.hide(self._tokens[-1])
        return self._tokens[-1]

    def revoke_old_tokens(self) -> None:
        """Only the newest token is good from now on."""
        del self._tokens[:-1]

    async def handle(self, http: web.BaseRequest) -> web.StreamResponse:
        """Serve one request, or misbehave as planned."""
        request = _Request(http.method, http.path, dict(http.query), await http.read())
        summary = f"{request.method} {http.path_qs}"
        entry = self._log.begin("digitalocean", summary, body=_text(request.raw))
        fault = self.faults.take(lambda plan: plan.fits(request.method, request.path))
        status, answer = 0, None
        headers: dict[str, str] = {}
        try:
            if fault is None or fault.after:
                status, answer, headers = self._answer(request, http.headers)
            if self.faults.late:
                await hang(self.faults.late)
            if fault is None:
                return json_response(answer, status, headers)
            status, response = await self._misbehave(fault, http, status, answer, headers)
            return response
        finally:
            self._note(request, status, answer)
            shown = f"{summary} → {status or 'no answer'}"
            self._log.end(entry, shown, answer=shortened(answer))

    async def _misbehave(
        self, fault: Fault, http: web.BaseRequest, status: int, answer: Any, headers: dict[str, str]
    ) -> tuple[int, web.StreamResponse]:
        if fault.kind == "answer":
            body = (
                fault.body
                if fault.body is not None
                else error_body(fault.status, self._request_id())
            )
            extra = {**self.rates.check().headers, **fault.headers}
            extra.pop("retry-after", None) if "retry-after" not in fault.headers else None
            return fault.status, json_response(body, fault.status, extra)
        if fault.kind == "slow":
            await hang(fault.seconds)
            return status, json_response(answer, status, headers)
        if fault.kind == "raw":
            body = fault.body if isinstance(fault.body, bytes) else str(fault.body).encode()
            told = {"content-type": "application/json", **fault.headers}
            broken = web.Response(body=body, status=status or 200, headers=told)
            return broken.status, broken
        if fault.kind == "cut":
            return status, await half(http, status, fault.body)
        if fault.kind == "unknown_status":
            return status, json_response(restated(answer, str(fault.body)), status, headers)
        if fault.kind == "changed":
            return status, json_response(fault.body(copy.deepcopy(answer)), status, headers)
        if fault.kind == "hang":
            await hang(fault.seconds)
        return 0, reset_connection(http)

    def _answer(self, request: _Request, headers: Any) -> tuple[int, Json, dict[str, str]]:
        request_id = self._request_id()
        verdict = self.rates.check()
        extra = {**verdict.headers, "x-request-id": request_id}
        try:
            if headers.get("Authorization") not in [f"Bearer {each}" for each in self._tokens]:
                raise Refusal(401, *ERROR_IDS[401])
            if not verdict.allowed:
                raise Refusal(429, *ERROR_IDS[429])
            status, body = self._route(request)
        except Refusal as refusal:
            body = {"id": refusal.id, "message": refusal.message, "request_id": request_id}
            status = refusal.status
        return status, body, extra

    def _request_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _route(self, request: _Request) -> tuple[int, Json]:
        for method, pattern, scope, name in _ROUTES:
            match = re.fullmatch(pattern, request.path.rstrip("/"))
            if match and method == request.method:
                self._need(scope)
                answer: Callable[..., tuple[int, Json]] = getattr(self, name)
                return answer(request, *match.groups())
        raise not_found()

    def _need(self, scope: str) -> None:
        if self.scopes is not None and scope not in self.scopes:
            raise Refusal(403, *ERROR_IDS[403])

    def _post_image_action(self, request: _Request, image_id: str) -> tuple[int, Json]:
        body = request.json()
        action = self.account.act(int(image_id), body)
        self.posts.append(Post(request.at, int(image_id), body, action.id))
        return 201, {"action": self.account.json(action)}

    def _list_image_actions(self, request: _Request, image_id: str) -> tuple[int, Json]:
        self.account.image(int(image_id))
        actions = self.account.actions(int(image_id))
        return 200, self._page(request, "actions", actions, self.account.json)

    def _get_image_action(
        self, _request: _Request, image_id: str, action_id: str
    ) -> tuple[int, Json]:
        self.account.image(int(image_id))
        action = self.account.action(int(action_id), ("image", int(image_id)))
        return 200, {"action": self.account.json(action)}

    def _list_droplets(self, request: _Request) -> tuple[int, Json]:
        self.account.settle()
        name, tag = request.query.get("name"), request.query.get("tag_name")
        found = [
            droplet
            for droplet in self.account.droplets.values()
            if name in (None, droplet.name) and (tag is None or tag in droplet.tags)
        ]
        return 200, self._page(request, "droplets", found, self._droplet_json)

    def _get_droplet(self, _request: _Request, droplet_id: str) -> tuple[int, Json]:
        return 200, {"droplet": self._droplet_json(self.account.droplet(int(droplet_id)))}

    def _droplet_json(self, droplet: Droplet) -> Json:
        snapshots = [image.id for image in self.account.snapshots_of(droplet.id)]
        backups = [image.id for image in self.account.backups_of(droplet.id)]
        return droplet.json(self.account.regions.get(droplet.region), snapshots, backups)

    def _list_droplet_snapshots(self, request: _Request, droplet_id: str) -> tuple[int, Json]:
        snapshots = self.account.snapshots_of(int(droplet_id))
        return 200, self._page(request, "snapshots", snapshots, Image.json)

    def _post_droplet_action(self, request: _Request, droplet_id: str) -> tuple[int, Json]:
        body = request.json()
        if kind := TYPES.get(str(body.get("type"))):
            self._need(kind.scope)
        action = self.account.act_on_droplet(int(droplet_id), body)
        self.posts.append(Post(request.at, int(droplet_id), body, action.id))
        return 201, {"action": self.account.json(action)}

    def _list_droplet_actions(self, request: _Request, droplet_id: str) -> tuple[int, Json]:
        self.account.droplet(int(droplet_id))
        actions = self.account.droplet_actions(int(droplet_id))
        return 200, self._page(request, "actions", actions, self.account.json)

    def _get_droplet_action(
        self, _request: _Request, droplet_id: str, action_id: str
    ) -> tuple[int, Json]:
        self.account.droplet(int(droplet_id))
        action = self.account.action(int(action_id), ("droplet", int(droplet_id)))
        return 200, {"action": self.account.json(action)}

    def _list_volumes(self, request: _Request) -> tuple[int, Json]:
        name, region = request.query.get("name"), request.query.get("region")
        found = [
            volume
            for volume in self.account.volumes.all.values()
            if name in (None, volume.name) and region in (None, volume.region)
        ]
        return 200, self._page(request, "volumes", found, self._volume_json)

    def _get_volume(self, _request: _Request, volume_id: str) -> tuple[int, Json]:
        return 200, {"volume": self._volume_json(self.account.volume(volume_id))}

    def _volume_json(self, volume: Volume) -> Json:
        return volume.json(self.account.regions.get(volume.region))

    def _list_volume_snapshots(self, request: _Request, volume_id: str) -> tuple[int, Json]:
        snapshots = self.account.volumes.snapshots_of(self.account.volume(volume_id).id)
        return 200, self._page(request, "snapshots", snapshots, VolumeSnapshot.json)

    def _snapshot_volume(self, request: _Request, volume_id: str) -> tuple[int, Json]:
        body = request.json()
        made = self.account.snapshot_volume(volume_id, body)
        self.posts.append(Post(request.at, volume_id, body, 0))
        return 201, {"snapshot": made.json()}

    def _list_images(self, request: _Request) -> tuple[int, Json]:
        self.account.settle()
        images = [each for each in self.account.images.values() if _listed(each, request.query)]
        return 200, self._page(request, "images", images, Image.json)

    def _get_image(self, _request: _Request, image: str) -> tuple[int, Json]:
        slugs = {each.slug: each.id for each in self.account.images.values() if each.slug}
        image_id = int(image) if image.isascii() and image.isdigit() else slugs.get(image, 0)
        return 200, {"image": self.account.image(image_id).json()}

    def _delete_image(self, _request: _Request, image_id: str) -> tuple[int, Json]:
        self.account.delete(int(image_id))
        return 204, {}

    def _offer_image(self, request: _Request, image_id: str) -> tuple[int, Json]:
        self._need("image:delete")
        body = request.json()
        offer = self.account.offer(int(image_id), body)
        self.posts.append(Post(request.at, int(image_id), body, offer.id))
        return 201, {"transfer_id": offer.id}

    def _cancel_offer(self, request: _Request, image_id: str) -> tuple[int, Json]:
        self._need("image:delete")
        if not self.account.offers.cancel(int(image_id), request.json().get("transfer_id")):
            raise not_found()
        return 204, {}

    def _put_image(self, request: _Request, image_id: str) -> tuple[int, Json]:
        return 200, {"image": self.account.rename(int(image_id), request.json()).json()}

    def _list_actions(self, request: _Request) -> tuple[int, Json]:
        return 200, self._page(request, "actions", self.account.actions(), self.account.json)

    def _get_action(self, _request: _Request, action_id: str) -> tuple[int, Json]:
        return 200, {"action": self.account.json(self.account.action(int(action_id)))}

    def _list_regions(self, request: _Request) -> tuple[int, Json]:
        return 200, self._page(request, "regions", list(self.account.regions.values()), dict)

    def _get_account(self, _request: _Request) -> tuple[int, Json]:
        account = {
            "droplet_limit": 25,
            "floating_ip_limit": 5,
            "email": "ops@example.com",
            "name": "Sandbox",
            "uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef",
            "email_verified": True,
            "status": "active",
            "status_message": "",
            "team": {"uuid": "5df3e3004a17e242b7c20ca6c9fc25b701a47ece", "name": "Sandbox"},
        }
        return 200, {"account": account}

    def _page(
        self, request: _Request, key: str, items: list[Any], to_json: Callable[[Any], Json]
    ) -> Json:
        return page(request.query, self.base_url + request.path, key, items, to_json)

    def _note(self, request: _Request, status: int, answer: Any) -> None:
        body = _text(request.raw)
        kept = shortened(answer)
        self.calls.append(
            Call(request.method, request.path, request.query, body, status, kept, request.at)
        )


_NUMBER = r"(\d{1,18})"
_UUID = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_ROUTES = [
    ("POST", rf"/v2/images/{_NUMBER}/actions", "image:update", "_post_image_action"),
    ("POST", rf"/v2/images/{_NUMBER}/account_transfer", "image:update", "_offer_image"),
    ("POST", rf"/v2/images/{_NUMBER}/account_transfer/cancel", "image:update", "_cancel_offer"),
    ("GET", rf"/v2/images/{_NUMBER}/actions", "image:read", "_list_image_actions"),
    ("GET", rf"/v2/images/{_NUMBER}/actions/{_NUMBER}", "image:read", "_get_image_action"),
    ("GET", r"/v2/images", "image:read", "_list_images"),
    ("GET", r"/v2/images/([^/]+)", "image:read", "_get_image"),
    ("PUT", rf"/v2/images/{_NUMBER}", "image:update", "_put_image"),
    ("DELETE", rf"/v2/images/{_NUMBER}", "image:delete", "_delete_image"),
    ("GET", r"/v2/droplets", "droplet:read", "_list_droplets"),
    ("GET", rf"/v2/droplets/{_NUMBER}", "droplet:read", "_get_droplet"),
    ("GET", rf"/v2/droplets/{_NUMBER}/snapshots", "droplet:read", "_list_droplet_snapshots"),
    ("POST", rf"/v2/droplets/{_NUMBER}/actions", "droplet:update", "_post_droplet_action"),
    ("GET", rf"/v2/droplets/{_NUMBER}/actions", "droplet:read", "_list_droplet_actions"),
    ("GET", rf"/v2/droplets/{_NUMBER}/actions/{_NUMBER}", "droplet:read", "_get_droplet_action"),
    ("GET", r"/v2/volumes", "block_storage:read", "_list_volumes"),
    ("GET", rf"/v2/volumes/{_UUID}", "block_storage:read", "_get_volume"),
    (
        *("GET", rf"/v2/volumes/{_UUID}/snapshots"),
        *("block_storage_snapshot:read", "_list_volume_snapshots"),
    ),
    (
        *("POST", rf"/v2/volumes/{_UUID}/snapshots"),
        *("block_storage_snapshot:create", "_snapshot_volume"),
    ),
    ("GET", r"/v2/actions", "actions:read", "_list_actions"),
    ("GET", rf"/v2/actions/{_NUMBER}", "actions:read", "_get_action"),
    ("GET", r"/v2/regions", "regions:read", "_list_regions"),
    ("GET", r"/v2/account", "account:read", "_get_account"),
]


def _listed(image: Image, query: dict[str, str]) -> bool:
    if query.get("private", "").lower() in ("true", "1") and image.public:
        return False
    if "tag_name" in query and query["tag_name"] not in image.tags:
        return False
    kind = query.get("type")
    return kind is None or (kind == "distribution" and image.type == "base")


def _text(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")
