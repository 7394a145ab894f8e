"""10,000 requests waiting for approval: the memory they add, idle CPU, and a restart."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks import seeds
from benchmarks.bots import bot, folder, settings_of, stand_ins
from benchmarks.figures import Row

_MEGABYTES, _CPU, _RESTART = 30.0, 0.01, 2.0
_SETTLE_SECONDS = 5.0


def measure(quick: bool) -> Iterator[Row]:
    """Two bots side by side: one with nothing to do, one with all those requests."""
    count = 1000 if quick else 10_000
    with folder() as at, stand_ins(count) as sandbox:
        (at / "empty").mkdir()
        (at / "full").mkdir()
        empty = settings_of(sandbox, at / "empty")
        full = settings_of(sandbox, at / "full")
        seeds.waiting(sandbox, full, count, 0)
        with bot(empty):
            pass  # makes its tables
        with bot(empty) as idle, bot(full) as loaded:
            time.sleep(_SETTLE_SECONDS)
            began = time.monotonic()
            used = [each.process.cpu_seconds() for each in (idle, loaded)]
            time.sleep(5.0 if quick else 10.0)
            passed = time.monotonic() - began
            now = [each.process.cpu_seconds() for each in (idle, loaded)]
            cpu = [(after - before) / passed for before, after in zip(used, now, strict=True)]
            memory = [each.process.megabytes() for each in (idle, loaded)]
        restarts = [_restarts(settings, 1 if quick else 5) for settings in (empty, full)]
        yield _memory(count, memory[0], memory[1])
        yield _idle(count, cpu[0], cpu[1])
        yield _restart(count, restarts[0], restarts[1])


def _restarts(settings: dict[str, str], times: int) -> list[float]:
    """Seconds from the start of the process until it is ready, ascending."""
    found = []
    for _ in range(times):
        with bot(settings) as running:
            found.append(running.ready_after)
    return sorted(found)


def _memory(count: int, empty: float, full: float) -> Row:
    return Row(
        what=f"{count:,} requests waiting: added memory",
        measured=f"{full - empty:+.1f} MB",
        floor=f"empty bot {empty:.0f} MB",
        ratio=f"{full / empty:.2f}",
        target=f"≤ {_MEGABYTES:g} MB",
        met=full - empty <= _MEGABYTES,
        numbers={"added_megabytes": full - empty, "floor_megabytes": empty},
    )


def _idle(count: int, empty: float, full: float) -> Row:
    return Row(
        what=f"{count:,} requests waiting: idle CPU",
        measured=f"{full:.2%} of a core",
        floor=f"empty bot {empty:.2%}",
        ratio=f"{full / empty:.2f}" if empty else "",
        target=f"≤ {_CPU:.0%}",
        met=full <= _CPU,
        numbers={"cpu_share": full, "floor_cpu_share": empty},
    )


def _restart(count: int, idle: list[float], loaded: list[float]) -> Row:
    empty, full = statistics.median(idle), statistics.median(loaded)
    return Row(
        what=f"{count:,} requests waiting: restart until ready",
        measured=f"median {full:.2f} s, slowest of {len(loaded)} {loaded[-1]:.2f} s",
        floor=f"empty bot {empty:.2f} s",
        ratio=f"{full / empty:.2f}",
        target=f"≤ {_RESTART:g} s",
        met=full <= _RESTART,
        numbers={"median_s": full, "slowest_s": loaded[-1], "floor_median_s": empty},
    )
