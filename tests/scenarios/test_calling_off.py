"""Taking back what was not sent yet, while what was sent goes on."""

from __future__ import annotations

from typing import Any

import pytest
from world import ANN, BOB, CAT, DAN, ONE_APPROVAL, RUNS_AT_ONCE, SNAPSHOT, World, buttons, shown

BACKUP = 62140001
CANNOT_SEND = "It is sent again"


def _converting(at_work: World) -> Any:
    """A plan whose conversion goes on until it is ended by hand; the card."""
    at_work.digitalocean.action_seconds = 600
    at_work.types(f"transfer {BACKUP} nyc3")
    at_work.clicks("plan", at_work.told("one plan"), by=ANN)
    at_work.until(lambda: at_work.digitalocean.posts, "the convert")
    return at_work.root("Call off the transfer")


def _end_conversion(at_work: World) -> None:
    at_work.digitalocean.action_seconds = 1
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)


def _kinds(at_work: World) -> list[str]:
    return [post.body["type"] for post in at_work.digitalocean.posts]


def test_the_transfer_of_a_plan_is_called_off_while_the_conversion_goes_on(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    root = _converting(at_work)
    assert buttons(root) == ["cancel"]
    assert "The transfer to nyc3 will not be sent." in shown(root)
    assert "What was sent goes on: the conversion." in shown(root)
    at_work.clicks("cancel", root, by=BOB)
    at_work.told("Only", BOB)
    at_work.clicks("cancel", root, by=ANN)
    reply = at_work.reply("Called off by", root)
    assert f"<@{ANN}>" in reply.text
    assert "The transfer to nyc3 will not be sent." in reply.text
    assert "What was sent goes on: the conversion." in reply.text
    assert buttons(at_work.root("Not sent: transfer to nyc3")) == []
    _end_conversion(at_work)
    last = at_work.reply("completed", root)
    assert f"<@{ANN}>" in last.text
    assert "Called off: the transfer to nyc3" in last.text
    assert buttons(at_work.root("Completed")) == []
    assert _kinds(at_work) == ["convert"]
    at_work.types(f"transfer {BACKUP} nyc3")
    at_work.reply("completed", at_work.root("Request 3"))
    assert _kinds(at_work) == ["convert", "transfer"]
    assert at_work.slack.violations == []


def test_it_is_called_off_by_command_once(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    _converting(at_work)
    assert "Only" in at_work.types("cancel 2", by=BOB).text
    said = at_work.types("cancel 2").text
    assert "The transfer to nyc3 will not be sent." in said
    assert "What was sent goes on: the conversion." in said
    assert "cannot be stopped" in at_work.types("cancel 2").text


def test_what_was_called_off_is_not_asked_for_again(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    root = _converting(at_work)
    at_work.types("cancel 2")
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id, "errored")
    last = at_work.reply("failed: the conversion", root)
    assert "Called off: the transfer to nyc3" in last.text
    at_work.clicks("retry_failed", at_work.root("Failed"), by=ANN)
    assert "transfer" not in at_work.root("Request 3").text.lower().replace("transferred", "")


def test_a_transfer_that_cannot_be_sent_is_called_off_after_its_conversion(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    root = _converting(at_work)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)  # no retry meets the click
    _end_conversion(at_work)
    at_work.reply(CANNOT_SEND, root)
    card = at_work.root("Done already: the conversion.")
    assert buttons(card) == ["cancel"]
    at_work.clicks("cancel", card, by=ANN)
    assert "Called off: the transfer to nyc3" in at_work.reply("completed", root).text
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(120)
    at_work.root("Completed")
    assert len([p for p in at_work.digitalocean.posts if p.action_id]) == 1


def test_an_approved_request_that_cannot_be_sent_is_cancelled(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)  # no retry meets the click
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply(CANNOT_SEND, root)
    at_work.clicks("cancel", at_work.root("Approved"), by=ANN)
    at_work.reply("Cancelled", root)
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(120)
    assert buttons(at_work.root("Cancelled")) == []
    assert [p for p in at_work.digitalocean.posts if p.action_id] == []


@pytest.mark.parametrize("region", ["nyc3", "nyc3 sfo3"])
def test_what_is_being_sent_is_not_called_off(start, region: str) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.slow(2.0, method="POST", times=None)
    at_work.types(f"transfer {SNAPSHOT} {region}")
    count = len(region.split())
    at_work.until(lambda: len(at_work.digitalocean.posts) == count, "the POST, not its answer")
    assert "is being sent to DigitalOcean, and what" in at_work.types("cancel 1").text
    at_work.reply("completed", at_work.root())
    assert len(at_work.digitalocean.posts) == count


def test_an_approver_who_thinks_better_of_it_stops_what_was_not_sent(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.action_seconds = 600
    at_work.types(f"transfer {BACKUP} nyc3")
    at_work.clicks("plan", at_work.told("one plan"), by=ANN)
    waiting = at_work.root("Pending approval")
    at_work.types("cancel 2", by=BOB)  # while it waits, who may approve denies
    assert buttons(at_work.root("Pending approval")) == ["approve", "deny", "cancel"]
    at_work.clicks("approve", waiting, by=BOB)
    root = at_work.root("Call off the transfer")
    at_work.clicks("cancel", root, by=DAN)
    at_work.told("Only", DAN)
    at_work.clicks("cancel", root, by=CAT)
    assert f"<@{CAT}>" in at_work.reply("Called off by", root).text
    _end_conversion(at_work)
    at_work.root("Completed")
    assert _kinds(at_work) == ["convert"]
