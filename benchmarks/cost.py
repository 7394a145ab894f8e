"""Calls an hour and notice delay against image actions in flight, from 1 to 100,000.

On a simulated clock (`benchmarks.hour`): the figures do not depend on the machine. Each hour is
a process of its own, two at a time.

What others would need stands beside it: a poll for each action by itself every 5 s, as the
official command line does, for as long as that action is in flight within the hour. So one
minute of one action is 12 calls, an action in flight all hour 720, and actions that end evenly over
the hour about 360 each.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import Row
from benchmarks.hour import (
    BATCH,
    HOUR,
    MEAN_SECONDS,
    MEDIAN_SECONDS,
    OTHERS_EVERY,
    SPREAD,
    STREAM,
    Cost,
)
from benchmarks.processes import run
from bot.jobs.polling.listing import PER_PAGE

HOURLY, SHARE = 5000, 0.8
_MANY = 100_000
_POINTS = {
    BATCH: (1, 10, 100, 1000, 3000, 10_000, 30_000, _MANY),
    STREAM: (1, 10, 100, 1000, 3000, 10_000),  # more would need more POSTs than a token has
}
_LISTED = (1, 100, 1000, 10_000, _MANY)
_TARGETS = {1000: (HOURLY // 4, 20.0), 10_000: (int(HOURLY * SHARE), 60.0)}
"""The most calls an hour, and p95 of the notice delay in seconds."""
_HOW = {BATCH: "begun together", STREAM: "a steady stream"}


def measure(quick: bool) -> Iterator[Row]:
    """One row for each point of the picture."""
    most = 1000 if quick else _MANY
    points = [(n, mix) for mix, numbers in _POINTS.items() for n in numbers if n <= most]
    points.sort(reverse=True)  # the longest first
    with ThreadPoolExecutor(2) as two:
        costs = list(two.map(lambda point: _hour(*point), points))
    yield from map(_row, sorted(costs, key=lambda each: (each.mix, each.in_flight)))


def _hour(in_flight: int, mix: str) -> Cost:
    answer = run(["-m", "benchmarks.hour", str(in_flight), mix], seconds=1800)
    return Cost(**json.loads(answer))


def _row(cost: Cost) -> Row:
    target = _TARGETS.get(cost.in_flight)
    least = f", least {least_calls(cost.in_flight, target[1]):,.0f}" if target else ""
    return Row(
        what=f"calls an hour (simulated): {cost.in_flight:,} in flight, {_HOW[cost.mix]}",
        measured=f"{cost.calls:,} calls, busiest minute {cost.busiest_minute}; notice median"
        f" {cost.median_s:.1f} s, p95 {cost.p95_s:.1f} s, p99 {cost.p99_s:.1f} s",
        floor=f"a poll each: {cost.polls:,}" + (least if cost.mix == STREAM else ""),
        ratio=f"{cost.calls / cost.polls:.4f}",
        target=f"≤ {target[0]:,} calls, p95 ≤ {target[1]:g} s" if target else "",
        met=cost.calls <= target[0] and cost.p95_s <= target[1] if target else None,
        listed=cost.in_flight in _LISTED,
        numbers={
            "in_flight": cost.in_flight,
            "steady": float(cost.mix == STREAM),
            "calls_an_hour": cost.calls,
            "polls_an_hour": cost.polls,
            "busiest_minute": cost.busiest_minute,
            "notice_median_s": cost.median_s,
            "notice_p95_s": cost.p95_s,
            "notice_p99_s": cost.p99_s,
            "refused": cost.refused,
            "ended": cost.ended,
        },
    )


def least_calls(in_flight: int, seconds: float, spread: float = SPREAD) -> float:
    """The fewest calls an hour that notice 95% of a stream's ends within `seconds`.

    Those who know how likely an end is at each age read only the pages that show the most
    ends, each once in `seconds`, until those hold 95% of all ends; the others never. No plan
    that reads pages does with less.
    """
    mean = MEDIAN_SECONDS * math.exp(spread**2 / 2) if spread != SPREAD else MEAN_SECONDS
    page = PER_PAGE / (in_flight / mean + 1 / OTHERS_EVERY)  # seconds of age that one shows
    edges = [_ended_by(page * n, spread) for n in range(int(6 * mean / page) + 2)]
    ends = sorted((b - a for a, b in itertools.pairwise(edges)), reverse=True)
    calls, wanted = 0.0, 0.95
    for share in ends:
        part = min(1.0, wanted / share) if share > 0 else 0.0
        calls, wanted = calls + part * HOUR / seconds, wanted - part * share
        if wanted <= 1e-9:
            break
    return calls


def _ended_by(age: float, spread: float) -> float:
    if age <= 0:
        return 0.0
    return math.erfc(-math.log(age / MEDIAN_SECONDS) / spread / math.sqrt(2)) / 2
