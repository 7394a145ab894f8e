"""`doctor`, the manifest: the handlers are read."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    ROOT,
)

from bot.cli.doctor_manifest import listened_to, manifest
from bot.config import given_settings
from rehearsal import Sandbox


def test_the_handlers_are_read_as_they_are() -> None:
    heard = listened_to()
    assert {"approve", "deny", "cancel", "adopt", "post_again", "give_up"} <= heard["action"]
    settings = given_settings(Sandbox().settings(socket=True))
    assert [f.verdict for f in manifest(settings, ROOT / "manifest.yml")] == ["ok"]
