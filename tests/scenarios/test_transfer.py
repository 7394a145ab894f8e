"""`/image transfer` from the command to the end of its thread, on every transport and database."""

from __future__ import annotations

import pytest
from world import ANN, EVERYWHERE, OPS, RUNS_AT_ONCE, SNAPSHOT, World, shown

pytestmark = pytest.mark.parametrize("surroundings", EVERYWHERE, ids="-".join)


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE)


def test_a_transfer_becomes_a_followed_thread(at_work: World) -> None:
    ack = at_work.types(f"transfer {SNAPSHOT} nyc3")
    assert "Request 1" in ack.text

    root = at_work.root("nyc3")
    for part in (f"<@{ANN}>", str(SNAPSHOT), "web-2026-11-20", "transfer", "nyc3"):
        assert part in shown(root)
    last = at_work.reply("completed", root)
    assert f"<@{ANN}>" in last.text
    assert " s" in last.text  # how long it took
    at_work.root("Completed")

    assert [(post.image_id, post.body) for post in at_work.digitalocean.posts] == [
        (SNAPSHOT, {"type": "transfer", "region": "nyc3"})
    ]
    replies = at_work.slack.thread(OPS, root.ts)
    assert all(reply.thread_ts == root.ts for reply in replies)
    assert replies[-1].text == last.text
    assert at_work.slack.violations == []
