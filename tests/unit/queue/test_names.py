"""Names of jobs stand in databases: wakes wait there, and other versions ask for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import Bot
from bot.config import given_settings
from bot.domain.states import NEXT_JOB
from rehearsal import Sandbox

pytest.importorskip("procrastinate")

RELEASED = {
    "anchor",
    "candidates",
    "check",
    "cleanup",
    "deliver",
    "expire",
    "lookup",
    "poll",
    "reconcile",
    "refresh",
    "schedules",
    "submit",
}
"""Every name that a release has had. Nothing is ever taken out of it."""


def test_a_released_name_is_kept_or_redirected(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[[rule]]\nname = "all"\napprovals = 0\n', encoding="utf-8")
    settings = {
        **Sandbox().settings(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'image-bot.db'}",
        "IMAGE_BOT_POLICY": str(policy),
        "PORT": "0",
    }
    served = set(Bot(given_settings(settings))._background.jobs())
    assert served >= RELEASED, "a job was renamed: redirect its old name (bot.queue.JobFunctions)"
    assert served == RELEASED, "a new job: write its name down above, where it stays"
    assert set(NEXT_JOB.values()) <= served


def test_a_stage_has_its_queue_under_a_name_that_stays() -> None:
    from bot.queue.worker import queue_of

    assert queue_of("submit") == "image_bot.submit"
