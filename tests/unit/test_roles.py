"""What each role opens, on PostgreSQL."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest
from postgres import fresh_database

from bot.app import Bot, Role
from bot.config import given_settings
from rehearsal import Sandbox


@pytest.mark.parametrize("port", [None, "0"])
def test_a_worker_can_be_looked_at_where_a_port_is_set(tmp_path: Path, port: str | None) -> None:
    (tmp_path / "policy.toml").write_text('[[rule]]\nname = "all"\napprovals = 0\n')
    with Sandbox(lifetime=60) as sandbox, fresh_database() as url:
        settings = {
            **sandbox.settings(),
            "DATABASE_URL": url,
            "IMAGE_BOT_POLICY": str(tmp_path / "policy.toml"),
            **({"IMAGE_BOT_WORKER_PORT": port} if port else {}),
        }
        bot = Bot(given_settings(settings), role=Role.WORKER)
        bot.start()
        try:
            assert (bot.port > 0) == (port is not None)
            if port is not None:
                sandbox.slack.wait_for(lambda: not bot.not_ready(), 15, "the worker to be ready")
                with urllib.request.urlopen(f"http://127.0.0.1:{bot.port}/metrics") as answer:
                    assert b"image_bot_ready 1.0" in answer.read()
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(f"http://127.0.0.1:{bot.port}/slack/events", b"{}")
        finally:
            assert bot.stop()
