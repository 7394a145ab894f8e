"""The picture of cost as work grows: calls an hour and notice delay against actions in flight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cost import HOURLY, SHARE
from benchmarks.figures import Row

_MIXES = ((0.0, "begun together", "#0061eb", "o-"), (1.0, "a steady stream", "#c2410c", "s-"))


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the PNG; rows without a number in flight are not drawn."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    points = [row.numbers for row in rows if "in_flight" in row.numbers]
    figure, (calls, delay) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 8))
    for steady, name, colour, line in _MIXES:
        mine = sorted((p for p in points if p["steady"] == steady), key=lambda p: p["in_flight"])
        at = [p["in_flight"] for p in mine]
        calls.plot(at, [p["calls_an_hour"] for p in mine], line, color=colour, label=name)
        polls, label = [p["polls_an_hour"] for p in mine], f"{name}, a poll each every 5 s"
        calls.plot(at, polls, ":", color=colour, linewidth=1, label=label)
        p95, median = ([p[f"notice_{key}_s"] for p in mine] for key in ("p95", "median"))
        delay.plot(at, p95, line, color=colour, label=f"{name}, p95")
        delay.plot(at, median, ":", color=colour, label=f"{name}, median")
    _budget(calls)
    calls.set_ylabel("calls an hour")
    delay.set_ylabel("seconds from an end until it is noticed")
    delay.set_xlabel("image actions in flight (simulated hour)")
    for axes in (calls, delay):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=8)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _budget(axes: Any) -> None:
    axes.axhline(HOURLY, color="black", linewidth=1, label=f"the token's {HOURLY:,}")
    share = int(HOURLY * SHARE)
    axes.axhline(share, color="black", linewidth=1, linestyle="--", label=f"{SHARE:.0%}: {share:,}")
    axes.set_ylim(10, 20_000)
