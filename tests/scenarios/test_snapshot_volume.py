"""`/image snapshot volume`: there at once, and found again where its answer is lost."""

from __future__ import annotations

from typing import Any

import pytest
from world import ANN, BOB, ONE_APPROVAL, World, buttons, shown

from rehearsal.slack.block_kit import problems_of_message

NAMED = ONE_APPROVAL + 'image_actions = ["snapshot-volume"]\n'
AT_ONCE = NAMED.replace("approvals = 1", "approvals = 0")
DB_DATA, WEB_ASSETS = (
    "506f78a4-e098-11e5-ad9f-000f53306ae1",
    "7724db7c-e098-11e5-b522-000f53304e51",
)


def _sent(at_work: World) -> list[Any]:
    return [(call.path, call.body) for call in at_work.digitalocean.calls if call.method == "POST"]


def _names(at_work: World) -> list[str]:
    return [each.name for each in at_work.digitalocean.volume_snapshots]


def test_it_is_asked_approved_and_there(start):
    at_work = start(NAMED)
    at_work.types("snapshot volume db-data as {volume}-before because the upgrade")
    at_work.until(lambda: "approve" in buttons(at_work.root("Volume snapshot of")), "a card")
    root = at_work.root("Volume snapshot of")
    card = shown(root)
    for part in ("db-data-before", "in fra1", "cannot be moved", "is attached", "$6.00 a month"):
        assert part in card
    assert DB_DATA in card
    assert _sent(at_work) == []
    at_work.clicks("approve", root, by=BOB)
    said = at_work.reply("completed", root)
    [made] = at_work.digitalocean.volume_snapshots
    assert (made.name, made.volume_id) == ("db-data-before", DB_DATA)
    assert made.id in said.text
    assert problems_of_message({"text": said.text, "blocks": said.blocks}) == []
    assert _sent(at_work) == [(f"/v2/volumes/{DB_DATA}/snapshots", {"name": "db-data-before"})]
    assert at_work.slack.violations == []


@pytest.mark.parametrize("which", ["volume WEB-assets", f"volume {WEB_ASSETS}"])
def test_a_volume_is_its_name_or_its_uuid(start, which):
    at_work = start(AT_ONCE)
    at_work.types(f"snapshot {which} as x{{date}}")
    at_work.reply("completed", at_work.root("Volume snapshot of"))
    [made] = at_work.digitalocean.volume_snapshots
    assert made.volume_id == WEB_ASSETS
    assert made.name.startswith("x20")


def test_no_such_volume_and_several_of_a_name_ask_for_nothing(start):
    at_work = start(AT_ONCE)
    at_work.types("snapshot volume db-date")
    assert "Close to it" in shown(at_work.told("There is no volume “db-date”"))
    at_work.digitalocean.add_volume(DB_DATA[:-1] + "2", "db-data", region="nyc1")
    at_work.types("snapshot volume db-data")
    assert "nyc1" in shown(at_work.told("Use the uuid"))
    assert _sent(at_work) == []


def test_a_lost_answer_is_found_by_name_and_time(start):
    at_work = start(AT_ONCE)
    at_work.digitalocean.snapshot_volume(DB_DATA, "nightly")  # was there before it was asked
    at_work.digitalocean.faults.reset(method="POST", path="/v2/volumes/*", after=True)
    at_work.types("snapshot volume db-data as nightly")
    root = at_work.root("Volume snapshot of")
    said = at_work.reply("completed", root).text
    assert at_work.digitalocean.volume_snapshots[-1].id in said
    assert _names(at_work) == ["nightly", "nightly"]


def test_one_that_is_not_there_is_a_question_and_sent_again_by_a_person_alone(start):
    at_work = start(NAMED)
    at_work.types("snapshot volume db-data as x")
    at_work.until(lambda: "approve" in buttons(at_work.root("Volume snapshot of")), "a card")
    root = at_work.root("Volume snapshot of")
    at_work.digitalocean.faults.reset(method="POST", path="/v2/volumes/*")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("no new snapshot of that name", root)
    assert _names(at_work) == []
    at_work.until(lambda: "post_again" in buttons(at_work.root("Volume")), "the question")
    at_work.clicks("post_again", at_work.root("Volume"), by=BOB)
    at_work.reply("completed", root)
    assert _names(at_work) == ["x"]


def test_the_same_by_somebody_else_meanwhile_is_not_taken_twice(start):
    at_work = start(NAMED)
    at_work.types("snapshot volume db-data as x")
    at_work.until(lambda: "approve" in buttons(at_work.root("Volume snapshot of")), "a card")
    root = at_work.root("Volume snapshot of")
    theirs = at_work.digitalocean.snapshot_volume(DB_DATA, "x")
    at_work.clicks("approve", root, by=BOB)
    assert theirs.id in at_work.reply("completed", root).text
    assert _sent(at_work) == []


def test_a_dry_run_sends_nothing_and_a_silent_rule_refuses_it(start):
    at_work = start(ONE_APPROVAL)
    at_work.types("snapshot volume db-data --dry-run")
    at_work.told("Nothing was asked")
    at_work.types("snapshot volume db-data", by=ANN)
    at_work.told("No rule of the policy allows this: snapshot-volume.")
    at_work.types("policy explain snapshot volume db-data")
    assert _sent(at_work) == []


def test_a_rule_that_names_snapshots_of_droplets_alone_refuses_it(start):
    at_work = start(ONE_APPROVAL + 'image_actions = ["snapshot"]\n')
    at_work.types("snapshot volume db-data")
    at_work.told("No rule of the policy allows this: snapshot-volume.")
    assert _sent(at_work) == []
