"""While an ack's listener is at work, what runs behind waits, and the trace covers the listener."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from collector import collecting
from postgres import fresh_database
from world import RUNS_AT_ONCE, SNAPSHOT, World, world

from bot.queue import acks
from bot.store.database import open_database

_HELD = 0.8
"""Seconds; a handler gives up after 1.5."""


@pytest.mark.parametrize("transport", ["http", "socket"])
def test_work_behind_waits_for_an_ack(
    transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acks, "_LONGEST_SECONDS", 20.0)  # a busy machine must not end the wait
    with collecting() as collector, fresh_database() as url:
        settings = {"DATABASE_URL": url, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with world(tmp_path, RUNS_AT_ONCE, socket=transport == "socket", **settings) as it:
            it.until(lambda: _looks(it), "the first look at the regions")
            before = len(_looks(it))
            with requests_locked(url):
                typing = threading.Thread(target=it.types, args=(f"transfer {SNAPSHOT} nyc3",))
                typing.start()
                it.until(lambda: _waits_for_a_lock(url), "the listener to wait for the lock")
                assert it.bot
                it.bot._engine.enqueue("refresh", "all")
                time.sleep(_HELD)
                assert len(_looks(it)) == before, "it began while an ack was under way"
            typing.join()
            it.until(lambda: len(_looks(it)) > before, "the look at the regions after the ack")
        span = next(span for span in collector.spans if span.name == "command transfer")
        assert span.end_time_unix_nano - span.start_time_unix_nano >= _HELD * 1e9


def _looks(it: World) -> list[float]:
    return [call.at for call in it.digitalocean.calls if call.path.startswith("/v2/regions")]


@contextmanager
def requests_locked(url: str) -> Iterator[None]:
    """Nobody can write a request until the end; all else can be read and written."""
    database = open_database(url)
    try:
        with database.begin() as holder:
            holder.execute(sa.text("LOCK TABLE ops_request IN SHARE MODE"))
            yield
    finally:
        database.dispose()


def _waits_for_a_lock(url: str) -> bool:
    database = open_database(url)
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ops_request'::regclass"
    )
    try:
        with database.connect() as connection:
            return bool(connection.scalar(sa.text(waiting)))
    finally:
        database.dispose()
