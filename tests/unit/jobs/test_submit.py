"""submit meets a defect of ours before it posts: a person hears of it, and nothing is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from postgres import KINDS, either_database

from bot.digitalocean import Client, ServiceRequestError
from bot.domain.events import Event
from bot.domain.states import State
from bot.errors import StoreUnavailable
from bot.jobs.reconcile import Reconciler
from bot.jobs.submit import Submit
from bot.operations.available import transfer_to
from bot.requests.assessment import Assessor
from bot.store import events, outbox, requests, sending, transitions
from bot.store.database import open_database
from bot.store.rows import NewRequest
from bot.store.tables import outbox_message
from bot.store.transaction import Store


class _Assessor:
    """At its port: it raises what it is told to."""

    def __init__(self) -> None:
        self.raises: Exception = ValueError("a defect")

    def assess(self, _request: Any, _spec: Any) -> None:
        raise self.raises


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with either_database(request.param, tmp_path) as url:
        made = Store(open_database(url), lambda *_: None, lambda: time.time() + skipped[0])
        skipped = [0.0]
        made.skip = lambda seconds: skipped.__setitem__(0, skipped[0] + seconds)
        yield made
        made.close()


@pytest.fixture
def step(store: Store) -> str:
    """The key of an approved image action whose card stands in Slack."""
    new = NewRequest("U0ANN", "C0OPS", (transfer_to(62137902, "nyc3"),))
    with store.write() as tx:
        request_id = transitions.insert(tx, new)
        steps = [step.as_json() for step in new.steps]
        events.record(tx, request_id, Event.REQUESTED, "U0ANN", {"steps": steps})
        outbox.add_root(tx, request_id, "C0OPS")
        root = sending.claim(tx, "C0OPS")
        sending.sent(tx, root, "C0OPS", "1.000001")
        transitions.move(tx, requests.load(tx.connection, request_id), State.APPROVED)
        return str(requests.load(tx.connection, request_id).steps[0].id)


def _told(store: Store) -> list[Any]:
    with store.read() as connection:
        query = (
            sa.select(outbox_message.c.note)
            .where(outbox_message.c.place.like("note:%"))
            .order_by(outbox_message.c.id)
        )
        return list(connection.execute(query).scalars())


def _submit(store: Store, assessor: _Assessor) -> Submit:
    # Neither is reached: it never gets as far as DigitalOcean.
    return Submit(store, cast(Client, None), cast(Assessor, assessor), cast(Reconciler, None))


def test_it_is_told_once_with_a_reference_and_tried_again(
    store: Store, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    assessor = _Assessor()
    assessor.raises = ServiceRequestError("no answer")
    submit = _submit(store, assessor)
    submit(step)  # told as delayed; what comes then is told nevertheless
    assessor.raises = ValueError("a defect")
    for _ in range(3):
        store.skip(61)
        submit(step)
    assert [note["event"] for note in _told(store)] == ["delayed", "internal-error"]
    reference = _told(store)[1]["reference"]
    assert re.search(rf"submit {step} failed, reference {reference}\n.*a defect", caplog.text, re.S)
    with store.read() as connection:
        now = requests.load_step(connection, int(step))
    assert (now.state, now.attempts, now.fence) == (State.APPROVED, 4, "")
    assert now.retry_at > store.clock()


def test_a_database_that_is_away_is_no_defect(store: Store, step: str) -> None:
    assessor = _Assessor()
    assessor.raises = StoreUnavailable("The database is away.")
    with pytest.raises(StoreUnavailable):
        _submit(store, assessor)(step)
    assert _told(store) == []
