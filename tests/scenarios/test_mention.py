"""`@image-bot …` where Slack allows no slash command."""

from __future__ import annotations

from world import ANN, BOB, CAT, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, buttons, shown


def test_a_transfer_asked_for_in_a_thread(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    talk = at_work.slack.say(BOB, OPS, "we need web in nyc3")
    at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3 because we need it", talk.ts)
    told = at_work.told("Request 1")
    assert told.visible_to == ANN
    assert told.thread_ts == talk.ts
    root = at_work.root("Transfer of")
    at_work.reply("completed", root)
    assert root.thread_ts is None


def test_status_in_the_thread_of_a_request_means_that_request(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Waiting")
    at_work.types("transfer 62137905 nyc3")
    at_work.root("62137905")
    at_work.slack.mention(CAT, OPS, "status", root.ts)
    told = at_work.told("0 of 1 approvals", CAT)
    assert "Request 1:" in told.text
    assert "Request 2" not in told.text
    assert told.thread_ts == root.ts
    assert buttons(told) == ["approve", "deny", "cancel"]
    at_work.slack.mention(CAT, OPS, "status")
    at_work.told("Open now", CAT)
    at_work.slack.mention(ANN, OPS, "cancel", root.ts)
    at_work.told("Request 1 is cancelled")
    assert buttons(at_work.root("Cancelled")) == []
    assert at_work.slack.violations == []


def test_a_mention_that_is_brought_again_is_taken_once(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    ack = at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3")
    at_work.slack.again(ack)
    at_work.reply("completed", at_work.root("Transfer of"))
    assert len(at_work.digitalocean.posts) == 1
    assert len([m for m in at_work.slack.ephemerals(ANN) if "Request 1" in m.text]) == 1


def test_bad_input_and_nothing_said(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.mention(ANN, OPS, "tranfer 1 nyc3")
    at_work.told("did you mean `transfer`".replace("d", "D", 1))
    at_work.slack.mention(BOB, OPS, "")
    offer = at_work.told("Three things", BOB)
    assert "Three things" in shown(offer)
    at_work.slack.click(BOB, offer, "open_form")
    at_work.until(lambda: at_work.slack.views(BOB), "the form")


def test_a_list_in_a_mention(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.mention(ANN, OPS, "list web")
    found = at_work.told("web-2026-11-20")
    assert found.visible_to == ANN
