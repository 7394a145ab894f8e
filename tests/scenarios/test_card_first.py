"""Nothing runs unseen: what waits for its card, and what need not wait for Slack's pace."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from world import ANN, BOB, OPS, PROD, SNAPSHOT, World, shown

from bot.store.database import open_database
from bot.store.tables import outbox_message

POLICY = """
[[rule]]
name = "copies run"
image_actions = ["transfer"]
regions = ["nyc3"]
approvals = 0

[[rule]]
name = "deleting runs"
image_actions = ["delete"]
approvals = 0

[[rule]]
name = "another region"
image_actions = ["transfer"]
approvals = 1
approvers = ["U0BOB"]
"""
OTHER = SNAPSHOT + 1


@pytest.fixture
def at_work(start) -> World:
    """A bot that has posted in the channel once."""
    at_work: World = start(POLICY)
    at_work.digitalocean.add_image(OTHER)
    at_work.types(f"transfer {OTHER} nyc3")
    at_work.reply("completed", at_work.root("Completed"))
    return at_work


def _slack_holds_back(at_work: World, channel: str = OPS) -> None:
    """Slack says nothing for seconds, and then that the connection is gone."""
    at_work.slack.faults.hang("chat.postMessage", seconds=4, channel=channel)


def _posts(at_work: World) -> list[tuple[int, str]]:
    return [(post.image_id, str(post.body["type"])) for post in at_work.digitalocean.posts[1:]]


def test_what_nobody_has_to_approve_does_not_wait_for_slack(at_work: World) -> None:
    _slack_holds_back(at_work)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because the disk is full")
    at_work.until(lambda: _posts(at_work) == [(SNAPSHOT, "transfer")], "the POST")
    assert len(at_work.slack.messages(OPS)) == 1, "the card was there first"
    card = at_work.root(f"({SNAPSHOT})")
    end = at_work.reply("completed", card)
    assert f"<@{ANN}>" in end.text
    assert "the disk is full" in shown(card)
    assert len(at_work.slack.thread(OPS, card.ts)) == 1, "the card shows what began"


def test_the_first_in_a_channel_waits_for_its_card_and_the_others_for_that_one(
    at_work: World,
) -> None:
    _slack_holds_back(at_work, PROD)
    images = [SNAPSHOT, OTHER + 1]
    at_work.digitalocean.add_image(OTHER + 1)
    for image in images:
        at_work.types(f"transfer {image} nyc3", channel=PROD)
    at_work.until(lambda: not at_work.slack.faults.pending, "Slack's answer to the card")
    assert _posts(at_work) == []
    at_work.until(lambda: len(_posts(at_work)) == 2, "the POSTs")
    first = at_work.slack.messages(PROD)[0]
    assert min(post.at for post in at_work.digitalocean.posts[1:]) > _since(first)


@pytest.mark.parametrize(
    "typed",
    [
        f"delete {OTHER}",
        f"transfer {SNAPSHOT} nyc3 --break-glass the office is on fire",
    ],
    ids=["cannot be taken back", "emergency"],
)
def test_what_people_must_see_waits_for_its_card(at_work: World, typed: str) -> None:
    _slack_holds_back(at_work)
    at_work.types(typed)
    at_work.until(lambda: not at_work.slack.faults.pending, "Slack's answer to the card")
    card = at_work.root("Completed")
    sent = [c for c in at_work.digitalocean.calls if c.method in ("POST", "DELETE")][-1]
    assert sent.at > _since(card)


def test_what_was_approved_waits_for_its_card(at_work: World) -> None:
    """Home may show it before, and approve; a direct copy comes behind the card."""
    at_work.slack.open_home(BOB)
    _slack_holds_back(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3")

    def at_home(what: str) -> bool:
        seen = at_work.slack.home(BOB)
        return seen is not None and what in str(seen.payload)

    at_work.until(lambda: at_home("sfo3"), "the question at Home")
    at_work.slack.click(BOB, at_work.slack.home(BOB), "approve")
    at_work.until(lambda: at_home("Nothing waits"), "approval")
    assert _posts(at_work) == []
    assert at_work.slack.direct_messages(BOB) == []
    at_work.reply("completed", at_work.root(f"({SNAPSHOT})"))


def test_where_the_channel_is_lost_in_between_its_requester_hears_of_it(at_work: World) -> None:
    at_work.until(lambda: not _unshown(at_work), "rest in the channel")
    _slack_holds_back(at_work)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: _posts(at_work) == [(SNAPSHOT, "transfer")], "the POST")
    at_work.slack.archive(OPS)
    at_work.until(lambda: _told_directly(at_work, "completed"), "the end, told directly")
    at_work.digitalocean.add_image(OTHER + 1)
    at_work.types(f"transfer {OTHER + 1} nyc3")
    at_work.told("archived")
    assert len(_posts(at_work)) == 1, "now it is known that nothing can be shown there"


def _unshown(at_work: World) -> list[Any]:
    behind = outbox_message.c.delivered_version < outbox_message.c.desired_version
    database = open_database(at_work.settings["DATABASE_URL"])
    try:
        with database.connect() as connection:
            return list(connection.execute(sa.select(outbox_message.c.id).where(behind)))
    finally:
        database.dispose()


def _since(message: Any) -> float:
    return float(message.versions[0].at)


def _told_directly(at_work: World, holding: str) -> list[Any]:
    return [m for m in at_work.slack.direct_messages(ANN) if holding in shown(m)]
