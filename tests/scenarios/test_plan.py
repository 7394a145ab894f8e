"""Convert, then transfer: one plan, one approval, the second step after the first."""

from __future__ import annotations

import json

from world import ANN, BOB, ONE_APPROVAL, OPS, RUNS_AT_ONCE, buttons, shown

BACKUP = 62140001


def test_a_backup_is_offered_as_a_plan_under_one_approval(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {BACKUP} nyc3 sfo3 because the launch")
    offer = at_work.told("one plan with one approval")
    assert at_work.slack.messages(OPS) == []
    at_work.clicks("plan", offer, by=ANN)
    root = at_work.root("Pending approval")
    assert "becomes a snapshot" in shown(root)
    assert "$0 more" in shown(root)
    assert "the launch" in shown(root)
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Completed: conversion")
    last = at_work.reply("completed", root)
    assert f"<@{ANN}>" in last.text
    bodies = [post.body for post in at_work.digitalocean.posts]
    assert bodies[0] == {"type": "convert"}
    assert sorted(json.dumps(b) for b in bodies[1:]) == [
        json.dumps({"type": "transfer", "region": r}) for r in ("nyc3", "sfo3")
    ]
    assert at_work.slack.thread(OPS, root.ts)[-1].text == last.text
    assert at_work.slack.violations == []


def test_the_transfer_waits_for_the_convert(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.action_seconds = 30
    at_work.types(f"transfer {BACKUP} nyc3")
    at_work.clicks("plan", at_work.told("one plan"), by=ANN)
    at_work.until(lambda: at_work.digitalocean.posts, "the convert")
    root = at_work.root("In progress")
    assert "Waits for the conversion" in shown(root)
    assert len(at_work.digitalocean.posts) == 1
    at_work.digitalocean.action_seconds = 1
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    at_work.reply("completed", root)
    assert [p.body["type"] for p in at_work.digitalocean.posts] == ["convert", "transfer"]


def test_a_convert_that_fails_ends_the_plan(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.next_action(0.5, "errored")
    at_work.types(f"transfer {BACKUP} nyc3")
    at_work.clicks("plan", at_work.told("one plan"), by=ANN)
    root = at_work.root("Failed")
    at_work.reply("failed: the conversion. The transfer to nyc3 did not run.", root)
    assert [p.body["type"] for p in at_work.digitalocean.posts] == ["convert"]
    assert buttons(at_work.root("Failed")) == ["retry_failed"]
    at_work.clicks("retry_failed", at_work.root("Failed"), by=ANN)
    at_work.reply("completed", at_work.root("Request 3"))
    assert [p.body["type"] for p in at_work.digitalocean.posts] == [
        "convert",
        "convert",
        "transfer",
    ]


def test_a_plan_is_taken_once(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {BACKUP} nyc3")
    offer = at_work.told("one plan")
    at_work.clicks("plan", offer, by=ANN)
    at_work.root("Request 2")
    at_work.clicks("plan", offer, by=ANN)
    at_work.told("Already under way: request 2")
    assert len(at_work.slack.messages(OPS)) == 1
