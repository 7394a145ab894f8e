"""DigitalOcean answers oddly: what is done already, not yet, of something else, or null."""

from __future__ import annotations

from typing import Any

import pytest
from world import BOB, ONE_APPROVAL, SNAPSHOT, World, buttons, shown

from bot.store import read_cache

TRANSFER = {"type": "transfer", "region": "nyc3"}
POSTS = {"method": "POST", "path": "*/actions"}


def _approved(at_work: World) -> Any:
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    return root


def _unprocessable(at_work: World, message: str, times: int = 1, status: int = 422) -> None:
    body = {"id": "unprocessable_entity", "message": message, "request_id": "r-1"}
    at_work.digitalocean.faults.status(status, body, times=times, **POSTS)


def test_what_is_in_that_region_already_is_done(start) -> None:
    at_work = start(ONE_APPROVAL)
    _unprocessable(at_work, "Image is already in that region")
    _approved(at_work)
    assert "already in that region" in shown(at_work.root("Completed"))


def test_what_cannot_be_done_yet_is_tried_again_by_itself_and_told(start) -> None:
    at_work = start(ONE_APPROVAL)
    _unprocessable(at_work, "Image has a pending event.")
    _unprocessable(at_work, "The image is locked.", status=423)
    _unprocessable(at_work, "conflict", status=409)
    root = _approved(at_work)
    assert "pending event" in at_work.reply("pending event", root).text
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_what_is_refused_for_good_is_not_tried_again(start) -> None:
    at_work = start(ONE_APPROVAL)
    _unprocessable(at_work, "Image is not available in this region.")
    _approved(at_work)
    at_work.root("Failed")
    assert at_work.digitalocean.posts == []


def test_a_transfer_in_flight_from_the_control_panel_is_followed_not_posted_beside(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.action_seconds = 30
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    other = at_work.digitalocean.act(SNAPSHOT, TRANSFER)
    at_work.clicks("approve", root, by=BOB)
    assert str(other.id) in at_work.reply("found at DigitalOcean", root).text
    at_work.digitalocean.end_action(other.id)
    at_work.reply("completed", root)
    assert at_work.digitalocean.posts == []


def test_an_answer_about_another_image_is_not_believed(start) -> None:
    at_work = start(ONE_APPROVAL)
    other = {"id": 99, "status": "completed", "type": "transfer", "resource_id": 6918990}
    at_work.digitalocean.faults.status(201, {"action": other}, after=True, **POSTS)
    root = _approved(at_work)
    at_work.reply("found at DigitalOcean", root)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_a_list_of_actions_that_is_null_ends_in_a_question(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.status(503, {"id": "busy"}, **POSTS)
    listed = {"actions": None, "links": None, "meta": None}
    at_work.digitalocean.faults.status(
        200, listed, method="GET", path=f"*/images/{SNAPSHOT}/actions", times=None
    )
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Needs attention")


def test_the_accounts_list_fails_and_single_reads_take_its_place(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.status(
        403, {"id": "forbidden"}, method="GET", path="/v2/actions", times=None
    )
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Completed")


def test_a_region_that_is_half_null_is_passed_over(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.account.regions["ams3"]["features"] = None
    at_work.bot._engine.enqueue("refresh", "all")
    at_work.until(lambda: not _takes_images(at_work, "ams3"), "the regions read again")
    assert _takes_images(at_work, "nyc3")
    at_work.types("help")
    _approved(at_work)
    at_work.root("Completed")


def _takes_images(at_work: World, slug: str) -> bool:
    with at_work.bot.store.read() as connection:
        region = read_cache.regions(connection).get(slug)
    return region is not None and region.takes_images


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "deleted", "error_message": "The image is too large."}, "too large"),
        ({"status": "pending", "error_message": "Bad checksum"}, "Bad checksum"),
        ({"status": "deleted"}, "cannot be used any more"),
        ({"status": "retired"}, "cannot be used any more"),
    ],
)
def test_an_import_that_failed_is_told_so_and_why(start, fields, told: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.change_image(SNAPSHOT, **fields)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    said = at_work.told(told).text
    assert "Wait until" not in said
    assert at_work.digitalocean.posts == []


def test_a_retry_is_offered_only_where_it_can_help(start) -> None:
    at_work = start(ONE_APPROVAL)
    _unprocessable(at_work, "Image type is not supported.")
    _approved(at_work)
    assert "retry_failed" not in buttons(at_work.root("Failed"))
    at_work.digitalocean.next_action(0.1, "errored")
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.until(lambda: "retry_failed" in buttons(at_work.root("sfo3")), "a retry that can help")


def test_a_custom_image_is_not_converted(start) -> None:
    at_work = start(ONE_APPROVAL)
    for number, kind in enumerate(("custom", "base", "admin")):
        at_work.digitalocean.add_image(9_000 + number, kind, type=kind, regions=["nyc1"])
        at_work.types(f"convert {9_000 + number}")
        at_work.told(f"is a {kind} image, and only backups can be converted")
    assert at_work.digitalocean.posts == []
