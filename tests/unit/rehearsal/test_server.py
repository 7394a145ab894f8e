"""The sandbox as a whole: started, bounded, stopped."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import requests

from rehearsal import Sandbox


def test_settings_point_at_loopback():
    with Sandbox() as sandbox:
        env = sandbox.settings(socket=True)
        assert env["SLACK_API_URL"].startswith("http://127.0.0.1:")
        assert env["SLACK_API_URL"].endswith("/api/")
        assert env["DIGITALOCEAN_API_URL"].startswith("http://127.0.0.1:")
        assert env["SLACK_BOT_TOKEN"].startswith("xoxb-")
        assert env["SLACK_APP_TOKEN"].startswith("xapp-")
        assert "SLACK_APP_TOKEN" not in sandbox.settings()


def test_ports_can_be_fixed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with Sandbox(slack_port=port) as sandbox:
        assert sandbox.settings()["SLACK_API_URL"] == f"http://127.0.0.1:{port}/api/"


def test_a_taken_port_is_an_error_and_leaves_no_thread():
    with Sandbox() as sandbox, pytest.raises(OSError, match="in use"):
        Sandbox(slack_port=sandbox.slack.site.port).start()
    assert not [each for each in threading.enumerate() if each.name == "sandbox"]


def test_it_stops_by_itself_and_stays_readable():
    with Sandbox(lifetime=0.2) as sandbox:
        deadline = time.monotonic() + 30
        while sandbox.running and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not sandbox.running
        assert sandbox.slack.messages("C0OPS") == []
        with pytest.raises(RuntimeError, match="stopped"):
            sandbox.slack.command("U0ANN", "C0OPS", "help")


def test_it_stops_at_once_though_requests_hang():
    with Sandbox() as sandbox:
        env = sandbox.settings()
        sandbox.digitalocean.faults.hang(times=None)
        headers = {"Authorization": f"Bearer {env['DIGITALOCEAN_TOKEN']}"}

        def ask() -> None:
            with pytest.raises(requests.ConnectionError):
                requests.get(
                    env["DIGITALOCEAN_API_URL"] + "/v2/account", headers=headers, timeout=10
                )

        asking = threading.Thread(target=ask)
        asking.start()
        sandbox.slack.wait_for(lambda: sandbox.log.entries(kind="digitalocean"))
        start = time.monotonic()
    assert time.monotonic() - start < 3
    asking.join(30)
    assert not asking.is_alive()


def test_a_condition_that_never_holds_names_itself_and_shows_the_log(sandbox, web):
    web.auth_test()
    with pytest.raises(AssertionError, match=r"(?s)the root did not come.*auth\.test"):
        sandbox.slack.wait_for(lambda: None, seconds=0.05, what="the root")


def test_the_same_seed_makes_up_the_same_ids():
    def made_up() -> str:
        with Sandbox(seed=7) as sandbox:
            sandbox.slack.workspace.post("C0OPS", "U0BOT", "x", [{"type": "divider"}])
            return sandbox.slack.messages("C0OPS")[0].blocks[0]["block_id"]

    assert made_up() == made_up()
