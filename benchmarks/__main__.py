"""`python -m benchmarks [--quick] [--only TEXT]…`: all of them, and what they found.

A whole run writes `docs/performance.md` (the part between its markers), `docs/performance.csv`
and `docs/pictures/cost.png`. A quick run, or one of some benchmarks, only prints. What fails is
told in its row, and the others go on; then the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    ack,
    clicks,
    clients,
    cold_start,
    cost,
    life,
    notice,
    peer,
    picture,
    report,
    storm,
    waiting,
)
from benchmarks.figures import Row

DOCS = Path(__file__).parents[1] / "docs"
BENCHMARKS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "command → ack, HTTP": ack.over_http,
    "command → ack, Socket Mode": ack.over_a_socket,
    "beside a careful Bolt": peer.measure,
    "Approve click → POST, SQLite": clicks.on_sqlite,
    "Approve click → POST, PostgreSQL": clicks.on_postgresql,
    "action ends → thread reply": notice.measure,
    "requests waiting": waiting.measure,
    "storm": storm.measure,
    "cold start, memory": cold_start.measure,
    "DigitalOcean client": clients.measure,
    "calls an hour": cost.measure,
}


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=["life"], help="life: what one request costs, part by part"
    )
    parser.add_argument("--write", action="store_true", help="life: into docs/performance.md too")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller: about a minute")
    parser.add_argument("--only", action="append", metavar="TEXT", help="those with it in the name")
    chosen = parser.parse_args()
    if chosen.what == "life":
        life.profile(DOCS / "performance.md" if chosen.write else None)
        return 0
    machine, began = report.machine(), time.monotonic()
    names = [n for n in BENCHMARKS if not chosen.only or any(text in n for text in chosen.only)]
    rows, failed = [], 0
    for name in names:
        found = _measured(name, chosen.quick)
        failed += found is None
        rows += found or [Row(name, "failed: it is told above")]
    minutes = (time.monotonic() - began) / 60
    run = f"{machine} The run took {minutes:.1f} minutes.\n\n{report.table(rows)}"
    _say(f"\n{run}")
    if not chosen.quick and not chosen.only:
        _write(rows, run)
    return 1 if failed else 0


def _measured(name: str, quick: bool) -> list[Row] | None:
    """The rows of one benchmark; None: it failed, and that was told."""
    began = time.monotonic()
    try:
        rows = list(BENCHMARKS[name](quick))
    except Exception:  # noqa: BLE001 - one that fails must not take the others with it
        _say(f"{name}: FAILED\n{traceback.format_exc()}")
        return None
    _say(f"{name}: {time.monotonic() - began:.0f} s")
    for row in rows:
        met = {True: "met", False: "NOT met", None: ""}[row.met]
        _say(f"   {row.what}: {row.measured} | {row.floor} | {row.ratio} | {row.target} {met}")
    return rows


def _write(rows: list[Row], run: str) -> None:
    picture.draw(rows, DOCS / "pictures" / "cost.png")
    report.write_numbers(rows, DOCS / "performance.csv")
    report.put_into(DOCS / "performance.md", f"{run}\n\n{report.drawn(rows)}")
    _say("\nwritten: docs/performance.md, docs/performance.csv, docs/pictures/cost.png")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(_main())
