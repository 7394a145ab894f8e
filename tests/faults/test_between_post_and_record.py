"""The database fails after Slack has taken a message and before the bot has written that down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from world import RUNS_AT_ONCE

from bot.errors import StoreUnavailable
from bot.jobs.deliver import Deliver
from bot.policy.file import PolicyFile
from bot.slack.errors import SlackRefused
from bot.slack.web_api import Posted, Slack
from bot.store import outbox, sending
from bot.store.database import open_database
from bot.store.schema import migrate
from bot.store.tables import outbox_message
from bot.store.transaction import Store, Transaction

pytestmark = pytest.mark.faults


class _Clock:
    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped


class _FailingStore(Store):
    """A real one, which is away while `away` is set."""

    away = False

    @contextmanager
    def write(self, wait: float = 30.0) -> Iterator[Transaction]:
        if self.away:
            raise StoreUnavailable("The database is away.")
        with super().write(wait) as tx:
            yield tx


class _Slack:
    """Slack at its port: it takes every message, unless it is told to refuse."""

    def __init__(self, store: _FailingStore) -> None:
        self._store = store
        self.posted = 0
        self.breaks = False
        self.refuses = False

    def post(self, channel: str, _drawn: Any, **_: Any) -> Posted:
        if self.refuses:
            raise SlackRefused("out_of_cheese")
        self.posted += 1
        self._store.away = self.breaks
        return Posted(channel, f"1.{self.posted:06}")

    def find(self, *_: Any) -> None:
        return None


@pytest.fixture
def bed(
    database: tuple[str, str], tmp_path: Path
) -> Iterator[tuple[_FailingStore, _Slack, Deliver, _Clock]]:
    opened = open_database(database[1])
    migrate(opened)
    policy = tmp_path / "policy.toml"
    policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
    clock = _Clock()
    store = _FailingStore(opened, lambda *_: None, clock)
    slack = _Slack(store)
    yield store, slack, Deliver(store, cast(Slack, slack), PolicyFile(policy)), clock
    store.close()


def _row(store: Store) -> sa.Row[Any]:
    with store.read() as connection:
        return connection.execute(sa.select(outbox_message)).one()


def test_the_message_is_not_given_up(bed: tuple[_FailingStore, _Slack, Deliver, _Clock]) -> None:
    store, slack, deliver, clock = bed
    with store.write() as tx:
        outbox.add_direct(tx, None, "U0ANN", "direct:1", {"text": "it is done"})
    slack.breaks = True
    with pytest.raises(StoreUnavailable):
        deliver("U0ANN")
    slack.breaks = store.away = False
    row = _row(store)
    assert (row.failure, row.ts, row.sent_before) == ("", "", True)
    clock.skipped += sending.HOLD_SECONDS + 1
    deliver("U0ANN")
    assert _row(store).ts == "1.000002"


def test_what_may_pass_is_tried_and_what_does_not_is_given_up(
    bed: tuple[_FailingStore, _Slack, Deliver, _Clock],
) -> None:
    store, slack, deliver, clock = bed
    with store.write() as tx:
        outbox.add_direct(tx, None, "U0ANN", "direct:1", {"text": "it is done"})
    slack.refuses = True
    for _ in range(6):
        deliver("U0ANN")
        assert _row(store).failure == ""
        clock.skipped += 61
    deliver("U0ANN")
    assert _row(store).failure == "out_of_cheese"
