"""`/image snapshot`: a snapshot, its copies, and the old ones of its series, as one plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from plans import ASKED, AT_ONCE, DB_1, WEB_1, nightly, sent
from world import ANN, BOB, ONE_APPROVAL, SWEEP_SECONDS, World, buttons, shown

from bot.domain.jobs import Job
from bot.domain.states import State
from bot.store.tables import ops_request, ops_step


def made(at_work: World, droplet: int = WEB_1) -> Any:
    """The image that was made last of a Droplet; None: none was."""
    images = at_work.digitalocean.images.values()
    own = [image for image in images if image.droplet_id == droplet]
    return max(own, key=lambda image: image.id, default=None)


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


@pytest.mark.alike
@pytest.mark.parametrize("keep", ["", " keep 1"])
def test_what_is_tried_again_runs_one_by_one_as_before(
    start: Callable[..., World], keep: str
) -> None:
    at_work = start(ASKED)
    nightly(at_work, count=2)
    at_work.digitalocean.next_action(0.05)
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.types(f"snapshot web-1 to fra1 ams3{keep}")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    ends(at_work, 1, "failed")
    at_work.digitalocean.next_action(1.5)
    at_work.digitalocean.next_action(1.5)
    at_work.clicks("retry_failed", at_work.root("Request 1:"), by=ANN)
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.until(lambda: len(sent(at_work)) > 3, "the other copy")
    assert sent(at_work)[2:4] == ["transfer fra1", "transfer ams3"]
    assert made(at_work).regions == ("nyc1", "fra1")
    if keep:
        at_work.until(lambda: len(sent(at_work)) > 4, "a deletion")
        assert made(at_work).regions == ("nyc1", "fra1", "ams3")
    ends(at_work, 2, "completed")


@pytest.mark.alike
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
    assert "Close to it" in shown(at_work.told("There is no Droplet “web-11”"))
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


def test_names_of_which_keep_would_never_find_an_older_one_are_refused(
    start: Callable[..., World],
) -> None:
    at_work = start(AT_ONCE)
    at_work.types("snapshot web-1 as {droplet}{date}{time} keep 3")
    at_work.told("makes no series")
    at_work.types("snapshot tag:web as {time} keep 3 --dry-run")
    at_work.told("makes no series of the snapshots of *web-1* (3164444) and *web-2*")
    assert sent(at_work) == []
    at_work.types("snapshot web-1 as {droplet}{date}{time}")
    at_work.root("Completed")


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


def ends(at_work: World, number: int, word: str) -> None:
    """Wait until a request has ended so."""
    at_work.until(
        lambda: word in at_work.root(f"Request {number}:").text, f"request {number} {word}"
    )


@pytest.mark.parametrize("named", ["", " as golden"])
def test_asked_twice_the_second_does_not_take_the_first_ones_image_for_its_own(
    start: Callable[..., World], named: str
) -> None:
    at_work = start(AT_ONCE)
    at_work.types(f"snapshot web-1{named} keep 1", by=ANN)
    ends(at_work, 1, "completed")
    at_work.types(f"snapshot web-1{named} keep 1", by=BOB)
    ends(at_work, 2, "completed")
    assert [word.split()[0] for word in sent(at_work)] == ["snapshot", "snapshot", "delete"]
    assert made(at_work).id != 190_000_000


def test_an_image_that_was_there_before_is_never_the_new_one(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    at_work.digitalocean.act_on_droplet(WEB_1, {"type": "snapshot", "name": "golden"})
    at_work.until(lambda: made(at_work), "the snapshot by hand")
    at_work.digitalocean.faults.status(500, method="POST", path="*/actions")
    at_work.types("snapshot web-1 as golden keep 1", by=ANN)
    at_work.until(lambda: "golden" in at_work.root("Request 1:").text, "the card")
    time.sleep(3 * SWEEP_SECONDS)
    assert [word for word in sent(at_work) if word.startswith("delete")] == []


def test_the_old_ones_stay_where_the_new_image_is_gone(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    ids = nightly(at_work, count=2)
    at_work.digitalocean.faults.status(403, method="DELETE", path="*", times=2)
    at_work.types("snapshot web-1 keep 1", by=ANN)
    ends(at_work, 1, "failed")
    at_work.digitalocean.remove_image(190_000_000)
    at_work.clicks("retry_failed", at_work.root("Request 1:"), by=ANN)
    at_work.told("the last of its series")
    assert set(ids) <= set(at_work.digitalocean.images)


def test_what_was_called_off_is_not_tried_again_by_parts(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    ids = nightly(at_work, count=2)
    at_work.digitalocean.next_action(0.05)
    at_work.digitalocean.next_action(2)
    at_work.types("snapshot web-1 to fra1 ams3 keep 1", by=ANN)
    at_work.until(lambda: len(sent(at_work)) == 2, "the first copy")
    at_work.types("cancel 1", by=ANN)
    at_work.until(lambda: "In progress" not in shown(at_work.root("Request 1:")), "the end")
    assert "retry_failed" not in buttons(at_work.root("Request 1:"))
    assert set(ids) <= set(at_work.digitalocean.images)


@pytest.mark.parametrize("owner", [999, None])
def test_only_the_droplets_own_snapshots_go(start: Callable[..., World], owner: int | None) -> None:
    at_work = start(AT_ONCE)
    ids = nightly(at_work, droplet_id=owner)
    at_work.types("snapshot web-1 keep 1")
    ends(at_work, 1, "completed")
    assert set(ids) <= set(at_work.digitalocean.images)


def test_a_dry_run_behind_the_reason_sends_nothing(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    at_work.types("snapshot web-1 because x --dry-run")
    at_work.told("Nothing was asked")
    at_work.types("delete 62137902 because old --dry-run")
    time.sleep(1)
    assert sent(at_work) == []


def test_an_image_that_was_renamed_meanwhile_is_not_deleted_by_trying_again(
    start: Callable[..., World],
) -> None:
    at_work = start(AT_ONCE)
    ids = nightly(at_work, count=2)
    at_work.digitalocean.next_action(1)
    at_work.types("snapshot web-1 keep 1", by=ANN)
    at_work.until(lambda: len(sent(at_work)) == 1, "the snapshot")
    at_work.digitalocean.change_image(ids[0], name="precious")
    ends(at_work, 1, "failed")
    assert "retry_failed" not in buttons(at_work.root("Request 1:"))
    assert ids[0] in at_work.digitalocean.images


def test_another_order_in_the_database_sends_nothing(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    ids = nightly(at_work, count=2)
    at_work.types("snapshot web-1 to fra1 keep 1", by=ANN)
    root = at_work.root("Pending approval")
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        tx.execute(sa.update(ops_step).where(ops_step.c.operation == "delete").values(after=None))
    at_work.clicks("approve", root, by=BOB)
    at_work.told("contradict", BOB)
    with at_work.bot.store.write() as tx:  # and moved on, as if it had been approved
        tx.execute(sa.update(ops_request).values(state=State.APPROVED))
        tx.execute(sa.update(ops_step).values(state=State.APPROVED))
        tx.enqueue(Job.SUBMIT, 1)
    at_work.root("contradicts the database")
    assert set(ids) <= set(at_work.digitalocean.images)
    assert sent(at_work) == []


@pytest.mark.parametrize("command", ["snapshot web-1 as", "rename 62137902"])
def test_a_name_that_pings_or_links_is_shown_as_it_is(
    start: Callable[..., World], command: str
) -> None:
    at_work = start(ONE_APPROVAL + 'image_actions = ["snapshot", "rename"]\n')
    at_work.types(f'{command} "&lt;!channel&gt; &lt;https://evil.example|Approve here&gt;"')
    card = shown(at_work.root("Pending approval"))
    assert "<!channel>" not in card
    assert "<https://evil" not in card


def test_what_is_said_of_a_droplet_calls_it_one(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    at_work.types("snapshot web-1", by=ANN)
    root = at_work.root("Pending approval")
    assert "web-1" in at_work.types(f"status {WEB_1}").text
    at_work.digitalocean.account.droplets.pop(WEB_1)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("There is no Droplet 3164444", root)


def test_the_thread_tells_the_new_images_number(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    at_work.types("snapshot web-1 to fra1")
    root = at_work.root("Request 1:")
    at_work.reply("The new image is 190000000", root)
    ends(at_work, 1, "completed")
    assert "equest 1" in at_work.types("status 190000000").text


def test_which_of_several_new_images_it_is_nobody_guesses(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    ids = nightly(at_work, count=2)
    at_work.digitalocean.next_action(1)
    at_work.types("snapshot web-1 as web-1-golden to fra1 keep 1", by=ANN)
    at_work.until(lambda: len(sent(at_work)) == 1, "the snapshot")
    twin = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    at_work.digitalocean.add_image(71_000_200, "web-1-golden", created_at=twin, droplet_id=WEB_1)
    ends(at_work, 1, "failed")
    told = shown(at_work.root("Request 1:"))
    assert "190000000" in told
    assert "71000200" in told
    assert len(sent(at_work)) == 1
    assert set(ids) <= set(at_work.digitalocean.images)
