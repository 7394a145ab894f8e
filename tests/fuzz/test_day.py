"""Days of use with things going wrong: nothing grows but the audit log.

`IMAGE_BOT_TESTS=full` makes a day a thousand requests.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fuzz.driver import FULL, Driven, driven, memory, open_files, threads
from fuzz.stubs import Stub, stub
from world import SkippingClock

from bot.domain.states import FINISHED
from bot.jobs.cleanup import Cleanup
from bot.store import audit, requests, rows
from bot.store.due import due
from bot.views import formats

REQUESTS = 1000 if FULL else 60
DAY = 86_400.0
MEGABYTE = 1_000_000
POOLED = 16
"""Connections to SQLite that are kept (`bot.store.database`)."""
AT_ONCE = 10
"""Connections to the services: one for each of the threads that run jobs, and for acks."""
REGIONS = ("nyc3", "ams3", "sfo3", "fra1")


def _one_day(it: Driven, day: int) -> None:
    """People type and approve all day; at its end everything is over."""
    before = it.clock()
    for n in range(REQUESTS):
        image = 1_000_000 + (day * REQUESTS + n) // len(REGIONS)
        answer = it.command(f"transfer {image} {REGIONS[n % len(REGIONS)]} because of day {day}")
        assert "Request" in answer, answer
        it.command("status", "U0CAT")
        _decide(it)
        _work_off(it, 0.9 * DAY / REQUESTS)
    end = time.monotonic() + (600 if FULL else 120)
    while _open(it):
        assert time.monotonic() < end, [(r.id, r.state) for r in _open(it)]
        _decide(it)
        _work_off(it, 60)
    it.clock.skip(max(0.0, before + DAY - it.clock()))


def _work_off(it: Driven, seconds: float) -> None:
    """Let time pass in small steps; the engine's timers sleep by the real clock: wake them.

    A day is over in minutes here, so time waits for the messages that are due: a slow machine
    makes the test slow, and no backlog that no real day would have.
    """
    for _ in range(12):
        it.clock.skip(seconds / 12)
        it.bot._engine.enqueue("poll", "all")
        end = time.monotonic() + 0.25
        while _must_deliver(it) and time.monotonic() < end:
            it.bot._engine.enqueue("deliver", "C0OPS")
            time.sleep(0.005)


def _must_deliver(it: Driven) -> bool:
    with it.bot.store.read() as connection:
        return ("deliver", "C0OPS") in due(connection, it.clock())


def _decide(it: Driven) -> None:
    for request in _open(it):
        if request.state == "pending":
            it.click("approve", formats.button_value(request))
        elif request.state == "needs-attention":
            for person in ("U0ANN", "U0BOB"):  # one of them may
                it.click("give_up", formats.button_value(request), person)


def _open(it: Driven) -> list[rows.OpsRequest]:
    with it.bot.store.read() as connection:
        found = requests.newest(connection, open_only=True, limit=50)
    return [request for request in found if request.state not in FINISHED]


def _rows(it: Driven) -> dict[str, int]:
    with sqlite3.connect(it.folder / "image-bot.db") as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        tables = [
            n
            for n in names
            if n in ("ops_request", "ops_step", "vote", "outbox_message", "processed_delivery")
        ]
        tables += [n for n in ("channel_queue", "look_up") if n in names]
        return {t: database.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0] for t in tables}  # noqa: S608 - names of ours


def _size(it: Driven) -> int:
    with sqlite3.connect(it.folder / "image-bot.db") as database:
        (pages,), (free,), (size,) = (
            database.execute(f"PRAGMA {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


class _Held(NamedTuple):
    """What a process holds open.

    Its pools grow with how much is done at once, so they are the larger the busier the machine is;
    they have bounds of their own. All else is `files` and `threads`, and those never grow.
    """

    files: int
    threads: int
    databases: int
    databases_in_use: int
    connections: int


def _held(it: Driven, outside: Stub) -> _Held:
    pool: Any = it.bot.store._engine.pool
    pooled = pool.checkedin() + pool.checkedout()
    return _Held(
        files=open_files() - 2 * pooled - 2 * outside.connections,  # with its log; both ends
        threads=threads() - outside.connections,
        databases=pooled,
        databases_in_use=pool.checkedout(),
        connections=outside.connections,
    )


@pytest.mark.timeout(3600)
def test_days_of_use_leave_everything_bounded(tmp_path: Path) -> None:
    clock = SkippingClock()
    with (
        stub(clock, trouble=0.03) as outside,
        driven(tmp_path, outside.url, started=True, clock=clock) as it,
    ):
        tidy = Cleanup(it.bot.store, retention_days=1.5)
        seen = []
        for day in range(3):
            _one_day(it, day)
            tidy("all")
            time.sleep(0.5)
            seen.append((_rows(it), memory(), _held(it, outside), _size(it)))
            print(day, seen[-1])  # noqa: T201 - the table that docs/operate.md speaks of
        with it.bot.store.read() as connection:
            log = list(audit.entries(connection))
        wal = (it.folder / "image-bot.db-wal").stat().st_size
    assert audit.verify(iter(log)) == []
    posted = sum(entry.event == "accepted" for entry in log)
    adopted = sum(entry.event == "adopted" for entry in log)
    assert outside.posts == posted + adopted  # each was asked for once, and none was lost
    (rows, used, held, size), *_, last = seen[1], seen[2]
    assert last[0]["ops_request"] <= 2 * REQUESTS
    for table, count in last[0].items():
        assert count <= rows[table] * 1.1 + 50, (table, rows, last[0])
    assert last[1] - used < 15 * MEGABYTE
    assert last[2].files - held.files <= 5, (held, last[2])
    assert last[2].threads - held.threads <= 5, (held, last[2])
    assert last[2].databases <= POOLED, last[2]
    assert last[2].databases_in_use <= 3, last[2]
    assert last[2].connections <= AT_ONCE, last[2]
    assert wal < 20 * MEGABYTE
    grown = (last[3] - size) / REQUESTS
    assert grown < 6_000, f"{grown:.0f} bytes a request: more than its audit rows"
