"""Finding images: lists that page, one image in full, names as well as numbers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from world import ANN, BOB, ONE_APPROVAL, OPS, PROD, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.store.database import open_database
from bot.store.tables import look_up, processed_delivery

BACKUP = 62140001


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE)


def _button(message: Any, action_id: str, value: object = None) -> bool:
    text = json.dumps(message.blocks)
    wanted = f'"action_id": "{action_id}"'
    return wanted in text and (value is None or f'"value": "{value}"' in text)


def test_a_list_is_seen_by_its_asker_alone_and_has_buttons(at_work: World) -> None:
    assert at_work.types("list web").text == "Looking…"
    found = at_work.told("web-2026-11-20")
    assert found.visible_to == ANN
    assert _button(found, "start", SNAPSHOT)
    assert _button(found, "start_plan", BACKUP)
    assert "prod-db" not in shown(found)
    assert at_work.slack.messages(OPS) == []
    assert at_work.slack.violations == []


def test_filters(at_work: World) -> None:
    at_work.types("list --type backup")
    assert str(SNAPSHOT) not in shown(at_work.told("web-1 weekly"))
    at_work.types("list --tag prod --region lon1")
    assert "prod-cache" in shown(at_work.told("tag prod"))
    at_work.types("list no-such-thing")
    assert "No images match" in at_work.told("no-such-thing").text


def test_pages_turn_in_place(at_work: World) -> None:
    for number in range(20):
        at_work.digitalocean.add_image(70000000 + number, f"many-{number:02}")
    at_work.types("list many")
    first = at_work.told("1 to 8 of 20")
    at_work.clicks("page_on", first, by=ANN)
    at_work.told("9 to 16 of 20")
    at_work.clicks("page_on", at_work.told("9 to 16"), by=ANN)
    last = at_work.told("17 to 20 of 20")
    assert not _button(last, "page_on")
    at_work.clicks("page_back", last, by=ANN)
    at_work.told("9 to 16")
    pages = [m for m in at_work.slack.ephemerals(ANN) if "many-" in m.text]
    assert len(pages) == 1  # the same message, turned
    assert at_work.slack.violations == []


@pytest.mark.alike
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("list web-*", {"web-1 weekly", "web-2026-11-20"}),
        ("list WEB-20??-* --type snapshot", {"web-2026-11-20"}),
        ("list *-2026-*", {"web-2026-11-20", "db-2026-11-21", "prod-api-2026-11-22"}),
        ("list web", {"web-1 weekly", "web-2026-11-20"}),
    ],
)
def test_a_pattern_means_in_a_list_what_it_means_elsewhere(
    at_work: World, typed: str, found: set[str]
) -> None:
    at_work.types(typed)
    text = at_work.told("* “").text
    named = {line.split("*")[1] for line in text.splitlines() if line.startswith("• *")}
    assert named == found


def test_what_is_called_like_a_droplet_is_said_beside_images_of_near_names(
    at_work: World,
) -> None:
    at_work.types("show web-1")
    near = at_work.told("No image is named exactly")
    assert "(3164444) is a Droplet" in near.text
    assert "web-1 weekly" in near.text


def test_one_image_says_what_may_be_done_now(at_work: World) -> None:
    at_work.types(f"show {SNAPSHOT}")
    snapshot = at_work.told("12.5 GB")
    assert _button(snapshot, "start", SNAPSHOT)
    assert not _button(snapshot, "start_convert")
    at_work.types(f"show {BACKUP}")
    backup = at_work.told("A backup cannot be transferred")
    assert _button(backup, "start_plan", BACKUP)
    assert _button(backup, "start_convert", BACKUP)
    at_work.types("show 62150002")
    assert not _button(at_work.told("not ready"), "start")
    at_work.types("show 999999")
    at_work.told("There is no image 999999")


def test_convert_by_button(at_work: World) -> None:
    at_work.types(f"show {BACKUP}")
    at_work.clicks("start_convert", at_work.told("A backup cannot"), by=ANN)
    at_work.reply("completed", at_work.root("Conversion"))
    assert [post.body for post in at_work.digitalocean.posts] == [{"type": "convert"}]


def test_an_image_by_its_name(at_work: World) -> None:
    ack = at_work.types('transfer "web-2026-11-20" nyc3 because names are easier')
    assert "Looking" in ack.text
    root = at_work.root("nyc3")
    assert str(SNAPSHOT) in shown(root)
    assert "names are easier" in shown(root)
    at_work.reply("completed", root)
    assert [post.image_id for post in at_work.digitalocean.posts] == [SNAPSHOT]


def test_several_of_one_name_are_offered(at_work: World) -> None:
    at_work.digitalocean.add_image(70000001, "twin", regions=("nyc1",))
    at_work.digitalocean.add_image(70000002, "twin", regions=("nyc1",))
    at_work.types("transfer twin nyc3")
    offer = at_work.told("2 images are named")
    assert at_work.digitalocean.posts == []
    chosen = next(
        block["accessory"]["value"]
        for block in offer.blocks
        if block.get("accessory", {}).get("value", "").endswith(":70000002")
    )
    at_work.slack.click(ANN, offer, "pick", chosen)
    at_work.reply("completed", at_work.root("nyc3"))
    assert [post.image_id for post in at_work.digitalocean.posts] == [70000002]


def test_a_choice_is_its_askers_alone(at_work: World) -> None:
    at_work.types("transfer web- nyc3", channel=PROD)
    offer = at_work.told("No image is named exactly")
    value = offer.blocks[1]["accessory"]["value"]
    at_work.slack.click(BOB, offer, "pick", value)
    at_work.told("too old", BOB)
    assert at_work.digitalocean.posts == []


def test_a_name_that_fits_none(at_work: World) -> None:
    ack = at_work.types("transfer my-image nyc3")
    assert "number" in ack.text
    assert "/image list" in ack.text
    assert "Nothing was sent" in at_work.told("No image of yours").text


def test_a_name_is_looked_for_until_digitalocean_is_back(at_work: World) -> None:
    with at_work.digitalocean.unreachable():
        at_work.types("transfer web-2026-11-20 nyc3")
        at_work.told("Nothing is lost")
    at_work.reply("completed", at_work.root("nyc3"))
    assert len(at_work.digitalocean.posts) == 1


def test_history_and_show_by_name(at_work: World) -> None:
    at_work.types("show web-2026-11-20")
    at_work.told("12.5 GB")
    at_work.types("history web-2026-11-20")
    at_work.told(f"Nothing has happened to image {SNAPSHOT} here")
    at_work.types("policy explain transfer web-2026-11-20 nyc3")
    at_work.told("everything runs")


def test_explain_knows_of_the_broken_glass_by_name_as_by_number(start: Any) -> None:
    at_work = start(ONE_APPROVAL)
    words = 'nyc3 --break-glass "the site is down"'
    at_work.types(f"policy explain transfer web-2026-11-20 {words}")
    by_name = at_work.told("verdict").text
    assert "does not allow emergency access" in by_name
    assert at_work.types(f"policy explain transfer {SNAPSHOT} {words}").text == by_name


HOSTILE = ("<!channel> *b* `c` & <@U0BOB> @here 🚀👩\u200d💻 " * 9)[:255]


def test_a_name_of_255_characters_with_markup_pings_nobody(at_work: World) -> None:
    at_work.digitalocean.add_image(70000001, HOSTILE, regions=("nyc1",))
    at_work.types("list 70000001")
    at_work.told("70000001")
    at_work.types("show 70000001")
    at_work.clicks("start", at_work.told("Copy it to another region"), by=ANN)
    at_work.types("transfer 70000001 nyc3")
    root = at_work.root("70000001")
    last = at_work.reply("completed", root)
    said = [shown(m) for m in (root, last, *at_work.slack.ephemerals(ANN))]
    said += [shown(m) for m in at_work.slack.direct_messages(ANN)]
    for text in said:
        assert "<!channel>" not in text
        assert "<@U0BOB>" not in text
        assert "@here" not in text
    assert at_work.slack.violations == []


def test_a_name_with_emoji_is_taken(at_work: World) -> None:
    at_work.digitalocean.add_image(70000002, "🚀 web & live 👩\u200d💻", regions=("nyc1",))
    at_work.types("transfer “🚀 web & live 👩\u200d💻” nyc3")
    at_work.reply("completed", at_work.root("70000002"))
    assert [post.image_id for post in at_work.digitalocean.posts] == [70000002]


def test_status_of_an_image_shows_its_requests(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    answer = at_work.types(f"status {SNAPSHOT}").text
    assert f"Newest requests for image {SNAPSHOT}" in answer
    assert "Request 1: transfer of *web-2026-11-20*" in answer


def _rows(at_work: World, table: sa.Table) -> int:
    database = open_database(at_work.settings["DATABASE_URL"])
    try:
        with database.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
    finally:
        database.dispose()


def test_a_look_leaves_nothing_in_the_database(at_work: World) -> None:
    at_work.types(f"show {SNAPSHOT}")
    at_work.told("12.5 GB")
    at_work.types("list web")
    at_work.told("web-2026-11-20")
    assert [_rows(at_work, table) for table in (look_up, processed_delivery)] == [0, 0]


def test_more_looks_than_can_wait_at_once_are_all_answered(start) -> None:
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_COMMANDS_PER_MINUTE="1000")
    for number in range(45):
        at_work.digitalocean.add_image(71000000 + number, f"many-{number:02}")
    at_work.digitalocean.faults.slow(0.2, path="*/images/*", times=None)
    with ThreadPoolExecutor(15) as people:
        said = list(people.map(lambda n: at_work.types(f"show {71000000 + n}"), range(45)))
    assert {ack.text for ack in said} == {"Looking…"}
    assert _rows(at_work, processed_delivery)  # some had to be queued
    for number in range(45):
        at_work.told(f"many-{number:02}")
