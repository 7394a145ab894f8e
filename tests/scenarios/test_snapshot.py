"""`/image snapshot`: a snapshot, its copies, and the old ones of its series, as one plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from plans import ASKED, AT_ONCE, DB_1, WEB_1, nightly, sent
from world import ANN, BOB, ONE_APPROVAL, World, shown


def made(at_work: World, droplet: int = WEB_1) -> Any:
    """The image that was made of a Droplet."""
    images = at_work.digitalocean.images.values()
    (found,) = (image for image in images if image.droplet_id == droplet)
    return found


def test_a_snapshot_is_taken_after_an_approval(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    at_work.types("snapshot web-1 as {droplet}-before-upgrade because the upgrade")
    root = at_work.root("Pending approval")
    card = shown(root)
    assert "web-1-before-upgrade" in card
    assert "stays on" in card
    assert "$1.50 a month at the most" in card
    assert sent(at_work) == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert sent(at_work) == ["snapshot web-1-before-upgrade"]
    assert made(at_work).name == "web-1-before-upgrade"
    assert at_work.slack.violations == []


def test_snapshot_copies_and_keep_are_one_plan_in_this_order(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    ids = nightly(at_work)
    at_work.types("snapshot web-1 to fra1, ams3 keep 3 because nightly copy", by=ANN)
    root = at_work.root("Pending approval")
    card = shown(root)
    for going in ("web-1-2026-11-01-0300", "web-1-2026-11-02-0300"):
        assert going in card
    assert "web-1-2026-11-03-0300" not in card
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Completed")
    at_work.reply("completed", root)
    image = made(at_work)
    assert image.regions == ("nyc1", "fra1", "ams3")
    assert sent(at_work)[:3] == [f"snapshot {image.name}", "transfer fra1", "transfer ams3"]
    assert sorted(sent(at_work)[3:]) == [f"delete {number}" for number in ids[:2]]
    assert at_work.slack.violations == []


def test_nothing_is_deleted_where_a_copy_failed(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    nightly(at_work)
    at_work.digitalocean.next_action(0.05)
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.types("snapshot web-1 to fra1 ams3 keep 1")
    root = at_work.root("Failed")
    assert sent(at_work)[1:] == ["transfer fra1"]
    at_work.clicks("retry_failed", root, by=ANN)
    at_work.until(lambda: len(sent(at_work)) == 8, "the rest of the plan")
    assert sent(at_work)[2:4] == ["transfer fra1", "transfer ams3"]


@pytest.mark.parametrize(
    "which",
    [
        "web-1",
        "WEB-1",
        "3164444",
        "droplet web-1",
        "https://cloud.digitalocean.com/droplets/3164444",
    ],
)
def test_a_droplet_is_its_name_its_number_or_its_address(
    start: Callable[..., World], which: str
) -> None:
    at_work = start(AT_ONCE)
    at_work.types(f"snapshot {which} as x{{date}}")
    at_work.root("Completed")
    assert made(at_work).name.startswith("x20")


def test_each_droplet_of_a_tag_gets_a_request_of_its_own(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    at_work.types("snapshot tag:prod")
    at_work.until(lambda: len(sent(at_work)) == 2, "two snapshots")
    assert {name.rsplit("-", 4)[0] for name in sent(at_work)} == {
        "snapshot web-1",
        "snapshot web-2",
    }


def test_no_such_droplet_and_several_of_a_name_ask_for_nothing(
    start: Callable[..., World],
) -> None:
    at_work = start(AT_ONCE)
    at_work.types("snapshot web-11")
    assert "Close to it" in shown(at_work.told("There is no Droplet web-11"))
    at_work.digitalocean.add_droplet(5, "twin")
    at_work.digitalocean.add_droplet(6, "twin")
    at_work.types("snapshot twin")
    at_work.told("Use the number")
    assert sent(at_work) == []


def test_a_dry_run_shows_the_plan_and_sends_nothing(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    nightly(at_work)
    at_work.types("snapshot web-1 to fra1 keep 2 --dry-run")
    told = shown(at_work.told("Nothing was asked"))
    assert "copied to fra1" in told
    assert "web-1-2026-11-01-0300" in told
    assert sent(at_work) == []


def test_a_policy_that_does_not_name_it_refuses_it(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("snapshot web-1")
    at_work.told("No rule of the policy allows this: snapshot.")


def test_another_droplets_snapshots_of_the_same_series_stay(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    nightly(at_work, "nightly", droplet_id=DB_1)
    at_work.types("snapshot web-1 as nightly-{date}-{time} keep 1")
    at_work.root("Completed")
    assert len(sent(at_work)) == 1
