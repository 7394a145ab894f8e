"""What is refused before the POST, with its reason and the way out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from world import OPS, RUNS_AT_ONCE, SNAPSHOT, World

WEB_ASSETS = "7724db7c-e098-11e5-b522-000f53304e51"


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE)


def _image(at_work: World, **wanted: object) -> int:
    for image in at_work.digitalocean.images.values():
        if all(getattr(image, name) == value for name, value in wanted.items()):
            return int(image.id)
    raise LookupError(wanted)


@pytest.mark.alike
@pytest.mark.parametrize(
    "command", ["transfer 3164444 nyc3", "rename 3164444 old", "delete 3164444"]
)
def test_a_droplets_number_is_named_as_one(start: Callable[..., World], command: str) -> None:
    at_work = start(RUNS_AT_ONCE + 'image_actions = ["transfer", "rename", "delete"]\n')
    at_work.types(command)
    said = at_work.told("no image 3164444").text
    assert "3164444 is the number of Droplet web-1" in said
    assert "/image snapshot 3164444" in said
    assert at_work.digitalocean.posts == []


def test_where_droplets_cannot_be_read_the_image_is_still_told_to_be_missing(
    start: Callable[..., World],
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.status(403, method="GET", path="/v2/droplets/*", times=None)
    at_work.types("transfer 3164444 nyc3")
    assert "/image list" in at_work.told("no image 3164444").text


@pytest.mark.alike
@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("show 3164444", "*web-1* (3164444) is a Droplet: `/image snapshot 3164444`"),
        ("show db-1", "*db-1* (3164446) is a Droplet"),
        ("snapshot web-assets", f"is a volume: `/image snapshot volume {WEB_ASSETS}`"),
        (f"snapshot {WEB_ASSETS}", f"is a volume: `/image snapshot volume {WEB_ASSETS}`"),
        ("transfer web-assets nyc3", f"is a volume: `/image snapshot volume {WEB_ASSETS}`"),
        ("snapshot volume web-1", "*web-1* (3164444) is a Droplet: `/image snapshot 3164444`"),
        (f"snapshot {SNAPSHOT}", f"is an image: `/image show {SNAPSHOT}`"),
        ("snapshot volume prod-cache", "*prod-cache* (62137905) is an image"),
        ("restore web-assets from latest", "*web-assets* (7724db7c"),
        ("transfer latest of web-assets nyc3", "*web-assets* (7724db7c"),
    ],
)
def test_what_is_of_another_kind_is_named_as_what_it_is(
    at_work: World, command: str, told: str
) -> None:
    at_work.types(command)
    at_work.told(told)
    _nothing_happened(at_work)


@pytest.mark.parametrize("command", ["show 3164444", "snapshot web-assets"])
def test_where_the_other_kinds_cannot_be_read_the_first_answer_stands(
    at_work: World, command: str
) -> None:
    at_work.digitalocean.limit_scopes("image:read", "regions:read", "droplet:read")
    if command.startswith("show"):
        at_work.digitalocean.limit_scopes("image:read", "regions:read")
    at_work.types(command)
    assert " is a " not in at_work.told("There is no").text
    assert at_work.bot.not_ready() == {}


def test_an_image_that_does_not_exist(at_work: World) -> None:
    at_work.types("transfer 999999 nyc3")
    assert "There is no image 999999" in at_work.told("no image 999999").text
    _nothing_happened(at_work)


def test_a_backup_is_to_be_converted_first(at_work: World) -> None:
    backup = _image(at_work, type="backup")
    at_work.types(f"transfer {backup} nyc3")
    assert f"/image convert {backup}" in at_work.told("is a backup").text
    _nothing_happened(at_work)


def test_already_there_is_a_success_that_does_nothing(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc1")
    assert "completed" in at_work.told("already").text
    _nothing_happened(at_work)


def test_an_import_that_is_not_finished(at_work: World) -> None:
    at_work.types(f"transfer {_image(at_work, status='pending')} nyc3")
    assert "not ready" in at_work.told("not ready").text
    _nothing_happened(at_work)


def test_a_region_that_cannot_receive_images(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} sfo1")
    assert "cannot receive images" in at_work.told("cannot receive").text
    _nothing_happened(at_work)


def test_a_slug_outside_the_enum_that_the_live_list_offers(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} atl1")
    at_work.reply("completed", at_work.root("atl1"))


def test_a_slug_outside_the_enum_that_takes_no_images(at_work: World) -> None:
    assert "not a region" in at_work.types(f"transfer {SNAPSHOT} ric1").text
    _nothing_happened(at_work)


def test_digitalocean_out_of_reach_loses_nothing(at_work: World) -> None:
    with at_work.digitalocean.unreachable():
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        assert "Nothing is lost" in at_work.told("could not be reached").text
        assert at_work.slack.messages(OPS) == []
    at_work.reply("completed", at_work.root("nyc3"))
    assert len(at_work.digitalocean.posts) == 1


def test_convert_makes_a_snapshot_of_a_backup(at_work: World) -> None:
    backup = _image(at_work, type="backup")
    at_work.types(f"convert {backup}")
    at_work.reply("completed", at_work.root(str(backup)))
    assert [post.body for post in at_work.digitalocean.posts] == [{"type": "convert"}]


def test_an_action_that_errors_is_said_so(at_work: World) -> None:
    at_work.digitalocean.action_seconds = 30
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: at_work.digitalocean.posts, "the POST")
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id, "errored")
    assert "failed" in at_work.reply("failed", at_work.root("nyc3")).text


def test_a_snapshot_is_not_converted_again(at_work: World) -> None:
    at_work.types(f"convert {SNAPSHOT}")
    assert "completed" in at_work.told("is a snapshot already").text
    _nothing_happened(at_work)


def _nothing_happened(at_work: World) -> None:
    assert at_work.slack.messages(OPS) == []
    assert at_work.digitalocean.posts == []
