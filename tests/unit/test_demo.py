"""The rehearsal: what its page is told of the app is what the app is."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.demo import POLICY, READ_ONLY_MESSAGES, SHORTCUTS, rehearsal
from bot.sandbox.site import HOST

ROOT = Path(__file__).parents[2]
OWN = """
[[rule]]
name = "own people"
channels = ["C77BUILD"]
approvals = 1
approvers = ["U77EVE", "S77NIGHT", "U0BOB"]
"""


def test_the_page_knows_the_manifest() -> None:
    features = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))["features"]
    assert features["shortcuts"] == SHORTCUTS
    assert features["app_home"]["messages_tab_read_only_enabled"] is READ_ONLY_MESSAGES


def test_every_emoji_that_the_bot_uses_is_drawn() -> None:
    known = (ROOT / "bot/sandbox/page/emoji.js").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:^|[ {"])([\w+-]+)"?: "', known))
    assert {"+1", "rocket"} <= names
    for folder in ("bot/messages", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            used = re.findall(r":([a-z][a-z_]+|[+-]1):(?=[ \"'])", path.read_text(encoding="utf-8"))
            assert set(used) <= names, path


def test_people_and_places_of_ones_own_policy_are_brought_in(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    with rehearsal(path) as sandbox:
        assert sandbox.slack.users["U77EVE"].name == "u77eve"
        assert "C77BUILD" in sandbox.slack.channels
        assert sandbox.slack.user_groups["S77NIGHT"].users == ("U0BOB", "U0CAT")
        sandbox.slack.command("U0ANN", "C77BUILD", "transfer 62137902 nyc3")
        root = sandbox.slack.wait_for(lambda: sandbox.slack.messages("C77BUILD"))[0]
        sandbox.slack.click("U77EVE", root, "approve")
        sandbox.slack.wait_for(lambda: sandbox.digitalocean.posts, what="the transfer")


def test_the_address_is_the_page_on_loopback() -> None:
    with rehearsal(socket=True) as sandbox:
        assert sandbox.url.startswith(f"http://{HOST}:")
        assert sandbox.page.about["socket"] is True
        assert "U0BOB" in POLICY
