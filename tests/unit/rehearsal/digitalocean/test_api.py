"""The API as the official client and a plain one see it."""

from __future__ import annotations

import time

import pytest
from azure.core.exceptions import HttpResponseError

from rehearsal.digitalocean.offers import OWN_TEAM

IMAGE = 62137902
PLAIN = {"enforce_https": False}


def test_a_transfer_from_post_to_completed(sandbox, official):
    body = {"type": "transfer", "region": "nyc3"}
    posted = official.image_actions.post(image_id=IMAGE, body=body, **PLAIN)["action"]
    assert posted["status"] == "in-progress"
    assert posted["completed_at"] is None
    assert posted["region"]["slug"] == posted["region_slug"] == "nyc3"
    assert (posted["resource_id"], posted["resource_type"]) == (IMAGE, "image")
    time.sleep(0.25)
    ended = official.image_actions.get(image_id=IMAGE, action_id=posted["id"], **PLAIN)["action"]
    assert ended["status"] == "completed"
    assert ended["completed_at"] >= ended["started_at"]
    assert "nyc3" in official.images.get(image_id=IMAGE, **PLAIN)["image"]["regions"]
    [post] = sandbox.digitalocean.posts
    assert (post.image_id, post.body, post.action_id) == (IMAGE, body, posted["id"])


def test_a_convert(official, sandbox):
    sandbox.digitalocean.action_seconds = 0
    posted = official.image_actions.post(image_id=62140001, body={"type": "convert"}, **PLAIN)
    assert posted["action"]["type"] == "convert"
    assert official.images.get(image_id=62140001, **PLAIN)["image"]["type"] == "snapshot"


def test_actions_are_listed_newest_first(official):
    for region in ("nyc3", "fra1"):
        body = {"type": "transfer", "region": region}
        official.image_actions.post(image_id=IMAGE, body=body, **PLAIN)
    listed = official.image_actions.list(image_id=IMAGE, **PLAIN)
    assert [each["region_slug"] for each in listed["actions"]] == ["fra1", "nyc3"]
    assert listed["meta"]["total"] == 2
    everything = official.actions.list(per_page=1, **PLAIN)
    assert [each["region_slug"] for each in everything["actions"]] == ["fra1"]
    one = official.actions.get(action_id=everything["actions"][0]["id"], **PLAIN)
    assert one["action"]["region_slug"] == "fra1"


def test_images_by_kind(official):
    def names(**query):
        return {
            each["id"] for each in official.images.list(per_page=200, **query, **PLAIN)["images"]
        }

    assert 7555620 in names()
    assert 7555620 not in names(private=True)
    assert names(type="distribution") == {7555620}
    assert names(tag_name="prod") == {62137904, 62137905}


def test_an_image_by_its_slug(ask):
    assert ask("GET", "/v2/images/ubuntu-24-04-x64").json()["image"]["id"] == 7555620


def test_regions_and_account(official):
    regions = official.regions.list(per_page=200, **PLAIN)["regions"]
    assert len(regions) == 17
    assert set(regions[0]) == {"name", "slug", "sizes", "features", "available"}
    assert official.account.get(**PLAIN)["account"]["status"] == "active"


def test_pages_are_linked(official, sandbox):
    sandbox.digitalocean.add_activity(45)
    first = official.actions.list(per_page=20, **PLAIN)
    assert set(first["links"]["pages"]) == {"next", "last"}
    assert "page=2" in first["links"]["pages"]["next"]
    assert first["links"]["pages"]["next"].startswith(sandbox.digitalocean.url)
    last = official.actions.list(per_page=20, page=3, **PLAIN)
    assert (len(last["actions"]), set(last["links"]["pages"])) == (5, {"first", "prev"})
    whole = official.actions.list(per_page=200, **PLAIN)
    assert whole["links"] == {}


def test_a_404_as_the_official_client_gives_it(official):
    # It does not raise what the specification declares: the error is the answer.
    for answer in (
        official.images.get(image_id=1, **PLAIN),
        official.image_actions.get(image_id=IMAGE, action_id=1, **PLAIN),
    ):
        assert set(answer) == {"id", "message", "request_id"}
        assert answer["id"] == "not_found"


def test_a_422_as_the_official_client_raises_it(official):
    body = {"type": "transfer", "region": "nyc3"}
    with pytest.raises(HttpResponseError) as raised:
        official.image_actions.post(image_id=62140001, body=body, **PLAIN)
    assert raised.value.status_code == 422
    assert raised.value.response.json()["id"] == "unprocessable_entity"


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "status"),
    [
        ("GET", "/v2/images", {"headers": {"Authorization": "Bearer wrong"}}, 401),
        ("GET", "/v2/images", {"headers": {"Authorization": ""}}, 401),
        ("GET", "/v2/droplets/1", {}, 404),
        ("GET", "/v2/databases", {}, 404),
        ("DELETE", "/v2/images/1", {}, 404),
        ("GET", f"/v2/images/{'9' * 20}", {}, 404),
        ("GET", "/v2/images/６２１３７９０２", {}, 404),
        ("POST", f"/v2/images/{IMAGE}/actions", {"data": "{"}, 400),
        ("POST", f"/v2/images/{IMAGE}/actions", {"json": ["type"]}, 400),
        ("POST", f"/v2/images/{IMAGE}/actions", {}, 400),
        ("GET", "/v2/images?per_page=201", {}, 422),
        ("GET", "/v2/images?page=0", {}, 422),
        ("GET", "/v2/images?page=%D9%A3", {}, 422),
    ],
)
def test_what_is_wrong_is_told_as_an_error(ask, sandbox, method, path, kwargs, status):
    answer = ask(method, path, **kwargs)
    assert answer.status_code == status
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert sandbox.digitalocean.posts == []


def test_limited_scopes(ask, sandbox):
    sandbox.digitalocean.limit_scopes("image:read")
    assert ask("GET", f"/v2/images/{IMAGE}").status_code == 200
    refused = ask("POST", f"/v2/images/{IMAGE}/actions", json={"type": "convert"})
    assert (refused.status_code, refused.json()["id"]) == (403, "forbidden")
    sandbox.digitalocean.limit_scopes()
    assert ask("GET", "/v2/actions").status_code == 200


def test_limits_count_down_and_end_in_429(ask, sandbox):
    assert ask("GET", "/v2/account").headers["ratelimit-remaining"] == "4999"
    sandbox.digitalocean.use_up_calls(left=1)
    assert ask("GET", "/v2/account").status_code == 200
    refused = ask("GET", "/v2/account")
    assert (refused.status_code, refused.json()["id"]) == (429, "too_many_requests")
    assert "retry-after" not in refused.headers
    assert sandbox.digitalocean.calls_left == 0


def test_the_burst_limit(ask, sandbox):
    sandbox.digitalocean.limit_calls(minutely=1)
    ask("GET", "/v2/account")
    refused = ask("GET", "/v2/account")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


def test_every_request_is_kept(ask, sandbox):
    ask("GET", "/v2/images?private=true")
    [call] = sandbox.digitalocean.calls
    assert (call.method, call.path, call.query) == ("GET", "/v2/images", {"private": "true"})
    assert call.status == 200
    [entry] = sandbox.log.entries(kind="digitalocean")
    assert entry.summary == "GET /v2/images?private=true → 200"


def test_long_lists_are_kept_short_in_the_calls(ask, sandbox):
    sandbox.digitalocean.add_activity(200)
    assert len(ask("GET", "/v2/actions?per_page=200").json()["actions"]) == 200
    [call] = sandbox.digitalocean.calls
    assert (len(call.answer["actions"]), call.answer["actions"][-1]) == (4, "… and 197 more")


VOLUME = "506f78a4-e098-11e5-ad9f-000f53306ae1"


def test_an_image_is_offered_taken_back_and_taken(official, sandbox):
    account = sandbox.digitalocean.account
    body = {"recipient_email": "ops@example.com"}
    offer = official.images.post_account_transfer_create(IMAGE, body, **PLAIN)["transfer_id"]
    again = official.images.post_account_transfer_create(IMAGE, body, **PLAIN)
    assert again["id"] == "bad_request"
    official.images.post_account_transfer_cancel(IMAGE, {"transfer_id": offer}, **PLAIN)
    assert account.offers.all == {}
    team = {"recipient_uuid": OWN_TEAM}
    assert official.images.post_account_transfer_create(IMAGE, team, **PLAIN)["transfer_id"] > offer
    assert IMAGE not in sandbox.digitalocean.images


@pytest.mark.parametrize(
    ("image", "body"),
    [
        (IMAGE, {}),
        (IMAGE, {"recipient_email": "ops@example.com", "recipient_uuid": OWN_TEAM}),
        (IMAGE, {"recipient_uuid": "sales"}),
        (IMAGE, {"recipient_email": "sales"}),
        (62140001, {"recipient_uuid": OWN_TEAM}),
        (7555620, {"recipient_uuid": OWN_TEAM}),
    ],
)
def test_what_cannot_be_offered(ask, sandbox, image, body):
    refused = ask("POST", f"/v2/images/{image}/account_transfer", json=body)
    assert (refused.status_code, refused.json()["id"]) == (400, "bad_request")
    assert sandbox.digitalocean.posts == []


@pytest.mark.parametrize("image", [IMAGE, 62140002, None, "62140001"])
def test_a_droplet_is_restored_from_its_own_backups_alone(ask, sandbox, image):
    sandbox.digitalocean.add_image(62140002, "of web-2", type="backup", droplet_id=3_164_445)
    body = {"type": "restore", "image": image}
    assert ask("POST", "/v2/droplets/3164444/actions", json=body).status_code == 422
    droplet = ask("GET", "/v2/droplets/3164444").json()["droplet"]
    assert (droplet["backup_ids"], droplet["snapshot_ids"]) == ([62140001], [])


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("image:delete", "POST", f"/v2/images/{IMAGE}/account_transfer", {}),
        ("droplet:admin", "POST", "/v2/droplets/3164444/actions", {"type": "restore"}),
        ("block_storage_snapshot:create", "POST", f"/v2/volumes/{VOLUME}/snapshots", {}),
        ("block_storage_snapshot:read", "GET", f"/v2/volumes/{VOLUME}/snapshots", None),
        ("block_storage:read", "GET", f"/v2/volumes/{VOLUME}", None),
    ],
)
def test_each_of_these_needs_its_scope(ask, sandbox, scope, method, path, body):
    sandbox.digitalocean.limit_scopes("image:update", "droplet:update")
    assert ask(method, path, json=body).status_code == 403
    sandbox.digitalocean.limit_scopes("image:update", "droplet:update", scope)
    assert ask(method, path, json=body).status_code != 403


def test_a_volume_and_its_snapshots(official, ask):
    [volume] = official.volumes.list(name="db-data", region="fra1", **PLAIN)["volumes"]
    assert official.volumes.get(VOLUME, **PLAIN)["volume"] == volume
    made = official.volume_snapshots.create(VOLUME, {"name": "x"}, **PLAIN)["snapshot"]
    assert (made["resource_type"], made["resource_id"], made["regions"]) == (
        "volume",
        VOLUME,
        ["fra1"],
    )
    assert official.volume_snapshots.list(VOLUME, **PLAIN)["snapshots"] == [made]
    assert ask("POST", f"/v2/volumes/{VOLUME}/snapshots", json={"name": " "}).status_code == 422
    assert ask("GET", f"/v2/volumes/{VOLUME[:-1]}0").status_code == 404
