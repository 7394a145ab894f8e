"""Whoever knows the official client knows this one: same names, same arguments, same JSON."""

import inspect
import json

import azure.core.exceptions
import pydo
import pytest

from bot import digitalocean

from .server import TOKEN, Server, head, raw, reply

BODY = {"type": "transfer", "region": "nyc3"}
VOLUME = "506f78a4-e098-11e5-ad9f-000f53306ae1"
SURFACE = [
    ("image_actions", "post", {"image_id": 7, "body": BODY}),
    ("image_actions", "get", {"image_id": 7, "action_id": 5}),
    ("image_actions", "list", {"image_id": 7}),
    ("images", "get", {"image_id": 7}),
    ("images", "update", {"image_id": 7, "body": {"name": "web"}}),
    (
        "images",
        "post_account_transfer_create",
        {"image_id": 7, "body": {"recipient_email": "ops@example.com"}},
    ),
    ("images", "list", {"type": "application", "private": True, "tag_name": "base", "page": 2}),
    ("actions", "get", {"action_id": 5}),
    ("actions", "list", {"per_page": 200, "page": 3}),
    ("regions", "list", {}),
    ("droplets", "get", {"droplet_id": 7}),
    ("droplets", "list", {"tag_name": "web", "page": 2}),
    ("droplets", "list_snapshots", {"droplet_id": 7, "per_page": 50}),
    ("droplet_actions", "post", {"droplet_id": 7, "body": {"type": "snapshot", "name": "x"}}),
    ("droplet_actions", "get", {"droplet_id": 7, "action_id": 5}),
    ("droplet_actions", "list", {"droplet_id": 7, "page": 2}),
    ("volumes", "get", {"volume_id": VOLUME}),
    ("volumes", "list", {"name": "db-data", "region": "fra1", "page": 2}),
    ("volume_snapshots", "create", {"volume_id": VOLUME, "body": {"name": "x"}}),
    ("volume_snapshots", "list", {"volume_id": VOLUME, "per_page": 50}),
]
# The specification declares no paging for it, though its example is a page.
BEYOND = {("image_actions", "list"): {"per_page", "page"}}


@pytest.fixture
def official():
    def make(endpoint):
        return pydo.Client(token=TOKEN, endpoint=endpoint)

    return make


def parameters(function):
    return {
        name: (each.kind, each.default)
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    }


@pytest.mark.parametrize(("group", "method", "_"), SURFACE)
def test_arguments_are_the_official_ones(clients, official, group, method, _):
    endpoint = "https://api.digitalocean.com"
    ours = parameters(getattr(getattr(clients(endpoint), group), method))
    theirs = parameters(getattr(getattr(official(endpoint), group), method))
    for name in BEYOND.get((group, method), ()):
        ours.pop(name)
    assert ours == theirs


@pytest.mark.parametrize(("group", "method", "arguments"), SURFACE)
def test_the_same_request_leaves_and_the_same_json_comes_back(
    clients, official, group, method, arguments
):
    with Server(
        reply("201 x" if method.startswith(("post", "create")) else "200 OK", {"some": ["thing"]})
    ) as server:
        ours = getattr(getattr(clients(server.url), group), method)(**arguments)
        their_method = getattr(getattr(official(server.url), group), method)
        assert their_method(**arguments, enforce_https=False) == ours == {"some": ["thing"]}
        mine, other = server.requests
    assert mine.method == other.method
    assert mine.path == other.path
    if (group, method) not in BEYOND:
        assert sorted(mine.target.partition("?")[2].split("&")) == sorted(
            other.target.partition("?")[2].split("&")
        )
    assert mine.headers["authorization"] == other.headers["authorization"]
    if method.startswith(("post", "create")):
        assert json.loads(mine.body) == json.loads(other.body)
        assert mine.headers["content-type"] == other.headers["content-type"]


def test_a_deletion_answers_nothing(clients, official):
    with Server(raw(head("204 No Content", {}))) as server:
        assert clients(server.url).images.delete(7) is None
        assert official(server.url).images.delete(7, enforce_https=False) is None
        mine, other = server.requests
    assert (mine.method, mine.path) == (other.method, other.path) == ("DELETE", "/v2/images/7")


def test_errors_have_the_official_names_and_attributes(clients, official):
    said = {"id": "unauthorized", "message": "Unable to authenticate you", "request_id": "r"}
    with Server(reply("401 Unauthorized", said)) as server:
        with pytest.raises(azure.core.exceptions.HttpResponseError) as theirs:
            official(server.url).images.get(7, enforce_https=False)
        with pytest.raises(digitalocean.HttpResponseError) as ours:
            clients(server.url).images.get(7)
    assert ours.value.status_code == theirs.value.status_code == 401
    assert ours.value.reason == theirs.value.reason == "Unauthorized"
    for name in ("message", "error", "response"):
        assert hasattr(theirs.value, name)
        assert getattr(ours.value, name) is not None
    assert ours.value.response.json() == theirs.value.response.json() == said
    assert ours.value.response.text() == theirs.value.response.text()
    for name in ("ServiceRequestError", "ServiceResponseError", "HttpResponseError"):
        assert hasattr(azure.core.exceptions, name)
        assert hasattr(digitalocean, name)


def test_where_it_differs_a_404_is_an_error(clients, official):
    with Server(reply("404 Not Found", {"id": "not_found", "message": "no"})) as server:
        assert official(server.url).images.get(7, enforce_https=False)["id"] == "not_found"
        with pytest.raises(digitalocean.HttpResponseError, match="not_found"):
            clients(server.url).images.get(7)
