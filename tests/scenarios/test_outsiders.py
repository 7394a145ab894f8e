"""Who belongs to us: outsiders in shared channels, sister workspaces, and not knowing yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from world import ANN, BOB, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.app import Bot
from bot.config import given_settings
from bot.store import audit, read_cache
from rehearsal import Sandbox

EVE, SIS = "U0EVE", "U0SIS"
OURS, ELSEWHERE = "E0OURS", "E0ELSE"
TRANSFER = f"transfer {SNAPSHOT} nyc3"
NAMED = ONE_APPROVAL.replace('"U0BOB"', '"U0BOB", "U0EVE", "U0SIS"')
"""Even a policy that names an outsider gives no right to one."""

Start = Callable[..., World]


@pytest.fixture(params=[None, ELSEWHERE], ids=["a workspace alone", "another organisation's"])
def outsider(request: pytest.FixtureRequest) -> str | None:
    """The organisation of somebody from outside."""
    return request.param


@pytest.mark.parametrize("on_grid", [False, True], ids=["plain", "grid"])
def test_nobody_from_outside_is_taken_for_one_of_ours(
    start: Start, outsider: str | None, on_grid: bool
) -> None:
    at_work = start(NAMED)
    slack = at_work.slack
    if on_grid:
        slack.join_enterprise(OURS)
        at_work.bot._membership.learn()
    slack.add_user(EVE, "eve", "T0ELSE", outsider)
    assert slack.mention(EVE, OPS, TRANSFER).status == 200
    assert "Only people of the workspace" in slack.command(EVE, OPS, TRANSFER).text
    assert "Only people of the workspace" in slack.command(EVE, OPS, "list").text
    slack.open_home(EVE)
    slack.shortcut(EVE, "open_form")
    time.sleep(0.3)
    assert slack.views(EVE) == []
    assert at_work.digitalocean.posts == []
    with at_work.bot.store.read() as connection:
        assert {row.event for row in audit.entries(connection)} <= {"policy-changed"}
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    slack.click(EVE, root, "approve")
    at_work.told("Only people of the workspace", EVE)
    assert "Pending approval" in shown(at_work.root("Transfer of"))
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)


def test_people_of_a_sister_workspace_stay_in(start: Start) -> None:
    at_work = start(NAMED)
    at_work.slack.join_enterprise(OURS)
    at_work.bot._membership.learn()
    at_work.slack.add_user(SIS, "sis", "T0SISTER", OURS)
    assert "Request 1" in at_work.slack.command(SIS, OPS, TRANSFER).text
    root = at_work.root("Pending approval")
    at_work.clicks("cancel", root, by=SIS)
    at_work.root("Cancelled")
    at_work.types(TRANSFER)
    at_work.clicks("approve", at_work.root("Pending approval"), by=SIS)
    at_work.root("Completed")


def test_a_sister_waits_while_slack_does_not_tell(start: Start) -> None:
    at_work = start(NAMED)
    at_work.slack.join_enterprise(OURS)
    at_work.bot._membership.learn()
    at_work.slack.add_user(SIS, "sis", "T0SISTER", OURS)
    at_work.slack.faults.fail("users.info", "ratelimited", retry_after=60)
    assert "Nothing was done" in at_work.slack.command(SIS, OPS, TRANSFER).text
    at_work.slack.faults.hang("users.info", seconds=5)
    ack = at_work.slack.command(SIS, OPS, TRANSFER)
    assert "Nothing was done" in ack.text
    assert ack.seconds < 3
    at_work.slack.faults.clear()
    assert "Request 1" in at_work.slack.command(SIS, OPS, TRANSFER).text


@pytest.fixture(params=["http", "socket"])
def unready(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A bot whose Slack has not answered `auth.test` since its start."""
    with Sandbox(action_seconds=1.0, seed=1, lifetime=120) as sandbox:
        it = World(sandbox, tmp_path, socket=request.param == "socket")
        it.policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
        yield it
        it.stop()


def _begin(at_work: World) -> None:
    """Start the bot without waiting until it is ready, which it will not be."""
    at_work.bot = Bot(given_settings(at_work.settings), at_work.clock)
    at_work.bot.start()
    if at_work.socket:
        at_work.slack.connect_socket(timeout=30)
    else:
        at_work.slack.connect_http(f"http://127.0.0.1:{at_work.bot.port}/slack/events")


def test_while_it_is_not_known_who_is_ours_nobody_is(unready: World) -> None:
    at_work = unready
    at_work.slack.faults.fail("auth.test", "ratelimited", retry_after=60, times=None)
    at_work.slack.delivery.retry_delays = (0.5, 0.5, 6.0)
    _begin(at_work)
    at_work.slack.add_user(EVE, "eve", "T0ELSE")
    for person in (EVE, ANN):
        assert "Nothing was done" in at_work.slack.command(person, OPS, TRANSFER).text
    asked = at_work.slack.mention(ANN, OPS, TRANSFER)
    assert not asked.ok  # so that Slack brings it again
    assert at_work.digitalocean.posts == []
    at_work.slack.faults.clear()
    at_work.root("Completed")  # what Slack brought again was taken, once it was known
    at_work.stop()


def test_what_was_known_before_a_restart_is_known_after_it(unready: World) -> None:
    at_work = unready
    at_work.start()
    at_work.stop()
    at_work.slack.faults.fail("auth.test", status=503, times=None)
    _begin(at_work)
    at_work.slack.add_user(EVE, "eve", "T0ELSE")
    assert "Only people of the workspace" in at_work.slack.command(EVE, OPS, TRANSFER).text
    assert "Request 1" in at_work.slack.command(ANN, OPS, TRANSFER).text


def test_another_workspaces_token_inherits_nothing(unready: World) -> None:
    at_work = unready
    at_work.start()
    with at_work.bot.store.write() as tx:
        read_cache.put_own_workspace(tx, "the digest of another token", "T0OLD", "")
    at_work.stop()
    at_work.slack.faults.fail("auth.test", "internal_error", times=None)
    _begin(at_work)
    assert "Nothing was done" in at_work.slack.command(ANN, OPS, TRANSFER).text
