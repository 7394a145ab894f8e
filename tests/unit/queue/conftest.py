"""Engines to test, each on a database of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from postgres import either_database

from bot.queue import Engine, JobFunctions, Release, Sweep
from bot.queue.choose import choose_engine
from bot.store.database import open_database
from bot.store.transaction import Store


class Bench:
    """One database, and any number of engines on it, each as in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = open_database(url)
        self.engine = self.new_engine()
        self.store = Store(self.database, self.engine.enqueue_in, time.time)
        self._engines = [self.engine]

    def new_engine(self) -> Engine:
        return choose_engine(open_database(self.url), time.time)

    def another(self) -> Engine:
        """An engine of another replica."""
        self._engines.append(self.new_engine())
        return self._engines[-1]

    def start(self, jobs: JobFunctions, sweep: Sweep | None = None, **more: Release) -> None:
        self.engine.start(jobs, sweep, **more)

    def close(self) -> None:
        for engine in self._engines:
            engine.stop(5)
        self.database.dispose()


@pytest.fixture
def bench_on(tmp_path: Path) -> Iterator[Callable[[str], Bench]]:
    with ExitStack() as stack:

        def begin(kind: str) -> Bench:
            bench = Bench(stack.enter_context(either_database(kind, tmp_path)))
            stack.callback(bench.close)
            return bench

        yield begin


class Seen:
    """A job that writes down the keys it was woken for."""

    def __init__(self, takes: float = 0.0) -> None:
        self.keys: list[str] = []
        self.at: list[float] = []
        self.most_at_once = 0
        self.most_for_one_key = 0
        self._now: list[str] = []
        self._takes = takes
        self._changed = threading.Condition()

    def __call__(self, key: str) -> None:
        with self._changed:
            self._now.append(key)
            self.most_at_once = max(self.most_at_once, len(self._now))
            self.most_for_one_key = max(self.most_for_one_key, self._now.count(key))
        time.sleep(self._takes)
        with self._changed:
            self._now.remove(key)
            self.keys.append(key)
            self.at.append(time.time())
            self._changed.notify_all()

    def wait_for_key(self, key: str, seconds: float = 30.0) -> list[str]:
        """Wait until it ran for a key; the keys, as they came."""
        with self._changed:
            came = self._changed.wait_for(lambda: key in self.keys, seconds)
            assert came, f"no run for {key} after {seconds} s: {self.keys}"
            return list(self.keys)

    def wait_for(self, number: int, seconds: float = 30.0) -> list[str]:
        """Wait until it ran so many times; the keys, as they came."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.keys) >= number, seconds)
            assert came, f"{len(self.keys)} of {number} runs after {seconds} s: {self.keys}"
            return list(self.keys)


@pytest.fixture
def seen() -> Callable[..., Seen]:
    return Seen
