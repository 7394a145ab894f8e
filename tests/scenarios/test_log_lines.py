"""What an operator reads in the log: what started, and what needs somebody."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from world import RUNS_AT_ONCE, SNAPSHOT, World


def test_a_line_at_the_start_says_workspace_mode_rules_and_version(
    start: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    at_work = start(RUNS_AT_ONCE)
    at_work.until(lambda: "policy rules" in caplog.text, "the line")
    (line,) = [r.getMessage() for r in caplog.records if "policy rules" in r.getMessage()]
    assert "workspace T0" in line
    assert "with 1 policy rules" in line
    assert ("over HTTP" in line) is not ("over Socket Mode" in line)


def test_what_needs_somebody_is_a_warning(
    start: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.reset(method="POST")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.settles(at_work.root("nyc3"))
    at_work.root("Needs attention")
    worrying = {r.getMessage() for r in caplog.records if r.levelno == logging.WARNING}
    assert {"ambiguous", "needs-attention"} <= worrying
