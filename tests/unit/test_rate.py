"""How often one person may type."""

from __future__ import annotations

import pytest

from bot.slack import rate_limit
from bot.slack.rate_limit import PerPerson


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides_and_tells_when_the_next_is_taken() -> None:
    clock = Clock()
    pace = PerPerson(2, clock)
    assert pace.wait("U0ANN") == 0
    clock.now += 20
    assert pace.wait("U0ANN") == 0
    assert pace.wait("U0ANN") == 40
    assert pace.wait("U0BOB") == 0
    clock.now += 40
    assert pace.wait("U0ANN") == 0
    assert pace.wait("U0ANN") == 20


def test_what_is_refused_is_not_counted_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_limit, "_MOST_PEOPLE", 100)
    pace = PerPerson(3, Clock())
    for n in range(10_000):
        pace.wait(f"U{n}")
        pace.wait("U0BUSY")
    assert len(pace._times) <= 100
    assert len(pace._times["U0BUSY"]) == 3


def test_an_act_that_is_delivered_again_is_counted_once() -> None:
    pace = PerPerson(2, Clock())
    for _ in range(5):
        assert pace.wait("U0ANN", "message:C0OPS:1.1") == 0
    assert pace.wait("U0ANN", "message:C0OPS:1.2") == 0
    assert pace.wait("U0ANN", "message:C0OPS:1.3") > 0
    assert pace.wait("U0ANN", "message:C0OPS:1.1") == 0
