"""The rehearsal: what its page is told of the app is what the app is."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

import pytest
import requests
import yaml

from bot.__main__ import main
from bot.cli.nights import NIGHTLY
from bot.cli.rehearse import POLICY, READ_ONLY_MESSAGES, SHORTCUTS, Page, rehearsal
from bot.errors import PolicyError
from rehearsal.site import HOST

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


def test_the_nightly_copy_that_is_played_is_the_readmes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"```toml\n(\[\[schedule\]\]\n.*?)```", readme, re.DOTALL) == [NIGHTLY]


@pytest.mark.slow
def test_four_nights_are_played_within_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert main(["demo", "--play", "--night"]) == 0
    assert time.monotonic() - began < 60
    told = capsys.readouterr().out
    for number in (1, 2):
        assert f"Night {number} of 4 went well: a line in its thread." in told
    assert told.count("then deletion of one older image completed after") == 2
    assert "1 of 3 done, 1 failed, 1 not run" in told
    assert re.search(r"to ann alone +Schedule nightly-web: .* failed \(request 4\)", told)
    assert "then deletion of 2 older images completed after" in told
    assert re.search(r"to ann alone +Schedule nightly-web: .* went well \(request 5\)", told)


def test_every_emoji_that_the_bot_uses_is_drawn() -> None:
    known = (ROOT / "rehearsal/page/emoji.js").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:^|[ {"])([\w+-]+)"?: "', known))
    assert {"+1", "rocket"} <= names
    for folder in ("bot/views", "handlers"):
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


def test_a_policy_that_cannot_be_read_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="There is no policy file"), rehearsal(tmp_path / "none"):
        pass


def test_approvers_of_ones_own_policy_are_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN + "# not U88COMMENT\n", encoding="utf-8")
    with rehearsal(path) as sandbox:
        assert set(sandbox.page.about["roles"]) == {"U77EVE", "U0BOB", "U0CAT"}
        assert "U88COMMENT" not in sandbox.slack.users


@pytest.mark.slow
def test_the_same_seed_is_the_same_run() -> None:
    """What people read and what goes to DigitalOcean: ids and words, all but the time of day."""
    assert _run(7) == _run(7)
    assert _run(7) != _run(8)


def _run(seed: int) -> tuple[list[str], list[int]]:
    hasty = {"IMAGE_BOT_HTTP_SECONDS": "1", "IMAGE_BOT_SETTLE_SECONDS": "2"}
    with rehearsal(None, seed, IMAGE_BOT_POLL_SECONDS="0.2", **hasty) as sandbox:
        slack, ocean = sandbox.slack, sandbox.digitalocean
        ocean.action_seconds = 1.0
        ocean.faults.accept_then_status(500)
        slack.command("U0ANN", "C0OPS", "transfer 62137902 nyc3")
        root = slack.wait_for(lambda: slack.messages("C0OPS"))[0]
        slack.click("U0BOB", root, "approve")

        def texts() -> list[str]:
            return [each.text for each in slack.thread("C0OPS", root.ts)]

        slack.wait_for(lambda: any(" completed" in text for text in texts()), 30)
        assert any(str(ocean.actions[0].id) in text for text in texts())
        timeless = [re.sub(r"after [\d ]+s", "", text) for text in texts()]
        return timeless, [each.action_id for each in ocean.posts]


def test_the_page_is_where_it_was_asked_to_be() -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    with rehearsal(page=Page("0.0.0.0", port)) as sandbox:  # noqa: S104 - as in a container
        assert sandbox.url == f"http://127.0.0.1:{port}"
        assert requests.get(f"http://localhost:{port}/", timeout=30).status_code == 200
        elsewhere = {"Host": f"evil.example:{port}"}
        assert requests.get(sandbox.url, headers=elsewhere, timeout=30).status_code == 403


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["demo", "--play", "--port", str(port)]) == 2
    assert f"The page cannot listen on 127.0.0.1, port {port}" in capsys.readouterr().err
