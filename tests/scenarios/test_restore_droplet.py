"""`/image restore`: a Droplet put back to a backup of its own, once, and followed to its end."""

from __future__ import annotations

from typing import Any

import pytest
from world import ANN, BOB, ONE_APPROVAL, World, buttons, shown

NAMED = ONE_APPROVAL + 'image_actions = ["restore"]\n'
WEB_1, WEB_2, BACKUP, SNAPSHOT_OF_WEB_1 = 3_164_444, 3_164_445, 62140001, 70_000_001
OLDER = 62140000


def _restores(at_work: World) -> list[Any]:
    return [
        call.body
        for call in at_work.digitalocean.calls
        if call.method == "POST" and call.path == f"/v2/droplets/{WEB_1}/actions"
    ]


def _on_disk(at_work: World) -> int | None:
    restored: int | None = at_work.digitalocean.droplets[WEB_1].restored_from
    return restored


def _asked(at_work: World, text: str = f"restore web-1 from {BACKUP}") -> Any:
    at_work.types(text)
    at_work.until(lambda: "approve" in buttons(at_work.root("Restore of")), "a card to approve")
    return at_work.root("Restore of")


def _question(at_work: World) -> Any:
    at_work.until(lambda: "post_again" in buttons(at_work.root("Restore of")), "a question")
    return at_work.root("Restore of")


def test_it_is_asked_with_the_age_of_the_backup_approved_and_followed(start):
    at_work = start(NAMED)
    root = _asked(at_work, f"restore web-1 from {BACKUP} because the upgrade broke it")
    card = shown(root)
    for part in ("Restore web-1 from web-1 weekly", "before this was asked", "nothing brings it"):
        assert part in card
    assert "confirm" in next(
        element
        for block in root.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == "approve"
    )
    assert _restores(at_work) == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert _restores(at_work) == [{"type": "restore", "image": BACKUP}]
    assert _on_disk(at_work) == BACKUP
    assert at_work.slack.violations == []


@pytest.mark.parametrize(
    "which",
    [
        'web-1 from "Web-1 Weekly"',
        "3164444 from latest",
        f"https://cloud.digitalocean.com/droplets/{WEB_1} from the backup {BACKUP}",
    ],
)
def test_both_can_be_named(start, which):
    at_work = start(NAMED.replace("approvals = 1", "approvals = 0"))
    at_work.digitalocean.add_image(
        OLDER, "older", type="backup", droplet_id=WEB_1, created_at="2026-11-01T03:00:00Z"
    )
    at_work.types(f"restore {which}")
    at_work.reply("completed", at_work.root("Restore of"))
    assert _on_disk(at_work) == BACKUP


def test_what_is_no_backup_of_it_is_told_with_those_that_are(start):
    at_work = start(NAMED)
    at_work.digitalocean.add_image(SNAPSHOT_OF_WEB_1, "web-1-snap", droplet_id=WEB_1)
    at_work.types(f"restore web-1 from {SNAPSHOT_OF_WEB_1}")
    assert str(BACKUP) in shown(at_work.told("from its own backups alone"))
    at_work.types("restore web-1 from 62137903")
    assert "web-1 weekly" in shown(at_work.told("There is no image 62137903 among the backups"))
    at_work.types(f"restore web-2 from {BACKUP}")
    at_work.told("DigitalOcean has no backup of")
    at_work.digitalocean.add_image(OLDER, "web-1 weekly", type="backup", droplet_id=WEB_1)
    at_work.types('restore web-1 from "web-1 weekly"')
    at_work.told("Use the number")
    assert at_work.digitalocean.posts == []


def test_a_backup_that_was_converted_or_purged_meanwhile_voids_the_approval(start):
    at_work = start(NAMED)
    root = _asked(at_work)
    at_work.digitalocean.change_image(BACKUP, type="snapshot")
    at_work.clicks("approve", root, by=BOB)
    assert "from a backup of its own" in at_work.reply("failed", root).text
    at_work.digitalocean.change_image(BACKUP, type="backup")
    second = _asked(at_work)
    at_work.digitalocean.remove_image(BACKUP)
    at_work.clicks("approve", second, by=BOB)
    at_work.reply("failed", second)
    assert _restores(at_work) == []


def test_a_dry_run_sends_nothing(start):
    at_work = start(NAMED)
    at_work.types(f"restore web-1 from {BACKUP} --dry-run")
    assert "one other person" in shown(at_work.told("Nothing was asked"))
    at_work.types(f"policy explain restore web-1 from {BACKUP}")
    assert at_work.digitalocean.posts == []


def test_a_lost_answer_is_found_among_the_droplets_actions(start):
    at_work = start(NAMED)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/droplets/*", after=True)
    root = _asked(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert len(_restores(at_work)) == 1


def test_a_restore_that_is_not_there_is_a_question_and_sent_again_by_a_person_alone(start):
    at_work = start(NAMED)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/droplets/*")
    root = _asked(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.clicks("post_again", _question(at_work), by=BOB)
    at_work.reply("completed", root)
    assert _on_disk(at_work) == BACKUP
    assert len(at_work.digitalocean.posts) == 1


def test_somebody_elses_restore_is_not_taken_for_this_one(start):
    at_work = start(NAMED)
    at_work.digitalocean.add_image(OLDER, "older", type="backup", droplet_id=WEB_1)
    root = _asked(at_work)
    at_work.digitalocean.next_action(None)
    theirs = at_work.digitalocean.act_on_droplet(WEB_1, {"type": "restore", "image": OLDER})
    at_work.clicks("approve", root, by=BOB)
    assert str(theirs.id) in shown(_question(at_work))
    assert _restores(at_work) == []
    at_work.digitalocean.end_action(theirs.id)
    at_work.clicks("post_again", _question(at_work), by=BOB)
    at_work.reply("completed", root)
    assert _on_disk(at_work) == BACKUP


def test_an_earlier_restore_by_somebody_else_is_not_taken_for_a_lost_answer(start):
    at_work = start(NAMED)
    at_work.digitalocean.add_image(OLDER, "older", type="backup", droplet_id=WEB_1)
    at_work.digitalocean.skew -= 300
    at_work.digitalocean.next_action(0)
    at_work.digitalocean.act_on_droplet(WEB_1, {"type": "restore", "image": OLDER})
    at_work.digitalocean.skew += 300
    root = _asked(at_work)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/droplets/*")
    at_work.clicks("approve", root, by=BOB)
    _question(at_work)
    assert _on_disk(at_work) == OLDER


def test_a_rule_that_does_not_name_it_lets_it_not_through(start):
    at_work = start(ONE_APPROVAL)
    at_work.types(f"restore web-1 from {BACKUP}", by=ANN)
    at_work.told("No rule of the policy allows this: restore.")
    assert at_work.digitalocean.posts == []
