"""One request for several regions: one approval, one thread, each region on its own."""

from __future__ import annotations

import pytest
from world import ANN, BOB, CAT, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World, buttons, shown


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE)


def _regions(at_work: World) -> list[str]:
    return sorted(post.body["region"] for post in at_work.digitalocean.posts)


def test_three_regions_one_approval_one_thread(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3 ams3 because of the launch")
    root = at_work.root("Pending approval")
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=BOB)
    last = at_work.reply("completed", root)
    assert f"<@{ANN}>" in last.text
    assert "nyc3, sfo3 and ams3" in last.text
    assert _regions(at_work) == ["ams3", "nyc3", "sfo3"]
    replies = at_work.slack.thread(OPS, root.ts)
    assert replies[-1].ts == last.ts
    assert sum("completed" in reply.text for reply in replies) == 1
    card = at_work.root("Completed")
    assert len(at_work.slack.messages(OPS)) == 1
    for region in ("nyc3", "sfo3", "ams3"):
        assert f"transfer to {region}" in shown(card)
    assert buttons(card) == []
    assert at_work.slack.violations == []


def test_one_that_fails_stops_no_other_and_only_it_is_retried(at_work: World) -> None:
    at_work.digitalocean.action_seconds = 30
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3 ams3")
    at_work.until(lambda: len(at_work.digitalocean.posts) == 3, "three POSTs")
    for post in at_work.digitalocean.posts:
        outcome = "errored" if post.body["region"] == "sfo3" else "completed"
        at_work.digitalocean.end_action(post.action_id, outcome)
    last = at_work.reply("2 of 3 done, 1 failed", at_work.root("Failed"))
    assert "nyc3 ✓ · sfo3 ✗ · ams3 ✓" in last.text
    assert "completed" not in last.text
    assert buttons(last) == ["retry_failed"]
    at_work.until(lambda: buttons(at_work.root()) == ["retry_failed"], "the button")
    root = at_work.root()

    at_work.digitalocean.action_seconds = 1
    at_work.clicks("retry_failed", root, by=CAT)
    at_work.told("Request 2", CAT)
    again = at_work.root("Request 2")
    at_work.reply("completed", again)
    assert f"<@{CAT}>" in shown(again)
    assert _regions(at_work) == ["ams3", "nyc3", "sfo3", "sfo3"]
    at_work.reply("request 2", root)
    at_work.until(
        lambda: buttons(at_work.slack.message(OPS, root.ts)) == [], "the button to be gone"
    )
    at_work.clicks("retry_failed", root, by=CAT)
    at_work.told("asked for again", CAT)


def test_a_region_it_is_in_and_one_that_takes_no_images(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc1 sfo1 nyc3")
    root = at_work.root("nyc3")
    last = at_work.reply("failed", root)
    assert "2 of 3 done, 1 failed: nyc1 ✓ · sfo1 ✗ · nyc3 ✓" in last.text
    card = at_work.root("1 failed")
    assert "is in nyc1 already" in shown(card)
    assert "cannot receive images" in shown(card)
    assert _regions(at_work) == ["nyc3"]


def test_already_in_some_completes(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc1 nyc3")
    last = at_work.reply("completed", at_work.root("nyc3"))
    assert f"<@{ANN}>" in last.text
    assert _regions(at_work) == ["nyc3"]


def test_what_is_under_way_is_joined_and_the_rest_opened(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Request 1")
    ack = at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3", by=CAT)
    assert "Already under way: request 1" in ack.text
    assert "Request 2" in ack.text
    second = at_work.root("Request 2")
    assert "sfo3" in shown(second)
    assert "nyc3" not in shown(second)


def test_retry_goes_through_the_policy_again(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(0.5, "errored")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("failed", root)
    at_work.clicks("retry_failed", at_work.root("Failed"), by=ANN)
    second = at_work.root("Request 2")
    assert "approve" in buttons(second)
    assert len(at_work.digitalocean.posts) == 1


def test_half_a_success_is_told_as_one_wherever_it_is_looked_at(at_work: World) -> None:
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    at_work.root("1 of 2 done")
    some = "1 of 2 done, 1 failed: "
    for typed in ("status 1", f"status {SNAPSHOT}", "history", f"history {SNAPSHOT}"):
        assert some in at_work.types(typed).text, typed


def test_what_it_took_is_the_same_on_the_card_and_in_the_history(start) -> None:
    at_work = start(RUNS_AT_ONCE + 'image_actions = ["snapshot", "transfer"]\n', action_seconds=2.0)
    at_work.types("snapshot web-1 to nyc3 sfo3")
    card = at_work.root("Completed in")
    took = shown(card).split("Completed in ")[1].split("\n")[0]
    assert f"completed in {took}" in at_work.types("history").text
    assert int(took.removesuffix(" s")) >= 5, "the sum of three steps, one after the other"


def test_nobody_is_asked_for_a_region_where_it_is_already(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc1 nyc3")
    card = at_work.root("Needs 1 approval")
    assert card.blocks[0]["text"]["text"].startswith("*Copy web-2026-11-20 → nyc3*")
    assert "copy web-2026-11-20 → nyc3." in card.text
    at_work.clicks("approve", card, by=BOB)
    at_work.reply("completed", card)
    assert _regions(at_work) == ["nyc3"]
