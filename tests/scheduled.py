"""A schedule in a world: its file, its approval, and what became of its runs."""

from __future__ import annotations

from typing import Any

from world import BOB, World

from bot.domain.occasions import RunOutcome
from bot.store import schedules

NIGHTLY = """
[[schedule]]
name = "nightly-web"
when = "daily 03:00"
command = "snapshot web-1 to fra1 keep 3 because nightly copy"
channel = "C0OPS"
owner = "U0ANN"
approval_days = 30
"""
DAY = 86_400.0


def approved(at_work: World) -> Any:
    """The card that asks for the standing approval, approved."""
    root = at_work.root("Let schedule nightly-web run")
    at_work.clicks("approve", root, by=BOB)
    at_work.until(lambda: approved_as(at_work), "the approval")
    return root


def approved_as(at_work: World) -> int | None:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        state = schedules.load(connection, "nightly-web")
    return state.approved_as if state else None


def runs(at_work: World) -> list[schedules.Run]:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        return schedules.runs(connection, "nightly-web", 50)


def ended(at_work: World, outcome: RunOutcome, count: int = 1) -> None:
    at_work.until(
        lambda: sum(run.outcome is outcome for run in runs(at_work)) >= count, outcome, seconds=30
    )
