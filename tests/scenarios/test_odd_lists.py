"""DigitalOcean's lists lie: pages without links, totals, items twice, and 230 before ours."""

from __future__ import annotations

from typing import Any

from world import ANN, BOB, ONE_APPROVAL, RUNS_AT_ONCE, SNAPSHOT, World

IMAGES = {"path": "/v2/images"}


def _without_links(answer: Any) -> Any:
    return {**answer, "links": None}


def _without_total(answer: Any) -> Any:
    return {**answer, "meta": None}


def _many_images(at_work: World, count: int = 230) -> None:
    for number in range(count):
        at_work.digitalocean.add_image(70_000_000 + number, f"other-{number}")


def test_a_name_is_unique_only_among_all_pages(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.add_image(1001, "db", regions=["nyc1"])
    _many_images(at_work)
    at_work.digitalocean.add_image(1002, "db", regions=["nyc1"])
    at_work.digitalocean.faults.changed(_without_links, **IMAGES)
    at_work.types("transfer db nyc3")
    at_work.told("2 images are named “db”")
    assert at_work.digitalocean.posts == []


def test_without_a_total_no_name_is_taken_for_unique(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.add_image(1001, "db", regions=["nyc1"])
    at_work.digitalocean.faults.changed(_without_total, **IMAGES)
    at_work.types("transfer db nyc3")
    told = at_work.told("there may be others of that name")
    assert at_work.digitalocean.posts == []
    at_work.clicks("pick", told, by=ANN)
    at_work.reply("completed", at_work.root("db"))
    at_work.types("transfer nowhere nyc3")
    at_work.told("type the image's number")


def test_a_name_in_quotes_may_be_digits_or_a_region(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    for number, name in ((1001, "20261101"), (1002, "1.4.2"), (1003, "nyc3")):
        at_work.digitalocean.add_image(number, name, regions=["nyc1"])
        at_work.types(f'transfer "{name}" sfo3')
        at_work.reply("completed", at_work.root(str(number)))
    assert [post.image_id for post in at_work.digitalocean.posts] == [1001, 1002, 1003]


def test_an_id_in_quotes_is_taken_only_where_no_name_holds_it(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.types(f'transfer "{SNAPSHOT}" nyc3')
    at_work.reply("completed", at_work.root("Transfer of"))
    at_work.digitalocean.add_image(1001, f"copy of {SNAPSHOT}", regions=["nyc1"])
    at_work.types(f'transfer "{SNAPSHOT}" sfo3')
    at_work.told("Did you mean one of these?")
    assert len(at_work.digitalocean.posts) == 1


def test_a_lost_answer_is_found_behind_230_other_actions(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.action_seconds = 60
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.changed(_without_links, path=f"/v2/images/{SNAPSHOT}/actions")
    at_work.digitalocean.faults.accept_then_hang(1.0)
    at_work.clicks("approve", root, by=BOB)
    at_work.until(lambda: at_work.digitalocean.posts, "the POST, whose answer is to be lost")
    at_work.digitalocean.add_image_activity(SNAPSHOT, 230)
    at_work.reply("found at DigitalOcean", root)
    at_work.root("In progress")
    assert len(at_work.digitalocean.posts) == 1
