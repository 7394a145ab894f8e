"""What holds in every test: no token is printed, and nothing is sent that Slack would refuse."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox import Sandbox
from bot.sandbox.slack.judge import Judge


@functools.cache
def sandbox_secrets() -> list[str]:
    """The tokens and the signing secret that the tests' sandbox gives out."""
    settings = Sandbox(seed=1).settings(socket=True)
    return [value for name, value in settings.items() if name.endswith(("TOKEN", "SECRET"))]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[Any]:
    """Fail a test that printed or logged a token, whatever else it found."""
    report = yield
    for title, text in report.sections:
        if report.passed and any(secret in text for secret in sandbox_secrets()):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: a token stands in what it printed ({title})"
    return report


@pytest.fixture(autouse=True)
def nothing_slack_would_refuse(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test in which a message, a view or an answer broke Slack's limits or shapes.

    The stand-in's own tests break them on purpose.
    """
    held: list[str] = []
    hold = Judge.hold

    def noted(judge: Judge, kind: str, what: str, detail: str) -> None:
        if kind in ("blocks", "length", "arguments"):
            held.append(f"{kind}: {what}: {detail}")
        hold(judge, kind, what, detail)

    if "sandbox" not in request.path.parts:
        monkeypatch.setattr(Judge, "hold", noted)
    yield
    assert held == []
