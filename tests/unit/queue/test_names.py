"""Names of stages stand in databases: wakes wait there, and other versions ask for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import Bot
from bot.config import given_settings
from bot.domain.states import NEXT_STAGE
from rehearsal import Sandbox

pytest.importorskip("procrastinate")

RELEASED = {
    "check",
    "deliver",
    "expire",
    "follow",
    "look",
    "refresh",
    "search",
    "submit",
    "tidy",
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
    served = set(Bot(given_settings(settings))._stages())
    assert served >= RELEASED, "a stage was renamed: redirect its old name (bot.queue.Stages)"
    assert served == RELEASED, "a new stage: write its name down above, where it stays"
    assert set(NEXT_STAGE.values()) <= served


def test_a_stage_has_its_queue_under_a_name_that_stays() -> None:
    from bot.queue.worker import queue_of

    assert queue_of("submit") == "image_bot.submit"
