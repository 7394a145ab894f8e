"""From nothing to the first ack, and the memory of an idle bot; the floor is a bare Bolt app."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import signed
from benchmarks.bots import FIRST_IMAGE, Running, bot, floor, folder, settings_of, stand_ins
from benchmarks.figures import Row, Sample, by_turns, ratio_of_medians
from benchmarks.load import ask_until_acked
from benchmarks.processes import Process, free_port

_START, _MEMORY = 3.0, 2.5
_SETTLE_SECONDS = 3.0


def measure(quick: bool) -> Iterator[Row]:
    """A database that is there already: the very first start also makes its tables."""
    with stand_ins(1000) as sandbox, folder() as at:
        settings = settings_of(sandbox, at)
        secret = settings["SLACK_SIGNING_SECRET"]
        numbers = itertools.count(FIRST_IMAGE)

        def start(arguments: Callable[[int], list[str]], own: dict[str, str]) -> list[float]:
            port = free_port()
            request = signed.command(f"transfer {next(numbers)} nyc3", secret=secret)
            with Process(arguments(port), {**settings, **own, "PORT": str(port)}) as process:
                ask_until_acked(port, request, process)
                return [time.perf_counter() - process.started]

        bare, ours = by_turns(
            lambda: start(
                lambda port: ["-m", "benchmarks.floor", "http", str(port)],
                {"FLOOR_DATABASE": str(at / "floor.db")},
            ),
            lambda: start(lambda _port: ["-m", "bot", "run"], {}),
            3 if quick else 7,
        )
        yield _start_row(bare, ours)
        yield _memory_row(settings, at, secret)


def _start_row(bare: Sample, ours: Sample) -> Row:
    ratio = ratio_of_medians(bare, ours)
    return Row(
        what="cold start to first ack",
        measured=f"median {ours.median:.2f} s, slowest of {len(ours.values)} {ours.p99:.2f} s",
        floor=f"median {bare.median:.2f} s, slowest {bare.p99:.2f} s",
        ratio=f"{ratio:.2f}",
        target=f"≤ {_START:g} ×",
        met=ratio <= _START,
        numbers={
            "median_s": ours.median,
            "slowest_s": ours.p99,
            "floor_median_s": bare.median,
            "ratio": ratio,
        },
    )


def _memory_row(settings: dict[str, str], at: Path, secret: str) -> Row:
    bare = _idle_megabytes(floor(settings, at), secret)
    ours = _idle_megabytes(bot(settings), secret)
    ratio = ours / bare
    return Row(
        what="memory when idle, after ten commands",
        measured=f"{ours:.0f} MB",
        floor=f"{bare:.0f} MB",
        ratio=f"{ratio:.2f}",
        target=f"≤ {_MEMORY:g} ×",
        met=ratio <= _MEMORY,
        numbers={"megabytes": ours, "floor_megabytes": bare, "ratio": ratio},
    )


def _idle_megabytes(server: AbstractContextManager[Running], secret: str) -> float:
    with server as running:
        for number in range(10):
            text = f"transfer {FIRST_IMAGE + 900 + number} nyc3"
            request = signed.command(text, secret=secret)
            ask_until_acked(running.port, request, running.process)
        time.sleep(_SETTLE_SECONDS)
        return statistics.median(running.process.megabytes() for _ in range(5))
