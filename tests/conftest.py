"""No token is ever printed or kept: every test's output is searched for those of the sandbox."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox import Sandbox


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
