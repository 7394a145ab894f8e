"""What never ends at DigitalOcean, or has a status that nobody knows, can be closed by people."""

from __future__ import annotations

import pytest
from world import ANN, BOB, DAN, ONE_APPROVAL, SNAPSHOT, World, buttons, shown


def _slow(at_work: World) -> object:
    """A transfer in flight for so long that the bot has said so; its card."""
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    root = at_work.root("In progress")
    assert "stop_following" not in buttons(root)
    at_work.clock.skip(6 * 3600)
    at_work.reply("longer than usual", root)
    at_work.until(lambda: "stop_following" in buttons(at_work.root("In progress")), "the button")
    return at_work.root("In progress")


@pytest.mark.parametrize("never", ["in-progress", "paused", "", "Queued"])
def test_those_who_may_approve_stop_following(start, never: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(None)
    if never != "in-progress":
        at_work.digitalocean.faults.unknown_status(never, times=None)
    root = _slow(at_work)
    for person in (ANN, DAN):  # ANN asked for it: it is not hers
        at_work.clicks("stop_following", root, by=person)
        at_work.told("decide", person)
    at_work.clicks("stop_following", root, by=BOB)
    told = at_work.reply("stopped following", root).text
    assert f"<@{BOB}>" in told
    assert f"<@{ANN}>" in told
    assert "No longer followed" in shown(at_work.root("No longer followed"))
    at_work.clicks("stop_following", root, by=BOB)
    at_work.told("Nothing to decide here any more", BOB)


def test_image_and_region_are_free_again(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(None)
    root = _slow(at_work)
    at_work.clicks("stop_following", root, by=BOB)
    at_work.reply("stopped following", root)
    assert "Request 2" in at_work.types(f"transfer {SNAPSHOT} nyc3").text
    again = at_work.root("Pending approval")
    at_work.clicks("approve", again, by=BOB)
    at_work.reply("completed", again)
    assert len(at_work.digitalocean.posts) == 2  # people decided so, and approved it anew


def test_one_of_several_is_closed_by_itself(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Completed: transfer to")
    at_work.clock.skip(6 * 3600)
    at_work.reply("longer than usual", root)
    at_work.until(lambda: "stop_following" in buttons(at_work.root("In progress")), "the button")
    at_work.clicks("stop_following", at_work.root("In progress"), by=BOB)
    told = at_work.reply("stopped following", root).text
    assert "the transfer to" in told
    at_work.reply(f"<@{ANN}>", root)


@pytest.mark.parametrize("typed", ["convert 62140001", "snapshot web-1 as golden"])
def test_the_same_holds_for_every_kind_of_action(start, typed: str) -> None:
    at_work = start(ONE_APPROVAL + 'image_actions = ["convert", "snapshot"]\n')
    at_work.digitalocean.next_action(None)
    at_work.digitalocean.faults.unknown_status("paused", times=None)
    at_work.types(typed)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.root("In progress")
    at_work.clock.skip(24 * 3600)
    at_work.reply("longer than usual", root)
    at_work.until(lambda: "stop_following" in buttons(at_work.root("In progress")), "the button")
    at_work.clicks("stop_following", at_work.root("In progress"), by=BOB)
    at_work.root("No longer followed")
    at_work.types(typed)
    at_work.root("Pending approval")  # it is free again
    assert len(at_work.digitalocean.posts) == 1


@pytest.mark.parametrize("written", ["COMPLETED", " Completed ", "In_Progress"])
def test_a_status_is_read_however_it_is_written(start, written: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.root("In progress")
    at_work.digitalocean.faults.unknown_status(written, times=None)
    if written == "In_Progress":
        at_work.clock.skip(60)
        at_work.until(lambda: at_work.digitalocean.faults.taken, "a look")
        at_work.digitalocean.faults.clear()
        at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    at_work.root("Completed")


def test_what_has_a_status_that_nobody_knows_is_followed_not_posted_beside(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.action_seconds = 30
    at_work.digitalocean.faults.unknown_status("queued", path="/v2/images/*/actions", times=None)
    other = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "nyc3"})
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    root = at_work.root("In progress")
    assert str(other.id) in shown(root)
    at_work.digitalocean.end_action(other.id)
    at_work.root("Completed")
    assert at_work.digitalocean.posts == []
