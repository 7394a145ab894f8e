"""Approve click to the POST arriving at DigitalOcean, 20 clicks a second, 10,000 waiting."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from benchmarks import postgres, seeds
from benchmarks.bots import (
    FIRST_IMAGE,
    Running,
    bot,
    folder,
    settings_of,
    stand_ins,
    web_and_worker,
)
from benchmarks.figures import Row, milliseconds, quantile
from bot.digitalocean import Client
from rehearsal import Sandbox
from rehearsal.slack.messages import Message

_EVERY = 0.05
_PATIENCE = 60.0


def on_sqlite(quick: bool) -> Iterator[Row]:
    """The engine in process."""
    with folder() as at, stand_ins(_waiting(quick)) as sandbox:
        settings = settings_of(sandbox, at)
        yield _measured("SQLite", bot, sandbox, settings, quick, median=0.025, p95=0.1)


def on_postgresql(quick: bool) -> Iterator[Row]:
    """Procrastinate's engine in a web and a worker process, where a PostgreSQL is at hand."""
    name = "Approve click → POST arrives, PostgreSQL"
    missing = postgres.missing()
    if missing:
        yield Row(name, f"not measured: {missing}")
        return
    with (
        folder() as at,
        stand_ins(_waiting(quick)) as sandbox,
        postgres.database() as url,
    ):
        settings = {**settings_of(sandbox, at), "DATABASE_URL": url}
        yield _measured(
            "PostgreSQL", web_and_worker, sandbox, settings, quick, median=0.04, p95=0.2
        )


def _waiting(quick: bool) -> int:
    return 1000 if quick else 10_000


def _measured(
    name: str,
    start: Callable[[dict[str, str]], AbstractContextManager[Running]],
    sandbox: Sandbox,
    settings: dict[str, str],
    quick: bool,
    *,
    median: float,
    p95: float,
) -> Row:
    count = 60 if quick else 300
    messages = seeds.waiting(sandbox, settings, _waiting(quick), count)
    floor = _loopback_posts(sandbox, 50)
    with start(settings) as running:
        sandbox.slack.connect_http(f"http://127.0.0.1:{running.port}/slack/events")
        time.sleep(2.0)
        found = _click(sandbox, messages)
    missing, bare = len(messages) - len(found), quantile(floor, 0.5)
    middle, high, highest = (quantile(found, share) for share in (0.5, 0.95, 0.99))
    return Row(
        what=f"Approve click → POST, {_waiting(quick):,} waiting, 20 clicks a second, {name}",
        measured=f"median {milliseconds(middle)}, p95 {milliseconds(high)},"
        f" p99 {milliseconds(highest)}, {missing} missing",
        floor=f"one loopback request {milliseconds(bare)}",
        ratio=f"{middle / bare:.1f}",
        target=f"median ≤ {median * 1000:.0f} ms, p95 ≤ {p95 * 1000:.0f} ms",
        met=middle <= median and high <= p95 and not missing,
        numbers={
            "median_ms": middle * 1000,
            "p95_ms": high * 1000,
            "p99_ms": highest * 1000,
            "missing": missing,
            "floor_median_ms": bare * 1000,
        },
    )


def _click(sandbox: Sandbox, messages: seeds.Clickable) -> list[float]:
    """Click them one after the other; seconds from each click until its POST was there."""
    clicked: dict[int, float] = {}

    def click(image: int, message: Message) -> None:
        clicked[image] = time.time()
        sandbox.slack.click("U0BOB", message, "approve")

    began, threads = time.perf_counter(), []
    for index, (image, message) in enumerate(messages.items()):
        time.sleep(max(0.0, began + index * _EVERY - time.perf_counter()))
        threads.append(threading.Thread(target=click, args=(image, message)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    arrived = _arrivals(sandbox, set(messages))
    return sorted(arrived[image] - clicked[image] for image in arrived)


def _arrivals(sandbox: Sandbox, images: set[int]) -> dict[int, float]:
    """When the POST for each image came, once all have or patience ends; epoch seconds."""
    end = time.monotonic() + _PATIENCE
    while True:
        found = {post.image_id: post.at for post in sandbox.digitalocean.posts}
        there = {image: at for image, at in found.items() if image in images}
        if len(there) == len(images) or time.monotonic() > end:
            return there
        time.sleep(0.1)


def _loopback_posts(sandbox: Sandbox, count: int) -> list[float]:
    """Seconds from calling the client's POST until the stand-in had it, ascending."""
    settings, found = sandbox.settings(), []
    images = itertools.count(FIRST_IMAGE - 1, -1)
    with Client(
        settings["DIGITALOCEAN_TOKEN"], endpoint=settings["DIGITALOCEAN_API_URL"]
    ) as client:
        for image in itertools.islice(images, count):
            sandbox.digitalocean.add_image(image)
            began = time.time()
            client.image_actions.post(image_id=image, body={"type": "transfer", "region": "fra1"})
            found.append(sandbox.digitalocean.posts[-1].at - began)
    return sorted(found)
