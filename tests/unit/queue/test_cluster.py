"""Several replicas on one PostgreSQL: the work is shared, and a dead one's is taken over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import own_server

from bot.errors import StoreUnavailable
from bot.queue.choose import choose_engine
from bot.queue.procrastinate_queue import ClusterEngine
from bot.store.database import open_database
from bot.store.schema import migrate
from bot.store.transaction import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def bench(bench_on):
    return bench_on("postgresql")


@pytest.fixture
def replica(bench) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a worker process whose jobs take their time."""
    started = []

    def start(*jobs: str, takes: float = 3600.0) -> subprocess.Popen[str]:
        script = str(Path(__file__).with_name("a_replica.py"))
        process = subprocess.Popen(
            [sys.executable, script, bench.url, str(takes), *jobs],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def _jobs(bench) -> list[tuple[str, str]]:
    with bench.database.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT lock, status::text FROM procrastinate_jobs ORDER BY id")
        )
        return [(row.lock, row.status) for row in rows]


def test_replicas_share_the_work_and_no_key_is_in_two(bench, seen) -> None:
    job = seen(takes=0.1)
    first, second = seen(takes=0.1), seen(takes=0.1)

    def both(own):
        def run(key: str) -> None:
            own(key)
            job(key)

        return run

    bench.start({"look": both(first)})
    bench.another().start({"look": both(second)})
    for n in range(60):
        bench.engine.enqueue("look", str(n % 20))
    deadline = time.monotonic() + 20
    while (bench.engine.waiting() or _jobs(bench)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert set(job.keys) == {str(n) for n in range(20)}
    assert job.most_for_one_key == 1
    assert first.keys
    assert second.keys


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_the_work_of_a_dead_replica_is_taken_over(bench, replica, seen, how) -> None:
    process = replica("look")
    bench.engine.enqueue("look", "1")
    assert process.stdout.readline() == "begun 1\n"
    process.send_signal(how)
    died = time.monotonic()
    job, given_back = seen(), []
    bench.start({"look": job}, release=lambda *run: given_back.append(run))
    job.wait_for(1, seconds=30)
    assert time.monotonic() - died < 15
    # A process that is frozen may still end what it holds: only its time limit says when not.
    assert given_back == ([("look", "1")] if how is signal.SIGKILL else [])
    deadline = time.monotonic() + 30
    while _jobs(bench) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _jobs(bench) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE classid = 4214",
        "DELETE FROM procrastinate_workers",
    ],
    ids=["loses its lock", "is forgotten"],
)
def test_a_worker_that_others_take_for_dead_begins_anew(bench, seen, statement) -> None:
    job = seen()
    bench.start({"look": job})
    bench.engine.enqueue("look", "1")
    job.wait_for(1)
    with bench.database.begin() as connection:
        assert connection.execute(sa.text(statement)).rowcount == 1
    for key in range(2, 8):
        time.sleep(1)
        bench.engine.enqueue("look", str(key))
    assert set(job.wait_for_key("7", seconds=30)) == {str(key) for key in range(1, 8)}
    deadline = time.monotonic() + 15
    while _jobs(bench) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _jobs(bench) == [], "a run was left for ever"


def test_a_frozen_replica_that_wakes_up_ends_nobody_elses_run(bench, replica) -> None:
    process = replica("look", takes=1.0)
    bench.engine.enqueue("look", "1")
    assert process.stdout.readline() == "begun 1\n"
    process.send_signal(signal.SIGSTOP)
    begun, go_on = threading.Event(), threading.Event()

    def job(_key: str) -> None:
        begun.set()
        go_on.wait(30)

    bench.start({"look": job})
    assert begun.wait(30)
    process.send_signal(signal.SIGCONT)
    time.sleep(3)
    assert _jobs(bench) == [("look:1", "doing")]
    go_on.set()


def test_a_replica_that_stops_hands_its_work_back_at_once(bench, seen) -> None:
    hanging, go_on = threading.Event(), threading.Event()

    def hang(_key: str) -> None:
        hanging.set()
        go_on.wait(30)

    bench.start({"look": hang})
    bench.engine.enqueue("look", "1")
    assert hanging.wait(30)
    job = seen()
    bench.another().start({"look": job})
    assert not bench.engine.stop(1)
    stopped = time.monotonic()
    job.wait_for(1, seconds=5)
    assert time.monotonic() - stopped < 3
    go_on.set()


def test_an_old_version_leaves_new_stages_alone(bench, seen) -> None:
    old, new = seen(), seen()
    bench.start({"look": old})
    bench.engine.enqueue("novelty", "1")
    bench.engine.enqueue("look", "1")
    old.wait_for(1)
    time.sleep(1)
    assert _jobs(bench) == [("novelty:1", "todo")]
    bench.another().start({"look": old, "novelty": new})
    assert new.wait_for(1) == ["1"]


def test_transactions_asking_for_the_same_wakes_do_not_wait_for_each_other(bench) -> None:
    met = threading.Barrier(2, timeout=30)

    def ask(*keys: str) -> None:
        with bench.store.write() as tx:
            for key in keys:
                tx.enqueue("look", key)
            tx.before_commit.append(met.wait)  # both have written their wakes, neither committed

    askers = [threading.Thread(target=ask, args=keys) for keys in (("1", "2"), ("2", "1"))]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
    assert not met.broken
    assert sorted(lock for lock, _ in _jobs(bench)) == ["look:1", "look:1", "look:2", "look:2"]


def test_a_transaction_writes_each_of_its_wakes_once(bench) -> None:
    with bench.store.write() as tx:
        for _ in range(20):
            tx.enqueue("deliver", "C0OPS")
    assert _jobs(bench) == [("deliver:C0OPS", "todo")]


def test_the_sweep_does_not_ask_for_what_is_asked_for(bench) -> None:
    bench.engine.enqueue("look", "1")
    sweeping = ClusterEngine(open_database(bench.url), time.time)
    for _ in range(3):
        sweeping._sweep_once(lambda: [("look", "1"), ("look", "2")])
    assert [lock for lock, _ in _jobs(bench)] == ["look:1", "look:2"]


def test_a_clock_that_is_wrong_makes_no_timer_late(bench, seen) -> None:
    wrong = ClusterEngine(bench.database, lambda: time.time() + 600)
    job = seen()
    bench.start({"look": job})
    asked = time.time()
    wrong.enqueue("look", "1", asked + 600 + 1)
    job.wait_for(1, seconds=5)
    assert job.at[0] - asked > 0.9


def test_the_database_goes_away_and_comes_back(seen) -> None:
    with own_server() as server:
        server.run("CREATE DATABASE bot")
        url = server.url("bot")
        database = open_database(url)
        migrate(database)
        engine = choose_engine(database, time.time)
        store = Store(database, engine.enqueue_in, time.time)
        job = seen()
        engine.start({"look": job}, lambda: [])
        engine.enqueue("look", "1")
        job.wait_for(1)
        server.stop()
        for _ in range(3):
            with pytest.raises(StoreUnavailable), store.write(wait=1.5) as tx:
                tx.enqueue("look", 2)
            time.sleep(1)
        server.start()
        with store.write(wait=1.5) as tx:
            tx.enqueue("look", 3)
        # 1 may run again, where the database went before its end was written; 2 was never taken.
        assert set(job.wait_for_key("3", seconds=20)) == {"1", "3"}
        assert engine.stop(5)
        database.dispose()
