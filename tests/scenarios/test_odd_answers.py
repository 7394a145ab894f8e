"""DigitalOcean answers oddly: what is done already, not yet, of something else, or null."""

from __future__ import annotations

import json
from typing import Any

import pytest
from world import ANN, BOB, ONE_APPROVAL, OPS, SNAPSHOT, World, buttons, shown

from bot.operations.registry import OPERATIONS
from bot.store import read_cache
from rehearsal.digitalocean.odd import everywhere

VOLUME_PATH = "/v2/volumes/506f78a4-e098-11e5-ad9f-000f53306ae1"
OTHER_VOLUME = "7724db7c-e098-11e5-b522-000f53304e51"
EVERYTHING = ONE_APPROVAL + f"image_actions = {json.dumps(sorted(OPERATIONS))}\n"
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


OTHERS = {
    "another type": {"type": "convert"},
    "another region": {"region_slug": "sfo3"},
    "of a Droplet": {"resource_type": "droplet"},
    "of nothing": {"id": 0},
    "beyond all numbers": {"id": 10**30},
    "no id": {"id": None},
    "yes": {"id": True},
}


@pytest.mark.alike
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_an_answer_about_something_else_is_looked_into(start, other: dict[str, Any]) -> None:
    at_work = start(ONE_APPROVAL)
    told = {"id": 99, "status": "completed", "type": "transfer", "resource_id": SNAPSHOT}
    body = {"action": {**told, "region_slug": "nyc3", **other}}
    at_work.digitalocean.faults.status(201, body, after=True, **POSTS)
    root = _approved(at_work)
    assert "was lost" not in at_work.reply("does not tell whether it was taken", root).text
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


@pytest.mark.alike
@pytest.mark.parametrize("body", [{}, {"action": None}, {"action": []}, {"image": {"id": 7}}])
def test_an_answer_without_an_action_is_looked_into(start, body: dict[str, Any]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.status(201, body, after=True, **POSTS)
    root = _approved(at_work)
    at_work.reply("no readable action", root)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_an_answer_with_the_action_of_another_request_is_looked_into(start, caplog) -> None:
    at_work = start(ONE_APPROVAL)
    root = _approved(at_work)
    at_work.reply("completed", root)
    first = at_work.digitalocean.posts[0].action_id
    told = {"id": first, "status": "completed", "type": "transfer", "resource_id": SNAPSHOT}
    at_work.digitalocean.faults.status(201, {"action": told}, after=True, **POSTS)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("another request", root)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 2
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.alike
@pytest.mark.parametrize("path", ["/v2/images/*", "/v2/droplets/*", VOLUME_PATH])
def test_a_look_up_that_is_answered_with_another_is_not_believed(start, path: str) -> None:
    at_work = start(EVERYTHING)
    answers = {
        "/v2/images/*": ({"image": {"id": 6918990, "name": "x"}}, f"transfer {SNAPSHOT} nyc3"),
        "/v2/droplets/*": ({"droplet": {"id": 1, "name": "x"}}, "snapshot web-1 as golden"),
        VOLUME_PATH: ({"volume": {"id": OTHER_VOLUME}}, "snapshot volume db-data as golden"),
    }
    body, typed = answers[path]
    at_work.digitalocean.faults.status(200, body, method="GET", path=path)
    at_work.types(typed)
    told = at_work.told("has a problem").text
    assert "where" in told
    assert "could not be reached" not in told
    at_work.clock.skip(60)
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.root("Completed")
    assert len(at_work.digitalocean.posts) == 1


def test_a_look_is_not_answered_with_another_image(start) -> None:
    at_work = start(ONE_APPROVAL)
    body = {"image": {"id": 6918990, "name": "somebody else's"}}
    at_work.digitalocean.faults.status(200, body, method="GET", path="/v2/images/*")
    at_work.types(f"show {SNAPSHOT}")
    assert "somebody" not in at_work.told("6918990 where 62137902 was asked for").text


UNTOLD: dict[str, Any] = {
    "size then": ({"size_gigabytes": None}, {}),
    "size now": ({}, {"size_gigabytes": None}),
    "name then": ({"name": None}, {}),
    "type then": ({"type": ""}, {}),
    "time now": ({}, {"created_at": ""}),
    "zero time now": ({}, {"created_at": "0001-01-01T00:00:00Z"}),
}


@pytest.mark.alike
@pytest.mark.parametrize(("then", "now"), UNTOLD.values(), ids=UNTOLD)
def test_what_was_not_told_has_not_changed(start, then: Any, now: Any) -> None:
    at_work = start(ONE_APPROVAL)
    _says_of_images(at_work, then)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    assert "0 GB" not in shown(root)
    _says_of_images(at_work, now)
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Completed")


@pytest.mark.alike
@pytest.mark.parametrize("lacking", [{"name": None}, {"type": None}, {"name": "", "type": []}])
def test_what_rules_match_is_asked_again_where_it_is_not_told(start, lacking: Any) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    _says_of_images(at_work, lacking)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("leaves out the name or the type", root)
    assert at_work.digitalocean.posts == []
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(60)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def _says_of_images(at_work: World, fields: dict[str, Any]) -> None:
    def change(answer: Any) -> Any:
        found = answer.get("image") if isinstance(answer, dict) else None
        return {**answer, "image": {**found, **fields}} if found else answer

    at_work.digitalocean.faults.clear()
    at_work.digitalocean.faults.changed(change, path="/v2/images/*")


@pytest.mark.alike
@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b", "<!channel>", "é" * 255])
def test_a_name_that_nothing_can_keep_is_kept_as_far_as_it_can(start, name: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.change_image(SNAPSHOT, name=name)
    _approved(at_work)
    at_work.root("Completed")
    at_work.types("list")
    at_work.told(str(SNAPSHOT))
    assert at_work.slack.violations == []


PINGS = "<!channel> <https://evil.example|ok>"


@pytest.mark.alike
@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("type", "convert 62140001"),
        ("type", "give 62137904 to ops@example.com"),
        ("type", f"transfer {SNAPSHOT} nyc3"),
        ("status", f"transfer {SNAPSHOT} nyc3"),
        ("status", "snapshot web-1 as golden"),
        ("error_message", f"show {SNAPSHOT}"),
        ("name", "snapshot db-1 as golden"),
        ("name", "snapshot volume 506f78a4-e098-11e5-ad9f-000f53306ae1 as golden"),
        ("regions", f"show {SNAPSHOT}"),
        ("slug", "snapshot web-1 as golden"),
        ("tags", f"show {SNAPSHOT}"),
        ("created_at", f"show {SNAPSHOT}"),
    ],
)
def test_no_word_of_digitaloceans_pings_or_links(start, key: str, typed: str) -> None:
    at_work = start(EVERYTHING)
    odd = [PINGS] if key in ("regions", "tags") else PINGS
    at_work.digitalocean.faults.changed(everywhere(key, odd))
    at_work.types(typed)
    at_work.until(
        lambda: len(at_work._told("", ANN)) > 1 or at_work.slack.messages(OPS), "an answer"
    )
    for card in at_work.slack.messages(OPS):
        at_work.clicks("approve", card, by=BOB)
        at_work.until(lambda c=card: at_work.slack.thread(OPS, c.ts), "a reply")
    said = [*at_work.slack.messages(OPS), *at_work._told("", ANN), *at_work._told("", BOB)]
    said += [
        reply for m in at_work.slack.messages(OPS) for reply in at_work.slack.thread(OPS, m.ts)
    ]
    assert not [text for text in map(shown, said) if "<!" in text.replace("<!date", "")]
    assert not [text for text in map(shown, said) if "<https://evil" in text]


@pytest.mark.alike
@pytest.mark.parametrize("kind", ["name", "type"])
def test_a_change_is_told_without_pinging(start, kind: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.change_image(SNAPSHOT, **{kind: PINGS})
    at_work.clicks("approve", root, by=BOB)
    failed = at_work.root("Failed")
    for message in (failed, *at_work.slack.thread(OPS, failed.ts)):
        assert "<!channel>" not in shown(message)


@pytest.mark.alike
@pytest.mark.parametrize("made", ["9999-12-31T23:59:59Z", "2026-11-20T10:00:00", "20 November"])
def test_a_time_that_cannot_be_reckoned_with_stops_no_card(start, made: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.change_image(62140001, created_at=made)
    at_work.types("convert 62140001")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.root("Completed")


@pytest.mark.alike
@pytest.mark.parametrize(
    ("typed", "unknown"),
    [
        (f"show {SNAPSHOT}", "GB"),
        ("list web", "GB"),
        ("prune db-* keep 1 --dry-run", "$"),
        ("snapshot volume db-data --dry-run", "GB"),
        ("convert 62140001", "0 GB"),
        ("delete 62137905", "GB"),
        ("give 62137905 to ops@example.com", "$0 a"),
        ("snapshot volume web-assets as golden", "attached to nothing"),
    ],
)
def test_sizes_and_prices_that_are_not_told_are_left_out(start, typed: str, unknown: str) -> None:
    at_work = start(EVERYTHING)
    at_work.digitalocean.add_image(71, "db-2026-11-10")
    keys = ("size_gigabytes", "droplet_ids", "disk")
    at_work.digitalocean.faults.changed(
        lambda answer: everywhere(keys[0], None)(everywhere(keys[1], None)(answer))
    )
    at_work.types(typed)
    if typed.split()[0] in ("show", "list", "prune") or "--dry-run" in typed:
        found = at_work.told("web-2026" if "web" in typed or "show" in typed else "db-")
    else:
        found = at_work.root("Pending approval")
    assert unknown not in shown(found)


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


@pytest.mark.parametrize("fails", ["403", "500", "hangs", "null"])
def test_the_accounts_list_fails_and_single_reads_take_its_place(start, fails: str) -> None:
    at_work = start(ONE_APPROVAL)
    where: dict[str, Any] = {"path": "/v2/actions", "times": None}
    if fails == "hangs":
        at_work.digitalocean.faults.hang(method="GET", **where)
    elif fails == "null":
        at_work.digitalocean.faults.changed(everywhere("actions", None), **where)
    else:
        at_work.digitalocean.faults.status(int(fails), {"id": "no"}, method="GET", **where)
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


def test_a_list_of_regions_that_comes_empty_at_the_post_refuses_nothing(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} atl1")  # which the live list alone knows
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.changed(
        lambda answer: {**answer, "regions": None}, path="/v2/regions"
    )
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("without a region", root)
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(60)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


ODD_REGIONS = {
    "the list is null": lambda answer: {**answer, "regions": None},
    "one is null": lambda answer: {**answer, "regions": [None, *answer["regions"]]},
    "all twice": lambda answer: {**answer, "regions": answer["regions"] * 2},
    "no slugs": everywhere("slug", None),
    "no names": everywhere("name", None),
    "features are a text": everywhere("features", "image_transfer"),
    "nothing at all": lambda _: {},
}


@pytest.mark.alike
@pytest.mark.parametrize("odd", ODD_REGIONS.values(), ids=ODD_REGIONS)
def test_odd_regions_stop_no_command(start, odd: Any) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.changed(odd, path="/v2/regions")
    at_work.clock.skip(600)
    at_work.bot._engine.enqueue("refresh", "all")
    at_work.until(
        lambda: at_work.digitalocean.calls[-1].path == "/v2/regions", "the regions read again"
    )
    for typed in ("help", "regions", "status", f"policy explain transfer {SNAPSHOT} nyc3"):
        assert "went wrong" not in at_work.types(typed).text
    _approved(at_work)
    at_work.root("Completed")


def _takes_images(at_work: World, slug: str) -> bool:
    with at_work.bot.store.read() as connection:
        region = read_cache.regions(connection).get(slug)
    return region is not None and region.takes_images


@pytest.mark.alike
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "deleted", "error_message": "The image is too large."}, "too large"),
        ({"status": "pending", "error_message": "Bad checksum"}, "Bad checksum"),
        ({"status": "deleted"}, "cannot be used any more"),
        ({"status": "retired"}, "cannot be used any more"),
        ({"status": "DELETED"}, "cannot be used any more"),
        ({"status": "failed"}, "cannot be used any more"),
        ({"status": "errored", "error_message": "No disk"}, "No disk"),
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
        a = "an" if kind == "admin" else "a"
        at_work.told(f"is {a} {kind} image, and only backups can be converted")
    assert at_work.digitalocean.posts == []


@pytest.mark.alike
@pytest.mark.parametrize(
    ("image", "told"),
    [
        ({"type": "admin"}, "is an admin image"),
        ({"type": "application"}, "is an application image"),
        ({"type": "base", "public": True}, "DigitalOcean's own"),
        ({"type": "snapshot", "public": True}, "DigitalOcean's own"),
    ],
)
def test_what_is_no_backup_is_not_converted(start, image: dict[str, Any], told: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.add_image(901, "other", regions=("nyc1",), **image)
    at_work.types("convert 901")
    assert "can be transferred" not in at_work.told(told).text
    assert at_work.slack.messages(OPS) == []


@pytest.mark.alike
@pytest.mark.parametrize("told", ["Backup", " BACKUP "])
def test_a_type_is_read_however_it_is_written(start, told: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.add_image(901, "other", regions=("nyc1",), type="backup")
    at_work.digitalocean.faults.changed(everywhere("type", told), path="/v2/images/901")
    at_work.types("transfer 901 nyc3")
    at_work.told("backups cannot be transferred")


@pytest.mark.parametrize("began", ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z", None])
def test_nothing_takes_longer_than_can_have_gone_by(start, began: str | None) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.changed(everywhere("started_at", began), path="*/actions*")
    _approved(at_work)
    told = shown(at_work.root("Completed"))
    assert "days" not in told
    assert "completed after" in told
