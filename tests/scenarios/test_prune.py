"""`/image prune`: what goes and what stays is shown, approved as one list, and looked at again."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from plans import DB_1, WEB_1, nightly
from world import ANN, BOB, CAT, DAN, ONE_APPROVAL, RUNS_AT_ONCE, World, shown

from bot.store import audit

NAMED = ONE_APPROVAL + 'image_actions = ["delete"]\n'
FIRST = 71_000_000
DAYS = (1, 5, 9, 13, 17)


def images(at_work: World, stem: str = "shop", first: int = FIRST) -> list[int]:
    """Five nightly snapshots in November, the oldest first; their ids."""
    for place, day in enumerate(DAYS):
        at_work.digitalocean.add_image(
            first + place,
            f"{stem}-2026-11-{day:02}",
            created_at=f"2026-11-{day:02}T03:00:00Z",
            size_gigabytes=10.0,
            tags=(stem,),
        )
    return [first + place for place in range(len(DAYS))]


def deleted(at_work: World) -> list[int]:
    paths = [call.path for call in at_work.digitalocean.calls if call.method == "DELETE"]
    return sorted(int(path.rsplit("/", 1)[1]) for path in paths)


@pytest.mark.parametrize("which", ["shop-*", '"SHOP-2026*"', "tag shop", "snapshots shop-*"])
def test_all_but_the_newest_go_after_one_approval(start: Callable[..., World], which: str) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types(f"prune {which} keep 3 because the disk is full")
    said = at_work.told("2 of 5 go")
    assert "$1.20 a month" in shown(said)
    root = at_work.root("Deletion of")
    assert "shop-2026-11-01" in shown(root)
    assert "shop-2026-11-09" not in shown(root)
    assert deleted(at_work) == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert deleted(at_work) == ids[:2]
    assert at_work.slack.violations == []


@pytest.mark.parametrize("which", ["web-1", "of web-1"])
def test_a_droplets_own_snapshots(start: Callable[..., World], which: str) -> None:
    at_work = start(NAMED)
    ids = nightly(at_work)
    theirs = nightly(at_work, first=FIRST + 50, droplet_id=DB_1)
    for other in (str(WEB_1), f"https://cloud.digitalocean.com/droplets/{WEB_1}"):
        at_work.types(f"prune {other} keep 3 --dry-run")
        at_work.told("1 of 4 goes")
    for nobodys in ("web-9", "of web-9", "of db-2"):
        at_work.types(f"prune {nobodys} keep 1")
    at_work.told("fits `web-9`")
    at_work.told("no Droplet “web-9”")
    at_work.types("prune of web-2 keep 1")
    at_work.told("no snapshot of Droplet “web-2”")
    at_work.types(f"prune {which} keep 2")
    at_work.clicks("approve", at_work.root("Deletion of"), by=BOB)
    at_work.until(lambda: deleted(at_work) == ids[:2], "the two older ones to go")
    assert set(theirs) <= set(at_work.digitalocean.images)
    assert at_work.slack.violations == []


def test_by_age_the_newest_stays_however_old_it_is(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types("prune shop-* older than 1d")
    at_work.clicks("approve", at_work.root("Deletion of"), by=BOB)
    at_work.until(lambda: deleted(at_work) == ids[:-1], "the four older ones to go")
    assert ids[-1] in at_work.digitalocean.images


def test_each_series_keeps_its_own(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE + 'image_actions = ["delete"]\n')
    web, db = images(at_work, "prod-web"), images(at_work, "prod-db", FIRST + 100)
    at_work.types("prune prod-* keep 4")
    at_work.until(lambda: deleted(at_work) == [web[0], db[0]], "the oldest of each")


def test_a_dry_run_asks_for_nothing(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    images(at_work)
    at_work.types("prune shop-* keep 3 --dry-run")
    said = shown(at_work.told("2 of 5 go"))
    assert "Nothing was asked" in said
    assert "one other person" in said
    assert deleted(at_work) == []
    with at_work.bot.store.read() as connection:
        assert not [row for row in audit.entries(connection) if row.event == "requested"]


def test_a_dry_run_of_any_operation_asks_for_nothing(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("transfer 62137902 nyc3 --dry-run because of it")
    at_work.told("one other person")
    with at_work.bot.store.read() as connection:
        assert not [row for row in audit.entries(connection) if row.event == "requested"]


def test_the_last_of_a_series_stays_where_those_to_be_kept_are_gone(
    start: Callable[..., World],
) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types("prune shop-* keep 2")
    root = at_work.root("Deletion of")
    for kept in ids[3:]:
        at_work.digitalocean.remove_image(kept)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("the last of its series", root)
    at_work.root("Failed")
    assert deleted(at_work) == []


def test_one_that_is_newer_than_was_seen_stays(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types("prune shop-* keep 3")
    root = at_work.root("Deletion of")
    at_work.digitalocean.change_image(ids[0], created_at="2026-11-25T03:00:00Z")
    at_work.clicks("approve", root, by=BOB)
    at_work.until(lambda: deleted(at_work) == [ids[1]], "the other to go")
    at_work.root("Failed")


def test_what_has_no_time_and_what_cannot_be_deleted_stays(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    images(at_work)
    at_work.digitalocean.add_image(FIRST + 50, "shop-2020-01-01", created_at="")
    at_work.digitalocean.add_image(FIRST + 51, "shop-2019-01-01", type="backup")
    at_work.types("prune shop-* keep 3")
    said = shown(at_work.told("go*"))
    assert "2 of 6 go" in said
    assert "creation time not known" in said


def test_nothing_to_delete_is_said_and_asked_of_nobody(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    images(at_work)
    at_work.types("prune shop-* keep 5")
    at_work.told("Nothing to delete")
    at_work.types("prune nosuch-* keep 5")
    at_work.told("No snapshot or custom image fits")


def test_a_rule_that_does_not_name_delete_lets_no_prune_through(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    images(at_work)
    at_work.types("prune shop-* keep 3")
    at_work.told("No rule of the policy allows this: delete.")
    assert deleted(at_work) == []


def test_the_log_tells_which_were_to_stay(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types("prune shop-* keep 4", by=ANN)
    at_work.root("Deletion of")
    with at_work.bot.store.read() as connection:
        asked = next(row for row in audit.entries(connection) if row.event == "requested")
    (step,) = json.loads(asked.facts)["steps"]
    assert step["params"]["unless_last_of"] == [ids[4], ids[3], ids[2]]


def test_an_image_stays_where_those_to_be_kept_were_renamed(start: Callable[..., World]) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types("prune shop-* keep 3")
    root = at_work.root("Deletion of")
    for number in ids[2:]:
        at_work.digitalocean.change_image(number, name=f"old-{number}")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("the last of its series", root)
    at_work.root("Failed")
    assert deleted(at_work) == []


def test_a_prune_joins_a_delete_of_the_same_and_shows_its_denial(
    start: Callable[..., World],
) -> None:
    at_work = start(NAMED)
    ids = images(at_work)
    at_work.types(f"delete {ids[0]}", by=ANN)
    root = at_work.root("Deletion of")
    at_work.types("prune shop-* keep 4", by=DAN)
    at_work.told("Already under way: request 1", DAN)
    at_work.denies(root, "we need them", by=BOB)
    at_work.root("Denied")
    at_work.types("prune shop-* keep 4", by=CAT)
    assert "we need them" in shown(at_work.root("Denied before"))
