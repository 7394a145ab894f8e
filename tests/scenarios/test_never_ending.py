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


@pytest.mark.parametrize("never", ["in-progress", "paused"])
def test_those_who_may_approve_stop_following(start, never: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(None)
    if never == "paused":
        at_work.digitalocean.faults.unknown_status("paused", path="/v2/actions*", times=None)
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
