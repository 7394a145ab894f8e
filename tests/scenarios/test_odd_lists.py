"""DigitalOcean's lists lie: pages without links, totals, items twice, and 230 before ours."""

from __future__ import annotations

from typing import Any

import pytest
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


NOTHING_PROVED = {
    "no total": lambda answer: {**answer, "images": [], "meta": None, "links": {}},
    "more than none": lambda answer: {**answer, "images": [], "meta": {"total": 9}},
    "null": lambda answer: {**answer, "images": None, "meta": {"total": 9}},
    "an object without a list": lambda answer: {"id": "ok"},
}


@pytest.mark.alike
@pytest.mark.parametrize("answer", NOTHING_PROVED.values(), ids=NOTHING_PROVED)
@pytest.mark.parametrize("typed", ["list", "list web", "prune web-* keep 1", "show web"])
def test_none_needs_proof_too(start, answer: Any, typed: str) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.changed(answer, **IMAGES)
    at_work.types(typed)
    at_work.told("did not list all")


def test_droplets_and_volumes_of_a_name_are_all_or_not_told(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    for number in range(230):
        at_work.digitalocean.add_droplet(4_000_000 + number, f"app-{number}")
    at_work.digitalocean.add_droplet(4_999_999, "app-5")
    at_work.digitalocean.faults.changed(_without_links, path="/v2/droplets")
    at_work.types("snapshot app-5")
    at_work.told("Several Droplets have that name")
    for path, typed in (("/v2/droplets", "app-5"), ("/v2/volumes", "volume db-data")):
        at_work.digitalocean.faults.clear()
        at_work.digitalocean.faults.changed(_without_total, path=path)
        at_work.types(f"snapshot {typed}")
        at_work.told("did not list all Droplets" if "app" in typed else "did not list all volumes")
    assert at_work.digitalocean.posts == []


def test_pages_that_never_end_are_not_followed(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    _many_images(at_work, 5)
    endless = {"pages": {"next": "https://api.example/v2/images?page=2"}}
    for total in (None, {"total": 10**9}, {"total": "9"}, {"total": -1}):
        at_work.digitalocean.faults.clear()
        at_work.digitalocean.faults.changed(
            lambda answer, total=total: {**answer, "links": endless, "meta": total}, path="/v2/*"
        )
        before = len(at_work.digitalocean.calls)
        at_work.types("transfer other-1 nyc3")
        at_work.told("did not list all")
        at_work.types("snapshot web-1")
        at_work.told("did not list all Droplets")
        assert len(at_work.digitalocean.calls) - before < 20


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


@pytest.mark.alike
@pytest.mark.parametrize("meta", ["as it is", None, {}, {"total": 0}, {"total": 20}])
def test_a_lost_answer_is_found_behind_230_other_actions(start, meta: Any) -> None:
    """Whether or not the list says that there is more."""

    def changed(answer: Any) -> Any:
        told = _without_links(answer)
        is_full = len(told.get("actions") or ()) >= 20
        return {**told, "meta": meta} if is_full and meta != "as it is" else told

    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.action_seconds = 60
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.changed(changed, path=f"/v2/images/{SNAPSHOT}/actions")
    at_work.digitalocean.faults.accept_then_hang(1.0)
    at_work.clicks("approve", root, by=BOB)
    at_work.until(lambda: at_work.digitalocean.posts, "the POST, whose answer is to be lost")
    at_work.digitalocean.add_image_activity(SNAPSHOT, 230)
    at_work.reply("found at DigitalOcean", root)
    at_work.root("In progress")
    assert len(at_work.digitalocean.posts) == 1
