"""What the schedule tests are given: a short way to write one, and to read times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.schedules.load import load
from bot.schedules.schema import Schedule

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = (REPOSITORY / "schedules.example.toml").read_text(encoding="utf-8")
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def anything(_command: str) -> None:
    """Every command can run."""


def loaded(text: str) -> tuple[Schedule, ...]:
    return load(text, "schedules.toml", anything)


def schedule(when: str = "daily 03:00", **changes: Any) -> Schedule:
    usual = {
        "name": "nightly-web",
        "when": when,
        "command": "prune web-* keep 3",
        "channel": "C0OPS",
        "owner": "U0ANN",
    }
    return Schedule.model_validate(usual | changes)


def utc(text: str) -> datetime:
    """`2026-03-29 01:00`, as a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
