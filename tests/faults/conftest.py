"""Counts what every fault cost, and prints the table at the end.

IMAGE_BOT_FAULTS=long tries more; IMAGE_BOT_FAULTS_TABLE=docs/faults.md writes the table there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from faults.tally import Row, as_markdown, as_property, merged, repeated_messages, second_posts
from world import RUNS_AT_ONCE, World, world

BEGIN, END = "<!-- the table, by make faults -->", "<!-- the end of the table -->"


@pytest.fixture
def cost(
    request: pytest.FixtureRequest, record_property: Callable[[str, Any], None]
) -> Callable[..., Row]:
    """Writes one row of the table: `cost("fault", sandbox, lost=0)`.

    Where the test runs on both databases, it names the one it ran on.
    """
    both = "database" in request.fixturenames
    where = f" ({request.getfixturevalue('database')[0]})" if both else ""

    def write(fault: str, sandbox: Any, *, lost: int, times: int = 1) -> Row:
        row = Row(fault + where, times, lost, second_posts(sandbox), repeated_messages(sandbox))
        record_property("fault", as_property(row))
        assert (row.lost, row.second_posts) == (0, 0), row
        return row

    return write


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The name of a kind of database, and the `DATABASE_URL` of an empty one."""
    with ExitStack() as stack:
        if request.param == "SQLite":
            yield request.param, f"sqlite:///{tmp_path / 'image-bot.db'}"
            return
        postgres = pytest.importorskip("postgres")
        yield request.param, stack.enter_context(postgres.fresh_database())


@pytest.fixture
def start(database: tuple[str, str], tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Starts a world on each database, in a workspace that takes edits as fast as they come."""
    with ExitStack() as stack:

        def begin(policy: str = RUNS_AT_ONCE, **settings: Any) -> World:
            settings["DATABASE_URL"] = database[1]
            at_work = stack.enter_context(world(tmp_path, policy, **settings))
            at_work.slack.rates.limits.tier_factor = 100.0
            return at_work

        yield begin


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[Any]:
    """A test that failed before it could count stands in the table as a request lost."""
    report = yield
    counted = any(name == "fault" for name, _ in item.user_properties)
    if report.when == "call" and report.failed and not counted:
        row = Row(f"FAILED {item.name}", 1, 1, 0, 0)
        report.user_properties.append(("fault", as_property(row)))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, ())]
    found = [each for report in reports for each in getattr(report, "user_properties", ())]
    rows = merged(value for name, value in found if name == "fault")
    if not rows:
        return
    table = as_markdown(rows)
    take_overs = sorted(value for name, value in found if name == "take-over")
    if take_overs:
        table += "\n\nFrom a death to its work being taken up by another:\n\n"
        table += "\n".join(f"- {line}." for line in take_overs)
    terminalreporter.section("what the faults cost")
    terminalreporter.write_line(table)
    path = os.environ.get("IMAGE_BOT_FAULTS_TABLE")
    if path:
        _write(Path(path), table)


def _write(path: Path, table: str) -> None:
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
