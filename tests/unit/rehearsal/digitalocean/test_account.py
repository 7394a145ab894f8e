"""The account's rules: what can be asked of an image, and what it does to it."""

from __future__ import annotations

import time

import pytest

from rehearsal.digitalocean.account import Account, Ending, Refusal
from rehearsal.digitalocean.seeds import HOSTILE_NAME

SNAPSHOT, BACKUP, CUSTOM, PENDING, NEW, PUBLIC = (
    62137902,
    62140001,
    62150001,
    62150002,
    62150003,
    7555620,
)
TO_NYC3 = {"type": "transfer", "region": "nyc3"}


@pytest.mark.parametrize(
    ("image_id", "body", "status", "words"),
    [
        (1, TO_NYC3, 404, "could not be found"),
        (SNAPSHOT, {"type": "transfer"}, 422, "Region is required"),
        (SNAPSHOT, {"type": "transfer", "region": "nyc9"}, 422, "not valid"),
        (SNAPSHOT, {"type": "transfer", "region": "NYC3"}, 422, "not valid"),
        (SNAPSHOT, {"type": "transfer", "region": "sfo1"}, 422, "can not be transferred to"),
        (SNAPSHOT, {"type": "transfer", "region": "ric1"}, 422, "can not be transferred to"),
        (SNAPSHOT, {"type": "transfer", "region": "nyc1"}, 422, "already in this region"),
        (SNAPSHOT, {"type": "convert"}, 422, "Only backups"),
        (SNAPSHOT, {"type": "resize"}, 422, "not a valid image action"),
        (SNAPSHOT, {}, 422, "not a valid image action"),
        (BACKUP, TO_NYC3, 422, "Backups can not be transfered to other regions"),
        (PENDING, TO_NYC3, 422, "not available yet"),
        (NEW, TO_NYC3, 422, "not available yet"),
        (PUBLIC, {"type": "transfer", "region": "ams3"}, 422, "Public images"),
    ],
)
def test_refused(image_id, body, status, words):
    with pytest.raises(Refusal, match=words) as refused:
        Account().act(image_id, body)
    assert refused.value.status == status


def test_a_transfer_adds_the_region_when_it_ends():
    account = Account(action_seconds=0.05)
    action = account.act(SNAPSHOT, TO_NYC3)
    assert (action.status, account.image(SNAPSHOT).regions) == ("in-progress", ("nyc1",))
    time.sleep(0.06)
    assert account.action(action.id).status == "completed"
    assert account.image(SNAPSHOT).regions == ("nyc1", "nyc3")


def test_a_convert_turns_the_backup_into_a_snapshot():
    account = Account(action_seconds=0)
    account.act(BACKUP, {"type": "convert"})
    assert account.image(BACKUP).type == "snapshot"
    account.act(BACKUP, TO_NYC3)


def test_an_errored_action_changes_nothing():
    account = Account(action_seconds=0)
    account.endings.append(Ending(0, "errored"))
    action = account.act(SNAPSHOT, TO_NYC3)
    assert account.action(action.id).status == "errored"
    assert account.image(SNAPSHOT).regions == ("nyc1",)


def test_an_action_that_never_ends_can_be_ended_by_hand():
    account = Account(action_seconds=0)
    account.endings.append(Ending(None))
    action = account.act(SNAPSHOT, TO_NYC3)
    account.clock.advance(10**6)
    assert account.action(action.id).status == "in-progress"
    account.end(action.id, "completed")
    assert account.image(SNAPSHOT).regions == ("nyc1", "nyc3")


def test_speed_shortens_actions_and_leaves_the_stamps_in_real_time():
    account = Account(action_seconds=100)
    account.clock.speed = 10_000
    action = account.act(SNAPSHOT, TO_NYC3)
    time.sleep(0.03)
    ended = account.action(action.id)
    assert ended.status == "completed"
    assert abs(ended.started_at - time.time()) < 5


def test_stamps_can_be_off():
    account = Account()
    account.skew = -300
    action = account.act(SNAPSHOT, TO_NYC3)
    assert action.started_at < time.time() - 290


def test_a_second_action_on_the_same_image_is_taken():
    account = Account()
    first, second = account.act(SNAPSHOT, TO_NYC3), account.act(SNAPSHOT, TO_NYC3)
    assert [each.id for each in account.actions(SNAPSHOT)] == [second.id, first.id]


def test_an_action_belongs_to_its_image():
    account = Account()
    action = account.act(SNAPSHOT, TO_NYC3)
    with pytest.raises(Refusal):
        account.action(action.id, CUSTOM)


def test_other_activity_is_listed_first_and_belongs_to_no_image():
    account = Account()
    action = account.act(SNAPSHOT, TO_NYC3)
    account.add_activity(3)
    assert len(account.actions()) == 4
    assert account.actions()[-1].id == action.id
    assert account.json(account.actions()[0])["resource_type"] == "droplet"


def test_ten_thousand_in_flight_are_listed_quickly():
    account = Account(action_seconds=1000)
    for number in range(10_000):
        account.endings.append(Ending(1000 + number))
        account.act(SNAPSHOT, TO_NYC3)
    start = time.thread_time()  # what others do on the machine is none of its
    assert len(account.actions()) == 10_000
    assert time.thread_time() - start < 0.5


def test_the_account_at_the_start():
    account = Account()
    assert len(HOSTILE_NAME) == 255
    assert HOSTILE_NAME in [image.name for image in account.images.values()]
    kinds = {image.type for image in account.images.values()}
    assert kinds == {"snapshot", "backup", "custom", "base"}
    assert len(account.regions) == 17
    live_only = account.regions["atl1"]["features"]
    assert "image_transfer" in live_only
