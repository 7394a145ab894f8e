"""What every engine holds to (`bot.queue`), on both."""

from __future__ import annotations

import threading
import time

import pytest
from postgres import KINDS

from bot.errors import StoreUnavailable


@pytest.fixture(params=KINDS)
def bench(request, bench_on):
    return bench_on(request.param)


def test_a_wake_comes_after_the_commit(bench, seen) -> None:
    job = seen()
    bench.start({"look": job})
    with bench.store.write() as tx:
        tx.enqueue("look", 7)
        time.sleep(0.7)
        assert job.keys == []
    assert job.wait_for(1) == ["7"]


def test_a_transaction_that_is_rolled_back_wakes_nobody(bench, seen) -> None:
    job = seen()
    bench.start({"look": job})

    def ask(key: int) -> None:
        with bench.store.write() as tx:
            tx.enqueue("look", key)
            if key == 7:
                raise LookupError

    with pytest.raises(LookupError):
        ask(7)
    ask(8)
    job.wait_for(1)
    time.sleep(0.7)
    assert job.keys == ["8"]


def test_many_keys_run_at_once_and_one_key_never_twice(bench, seen) -> None:
    job = seen(takes=0.2)
    bench.start({"look": job})
    for _ in range(4):
        for key in ("1", "2", "3"):
            bench.engine.enqueue("look", key)
        time.sleep(0.1)
    job.wait_for(6)
    time.sleep(1.2)
    assert job.most_for_one_key == 1
    assert job.most_at_once > 1


def test_wakes_do_not_pile_up(bench, seen) -> None:
    job = seen(takes=0.3)
    bench.start({"look": job})
    began = time.monotonic()
    for _ in range(50):
        bench.engine.enqueue("look", "1")
    runs_meanwhile = (time.monotonic() - began) / 0.3
    deadline = time.monotonic() + 20
    while (bench.engine.waiting() or not job.keys) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.0)
    assert 1 <= len(job.keys) <= runs_meanwhile + 3
    assert bench.engine.waiting() == 0


def test_a_wake_for_a_time_comes_at_that_time(bench, seen) -> None:
    job = seen()
    bench.start({"look": job})
    asked = time.time()
    with bench.store.write() as tx:
        tx.enqueue("look", 1, asked + 1.0)
    job.wait_for(1)
    assert 0.95 <= job.at[0] - asked < 2.5


def test_a_wake_for_now_does_not_wait_for_one_in_an_hour(bench, seen) -> None:
    job = seen()
    bench.start({"look": job})
    for at in (time.time() + 3600, None):
        with bench.store.write() as tx:
            tx.enqueue("look", 1, at)
    asked = time.time()
    job.wait_for(1)
    assert job.at[0] - asked < 15  # and not an hour


def test_the_soonest_wish_of_a_transaction_holds(bench, seen) -> None:
    job = seen()
    bench.start({"look": job})
    with bench.store.write() as tx:
        tx.enqueue("look", 1, time.time() + 3600)
        tx.enqueue("look", 1)
        tx.enqueue("look", 1, time.time() + 1800)
    job.wait_for(1)


def test_a_stage_that_wakes_itself_stays_one_chain(bench) -> None:
    runs: list[float] = []

    def poll(key: str) -> None:
        runs.append(time.time())
        with bench.store.write() as tx:
            tx.enqueue("poll", key, time.time() + 1.0)

    bench.start({"poll": poll})
    for _ in range(5):
        bench.engine.enqueue("poll", "all")
        time.sleep(0.2)
    time.sleep(3.5)
    late = [run for run in runs if run > runs[0] + 1.6]
    assert 1 <= len(late) <= 3, "each of five wakes went on by itself"


def test_what_raises_is_logged_with_a_reference_and_left_to_the_sweep(bench, caplog) -> None:
    tries: list[str] = []
    done = threading.Event()

    def job(key: str) -> None:
        tries.append(key)
        if len(tries) == 1:
            raise ValueError("a defect")
        done.set()

    bench.start({"look": job}, lambda: [] if done.is_set() else [("look", "1")])
    assert done.wait(30)
    assert "job look 1 failed, reference " in caplog.text
    assert "a defect" in caplog.text


def test_what_cannot_reach_the_database_is_run_again(bench, caplog) -> None:
    tries: list[str] = []
    done = threading.Event()

    def job(key: str) -> None:
        tries.append(key)
        if len(tries) < 3:
            raise StoreUnavailable("The database is away.")
        done.set()

    bench.start({"look": job})
    bench.engine.enqueue("look", "1")
    assert done.wait(30)


def test_the_sweep_finds_what_nobody_was_woken_for(bench, seen) -> None:
    job = seen()
    bench.start({"look": job}, lambda: [] if job.keys else [("look", "1"), ("look", "2")])
    assert sorted(job.wait_for(2)) == ["1", "2"]


def test_a_sweep_that_fails_is_tried_again(bench, seen, caplog) -> None:
    job, sweeps = seen(), []

    def sweep():
        sweeps.append(1)
        if len(sweeps) == 1:
            raise ValueError("a defect")
        return [] if job.keys else [("look", "1")]

    bench.start({"look": job}, sweep)
    job.wait_for(1)
    assert "the sweep failed, reference " in caplog.text


def test_stopping_waits_for_what_runs_and_takes_nothing_new(bench, seen) -> None:
    job = seen(takes=1.0)
    bench.start({"look": job})
    bench.engine.enqueue("look", "1")
    time.sleep(0.6)
    begun = time.monotonic()
    assert bench.engine.stop(5)
    assert job.keys == ["1"]
    assert time.monotonic() - begun < 4
    bench.engine.enqueue("look", "2")
    time.sleep(0.8)
    assert job.keys == ["1"]


def test_stopping_says_when_something_still_runs(bench) -> None:
    hanging, go_on = threading.Event(), threading.Event()

    def job(_key: str) -> None:
        hanging.set()
        go_on.wait(60)

    bench.start({"look": job})
    bench.engine.enqueue("look", "1")
    assert hanging.wait(30)
    begun = time.monotonic()
    assert not bench.engine.stop(1)
    assert time.monotonic() - begun < 3
    go_on.set()


def test_stopping_what_was_never_started(bench) -> None:
    assert bench.engine.stop(1)


def test_stopping_right_after_the_start(bench, seen) -> None:
    bench.start({"look": seen()}, lambda: [])
    assert bench.engine.stop(5)
