"""docs/performance.md holds a whole run of `make bench`, with every row, as the run wrote it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "performance.md").read_text(encoding="utf-8")
RUN = PAGE.partition("<!-- the run, by make bench -->")[2].partition("<!-- end of the run -->")[0]
ROWS = (
    "command → ack, HTTP, 1 at a time",
    "command → ack, HTTP, 8 at a time",
    "command → ack, Socket Mode, 1 at a time",
    "Approve click → POST, 10,000 waiting, 20 clicks a second, SQLite",
    "Approve click → POST, 10,000 waiting, 20 clicks a second, PostgreSQL",
    "action ends → thread reply arrives, 1 in flight",
    *(
        f"calls an hour (simulated): {number} in flight, {mix}"
        for number in ("1", "100", "1,000", "10,000")
        for mix in ("begun together", "a steady stream")
    ),
    "calls an hour (simulated): 100,000 in flight, begun together",
    "10,000 requests waiting: added memory",
    "10,000 requests waiting: idle CPU",
    "10,000 requests waiting: restart until ready",
    "storm: 1,000 commands in 10 s",
    "cold start to first ack",
    "memory when idle",
    "DigitalOcean client: import",
    "DigitalOcean client: memory",
    "DigitalOcean client: reads of one action a second",
)


@pytest.mark.parametrize("row", ROWS)
def test_the_run_has_the_row(row: str) -> None:
    found = [line for line in RUN.splitlines() if line.startswith(f"| {row}")]
    assert len(found) == 1
    assert "failed" not in found[0]
    assert "not measured" not in found[0]


def test_it_says_the_machine_and_the_versions() -> None:
    for word in ("cores", "load before the run", "Python", "SQLite", "slack-bolt", "pydo"):
        assert word in RUN


def test_the_numbers_and_the_picture_are_there() -> None:
    with (DOCS / "performance.csv").open(encoding="utf-8", newline="") as file:
        told = {line["what"] for line in csv.DictReader(file)}
    assert [row for row in ROWS if not any(what.startswith(row) for what in told)] == []
    assert (DOCS / "pictures" / "cost.png").read_bytes()[:4] == b"\x89PNG"
    assert "pictures/cost.png" in PAGE
