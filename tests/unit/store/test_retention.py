"""What is forgotten, what is kept, and that the audit log is never touched."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.domain.states import State
from bot.jobs.cleanup import Cleanup
from bot.store import audit, deliveries, outbox, requests, retention, transitions
from bot.store.tables import channel_queue, ops_request, ops_step, outbox_message, vote
from bot.store.tables import processed_delivery as inbox_table


def finish(bed: Any, image_id: int, days_ago: float, **columns: Any) -> int:
    """A request that ended some days ago, with a card and a vote."""
    request_id: int = bed.opened(State.PENDING, image_id)
    with bed.store.write() as tx:
        transitions.add_vote(tx, request_id, "U0BOB", "deny", "")
        outbox.add_root(tx, request_id, "C0OPS")
        transitions.move(tx, requests.load(tx.connection, request_id), State.DENIED)
        ended = tx.now - days_ago * retention.DAY
        transitions.update(tx, request_id, finished_at=ended, **columns)
    return request_id


def count(bed: Any, table: sa.Table) -> int:
    with bed.store.read() as connection:
        found: int = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        return found


def test_finished_requests_go_when_their_time_is_over(bed: Any) -> None:
    old = finish(bed, 1, days_ago=41)
    young = finish(bed, 2, days_ago=39)
    unreviewed = finish(bed, 3, days_ago=400, review="open")
    waiting = bed.opened(State.PENDING, 4)
    with bed.store.read() as connection:
        before = list(audit.entries(connection))
    Cleanup(bed.store, retention_days=40)("all")
    assert bed.load(old) is None
    assert all(bed.load(kept) for kept in (young, unreviewed, waiting))
    for table in (outbox_message, vote, ops_step):
        with bed.store.read() as connection:
            ids = set(connection.execute(sa.select(table.c.ops_request)).scalars())
        assert old not in ids
    with bed.store.read() as connection:
        assert list(audit.entries(connection)) == before
        assert audit.verify(iter(before)) == []


def test_it_goes_in_small_steps_and_comes_back_tomorrow(bed: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for image in range(5):
        finish(bed, image + 1, days_ago=50)
    Cleanup(bed.store, retention_days=40)("all")
    assert count(bed, ops_request) == 0
    job, key, at = bed.wakes.asked[-1]
    assert (job, key) == ("cleanup", "all")
    assert at > bed.store.clock() + 86_000


def test_leftovers(bed: Any) -> None:
    with bed.store.write() as tx:
        for n, days in enumerate((0, 1, 3)):
            deliveries.take(tx, f"d{n}", "")
            at = tx.now - days * retention.DAY
            tx.execute(
                sa.update(inbox_table).where(inbox_table.c.delivery == f"d{n}").values(at=at)
            )
        values = {"ops_request": None, "queue": "U0ANN", "channel": "U0ANN", "note": {}}
        for place, shown in (("direct:1", 1), ("direct:2", 0), ("home", 1)):
            tx.execute(
                sa.insert(outbox_message).values(place=place, delivered_version=shown, **values)
            )
        old = tx.now - 2 * retention.DAY
        for name, at in (("C0REST", old), ("U0ANN", old), ("C0BUSY", tx.now)):
            tx.execute(sa.insert(channel_queue).values(name=name, post_at=at, free_at=at))
    with bed.store.write() as tx:
        retention.forget_leftovers(tx)
    assert count(bed, inbox_table) == 2
    with bed.store.read() as connection:
        places = set(connection.execute(sa.select(outbox_message.c.place)).scalars())
        lanes = set(connection.execute(sa.select(channel_queue.c.name)).scalars())
    assert places == {"direct:2", "home"}
    assert lanes == {"U0ANN", "C0BUSY"}  # one still has something to say
