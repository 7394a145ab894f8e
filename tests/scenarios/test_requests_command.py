"""`python -m bot requests`: what an operator does at 3 a.m. while Slack cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from world import ANN, ONE_APPROVAL, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.__main__ import main
from bot.requests.proof import all_contradictions
from bot.store import audit


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    def run_at(at_work: World, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
        status = main(["requests", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run_at


def test_a_transfer_that_hangs_is_found_shown_closed_and_asked_for_again(
    start: Callable[..., World], run: Callable[..., tuple[int, str, str]]
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because the launch")
    root = at_work.root("In progress")
    listed = run(at_work, "list")[1]
    assert "in-progress" in listed
    assert f"transfer to nyc3 of image {SNAPSHOT}" in listed
    assert listed == run(at_work)[1]
    told = run(at_work, "show", "1")[1]
    assert "because the launch" in told
    assert "action " in told
    assert "intent" in told
    status, said, _ = run(at_work, "close", "1", "--reason", "hangs\nsince midnight")
    assert status == 0
    assert "errored" in said
    assert "may still be at work on action" in said
    reply = at_work.reply("Closed by an operator", root).text
    assert "hangs since midnight" in reply
    assert ANN in reply
    assert "hangs since midnight" in shown(at_work.root("Closed by an operator"))
    assert run(at_work, "list")[1] == "No request is open.\n"
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.until(lambda: len(at_work.digitalocean.posts) == 2, "the next POST")
    with at_work.bot.store.read() as connection:
        (row,) = [r for r in audit.entries(connection) if r.event == "closed"]
        assert list(all_contradictions(connection)) == []
    assert row.actor == "operator"
    assert json.loads(row.facts)["reason"] == "hangs since midnight"
    assert "Closed by an operator: hangs since midnight" in at_work.types("history").text


def test_what_waits_for_approval_is_closed_and_never_sent(
    start: Callable[..., World], run: Callable[..., tuple[int, str, str]]
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    assert run(at_work, "close", "1", "--reason", "Slack is down")[0] == 0
    assert "Slack is down" in shown(at_work.root("Cancelled"))
    at_work.reply("Closed by an operator", root)
    at_work.slack.click("U0BOB", root, "approve")
    at_work.told("cancelled", "U0BOB")
    assert at_work.digitalocean.posts == []


def test_what_cannot_be_closed_says_why(
    start: Callable[..., World], run: Callable[..., tuple[int, str, str]]
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Completed")
    for asked, why in (
        (("close", "1", "--reason", "x"), "has ended: completed"),
        (("close", "9", "--reason", "x"), "no request 9"),
        (("close", "1", "--reason", " "), "reason is empty"),
        (("show", "9"), "no request 9"),
    ):
        status, _, error = run(at_work, *asked)
        assert status == 2
        assert why in error
    assert "completed" in run(at_work, "list", "--all")[1]
