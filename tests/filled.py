"""A database with something in it, and what is in it: for copies of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from postgres import fresh_database

from bot.domain.events import Event
from bot.domain.states import State
from bot.operations.available import transfer_to
from bot.store import events, requests, schema, transitions
from bot.store.database import open_database
from bot.store.rows import NewRequest
from bot.store.tables import metadata, vote
from bot.store.transaction import Store


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A new database's URL; SQLite's is not migrated yet."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'the.db'}"
    else:
        with fresh_database() as url:
            yield url


def fill(url: str, number: int = 5) -> Store:
    """Requests with their audit rows; the last one is approved and waits to be sent."""
    engine = open_database(url)
    schema.migrate(engine)
    store = Store(engine, lambda *_: None, lambda: 1_800_000_000.25)
    for image in range(1, number + 1):
        ask(store, image)
    with store.write() as tx:
        last = requests.newest(tx.connection, limit=1)[0]
        transitions.move(tx, last, State.APPROVED)
        events.record(tx, last.id, Event.RUNS_AT_ONCE, facts={"policy": "‘ünïcode’ \u2028"})
        tx.execute(sa.insert(vote).values(ops_request=1, person="U0BOB", choice="approve", at=1.5))
        events.record(tx, 1, Event.VOTED, "U0BOB", {"missing": 1})
    return store


def ask(store: Store, image: int) -> None:
    with store.write() as tx:
        new = NewRequest("U0ANN", "C0OPS", (transfer_to(image, "nyc3"),), reason="wĥy\n")
        facts = {"steps": [step.as_json() for step in new.steps], "reason": new.reason}
        events.record(tx, transitions.insert(tx, new), Event.REQUESTED, "U0ANN", facts)


CHANGED_BY_A_RESTORE = ("look_first", "intent_at")


def contents(url: str, without: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Every row of every table, less the columns named."""
    engine = open_database(url)
    with engine.connect() as connection:
        found = {}
        for table in metadata.sorted_tables:
            columns = [c for c in table.c if c.name not in without]
            rows = connection.execute(sa.select(*columns).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in rows]
    engine.dispose()
    return found
