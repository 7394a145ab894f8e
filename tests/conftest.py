"""What holds in every test: no token is left anywhere (leaks.py), and Slack would take it all."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from compiled import share_compiled
from hypothesis import settings as hypothesis_settings
from leaks import Leak, Searcher, search, search_files, search_sandbox

from rehearsal import Sandbox
from rehearsal.slack.violations import ViolationLog

_searcher = Searcher()

_SLOW = (
    *("browser", "fuzz"),
    # They take longest and break seldom; CI runs them all.
    *(f"scenarios/test_{name}.py" for name in ("acks_durable", "audit_report", "outsiders")),
    *(f"scenarios/test_{name}.py" for name in ("policy_changes", "reconcile", "restore_droplet")),
    *(f"scenarios/test_{name}.py" for name in ("hostile_schedules", "schedules")),
    "scenarios/test_snapshot_volume.py",
    *(f"unit/{name}.py" for name in ("polling/test_any_mix", "queue/test_cluster", "test_roles")),
    "unit/test_starting.py",  # real processes, and two versions of the bot
    *(f"unit/cli/test_{name}.py" for name in ("init_terminal", "migrate")),
    "unit/jobs/test_failures.py",
)
"""Below this folder."""

# A busy machine makes an example slow, and says nothing of the code.
hypothesis_settings.register_profile("no-deadline", deadline=None)
hypothesis_settings.load_profile("no-deadline")


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the log, and search each stand-in as it stops."""
    if getattr(config.option, "log_level", None) is None:
        config.option.log_level = "WARNING"  # what a failed test shows of the log
    _searcher.listen()
    share_compiled()
    stop = Sandbox.stop

    def stop_and_search(self: Sandbox) -> None:
        stop(self)
        search_sandbox(self)

    Sandbox.stop = stop_and_search  # type: ignore[method-assign]  # every test's, whoever made it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[Any]:
    """Fail a test that printed or logged a token, whatever else it found."""
    report = yield
    found = _searcher.take()
    try:
        for title, text in report.sections:
            search(text, f"what it printed ({title})")
    except Leak as leak:
        found.append(str(leak))
    if report.passed and found:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: {found[0]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Search what the test has left in its folder."""
    yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if isinstance(folder, Path) and folder.exists():
        search_files(folder)


@pytest.fixture(autouse=True)
def nothing_slack_would_refuse(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test in which a message, a view or an answer broke Slack's limits or shapes.

    The stand-in's own tests break them on purpose.
    """
    recorded: list[str] = []
    record = ViolationLog.record

    def noted(log: ViolationLog, kind: str, what: str, detail: str) -> None:
        if kind in ("blocks", "length", "arguments"):
            recorded.append(f"{kind}: {what}: {detail}")
        record(log, kind, what, detail)

    if "rehearsal" not in request.path.parts:
        monkeypatch.setattr(ViolationLog, "record", noted)
    yield
    assert recorded == []


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole folders and files as slow, so that a new test in them is marked too.

    Of the members of a test that is marked `alike`, the first stays quick.
    """
    quick = set()
    for item in items:
        if _is_slow(item.path):
            item.add_marker("slow")
        if item.get_closest_marker("alike") and not item.get_closest_marker("slow"):
            test = item.nodeid.split("[")[0]
            if test in quick:
                item.add_marker("slow")
            quick.add(test)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is deselected as a whole is not imported: each of the processes would do that."""
    without = config.option.markexpr
    faults = "not faults" in without and collection_path == Path(__file__).parent / "faults"
    return faults or ("not slow" in without and _is_slow(collection_path)) or None


@functools.cache
def _is_slow(path: Path) -> bool:
    here = Path(__file__).parent
    return any(path.is_relative_to(here / slow) for slow in _SLOW)
