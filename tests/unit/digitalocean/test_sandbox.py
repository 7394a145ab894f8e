"""The official client and ours, side by side against the stand-in for DigitalOcean."""

import pydo
import pytest

from bot.digitalocean import HttpResponseError
from rehearsal import Sandbox

IMAGE = 62137902
# What may change between two looks at the same action.
MOVING = {"status", "completed_at"}


@pytest.fixture(scope="module")
def stand_in():
    with Sandbox() as running:
        yield running.settings()


@pytest.fixture
def both(stand_in, clients):
    """The same call by both clients, as (ours, theirs)."""
    endpoint, token = stand_in["DIGITALOCEAN_API_URL"], stand_in["DIGITALOCEAN_TOKEN"]
    ours = clients(endpoint, token=token)
    theirs = pydo.Client(token=token, endpoint=endpoint)

    def call(group, method, *arguments, **named):
        return (
            getattr(getattr(ours, group), method)(*arguments, **named),
            getattr(getattr(theirs, group), method)(*arguments, **named, enforce_https=False),
        )

    return call


@pytest.mark.parametrize(
    ("group", "method", "arguments", "named"),
    [
        ("regions", "list", (), {}),
        ("regions", "list", (), {"per_page": 3, "page": 2}),
        ("images", "list", (), {}),
        ("images", "list", (), {"private": True, "per_page": 2}),
        ("images", "get", (IMAGE,), {}),
        ("image_actions", "list", (IMAGE,), {}),
        ("actions", "list", (), {"per_page": 200}),
    ],
)
def test_reads(both, group, method, arguments, named):
    ours, theirs = both(group, method, *arguments, **named)
    assert ours == theirs


def test_pages_hold_what_the_official_client_lists(stand_in, clients, both):
    _, listed = both("regions", "list", per_page=200)
    ours = clients(stand_in["DIGITALOCEAN_API_URL"], token=stand_in["DIGITALOCEAN_TOKEN"])
    paged = [region for page in ours.regions.pages(per_page=4) for region in page["regions"]]
    assert paged == listed["regions"]


def test_a_transfer_and_its_follow_up(stand_in, clients, both):
    ours = clients(stand_in["DIGITALOCEAN_API_URL"], token=stand_in["DIGITALOCEAN_TOKEN"])
    posted = ours.image_actions.post(IMAGE, {"type": "transfer", "region": "nyc3"})
    action_id = posted["action"]["id"]
    for group, arguments in (("actions", (action_id,)), ("image_actions", (IMAGE, action_id))):
        mine, other = both(group, "get", *arguments)
        assert still(mine.get("action", mine)) == still(other.get("action", other))
        assert still(mine.get("action", mine)) == still(posted["action"])


def test_a_post_by_each_has_the_same_shape(stand_in, clients):
    endpoint, token = stand_in["DIGITALOCEAN_API_URL"], stand_in["DIGITALOCEAN_TOKEN"]
    ours = clients(endpoint, token=token).image_actions.post(
        IMAGE, {"type": "transfer", "region": "fra1"}
    )
    theirs = pydo.Client(token=token, endpoint=endpoint).image_actions.post(
        IMAGE, {"type": "transfer", "region": "tor1"}, enforce_https=False
    )
    assert set(ours) == set(theirs) == {"action"}
    assert set(ours["action"]) == set(theirs["action"])
    assert ours["action"]["region_slug"] == "fra1"


def test_a_live_region_outside_the_specification(stand_in, clients):
    client = clients(stand_in["DIGITALOCEAN_API_URL"], token=stand_in["DIGITALOCEAN_TOKEN"])
    posted = client.image_actions.post(IMAGE, {"type": "transfer", "region": "atl1"})
    assert posted["action"]["region_slug"] == "atl1"


def test_what_does_not_exist(stand_in, clients):
    client = clients(stand_in["DIGITALOCEAN_API_URL"], token=stand_in["DIGITALOCEAN_TOKEN"])
    with pytest.raises(HttpResponseError) as raised:
        client.images.get(999_999_999)
    assert raised.value.status_code == 404
    assert raised.value.error_id == "not_found"


def still(action):
    return {name: value for name, value in action.items() if name not in MOVING}
