"""A job that fails again and again is told to whoever waits for it, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres import KINDS, either_database

from bot.domain.jobs import Job
from bot.domain.search import Asker, Search, to_json
from bot.errors import StoreUnavailable
from bot.jobs.failures import TELL_AFTER, Failures
from bot.operations.available import transfer_to
from bot.store import lookups, transitions
from bot.store.database import open_database
from bot.store.rows import NewRequest
from bot.store.tables import outbox_message
from bot.store.transaction import Store


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with either_database(request.param, tmp_path) as url:
        made = Store(open_database(url), lambda *_: None, time.time)
        yield made
        made.close()


def _told(store: Store) -> list[Any]:
    with store.read() as connection:
        rows = connection.execute(sa.select(outbox_message.c.note)).scalars()
        return [note["text"] for note in rows if note]


def _fails(_key: str) -> None:
    raise ValueError("a defect")


def _run(store: Store, job: Job, key: str, times: int, function: Any = _fails) -> Failures:
    watched = Failures(store)
    jobs = watched.told({job: function})
    for _ in range(times):
        with pytest.raises(ValueError, match="a defect"):
            jobs[job](key)
    return watched


@pytest.mark.parametrize("job", [Job.CHECK, Job.EXPIRE, Job.SUBMIT, Job.CANDIDATES])
def test_whoever_asked_hears_of_it_once(store: Store, job: Job) -> None:
    with store.write() as tx:
        transitions.insert(
            tx, NewRequest("U0ANN", "C0OPS", (transfer_to(62137902, "nyc3"),), response_url="")
        )
    _run(store, job, "1", TELL_AFTER - 1)
    assert _told(store) == []
    _run(store, job, "1", TELL_AFTER + 5)
    (said,) = _told(store)
    assert "request 1" in said
    assert "reference" in said


def test_whoever_searches_hears_of_it(store: Store) -> None:
    with store.write() as tx:
        lookups.add(tx, Asker("U0ANN", "C0OPS"), to_json(Search(text="web")))
    _run(store, Job.LOOKUP, "1", TELL_AFTER)
    assert "your search" in _told(store)[0]


def test_one_success_in_between_begins_anew(store: Store) -> None:
    with store.write() as tx:
        transitions.insert(tx, NewRequest("U0ANN", "C0OPS", (transfer_to(62137902, "nyc3"),)))
    broken = [True]

    def sometimes(_key: str) -> None:
        if broken[0]:
            raise ValueError("a defect")

    jobs = Failures(store).told({Job.CHECK: sometimes})
    for _ in range(4):
        for _ in range(TELL_AFTER - 1):
            with pytest.raises(ValueError, match="a defect"):
                jobs[Job.CHECK]("1")
        broken[0] = False
        jobs[Job.CHECK]("1")
        broken[0] = True
    assert _told(store) == []


def test_what_concerns_nobody_and_a_database_that_is_away_are_told_to_nobody(store: Store) -> None:
    _run(store, Job.REFRESH, "all", TELL_AFTER)
    _run(store, Job.CHECK, "99", TELL_AFTER)

    def away(_key: str) -> None:
        raise StoreUnavailable("The database is away.")

    jobs = Failures(store).told({Job.CHECK: away})
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            jobs[Job.CHECK]("1")
    assert _told(store) == []


def test_what_fails_beside_many_others_is_told_as_well(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.failures._REMEMBERED", 3)
    with store.write() as tx:
        lookups.add(tx, Asker("U0ANN", "C0OPS"), to_json(Search(text="web")))
    jobs = Failures(store).told({Job.LOOKUP: _fails})
    for other in range(2, 5):
        for key in ("1", str(other)):
            with pytest.raises(ValueError, match="a defect"):
                jobs[Job.LOOKUP](key)
    assert len(_told(store)) == 1
