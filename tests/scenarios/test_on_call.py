"""Whoever is on call approves: by a file or a web hook, and nobody while it is not known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rotas import Rotas
from scenarios.test_step_up import rows
from world import ANN, BOB, CAT, DAN, SNAPSHOT, World, shown

from bot.__main__ import main

ON_CALL = """
[[rule]]
name = "on call"
approvals = 1
approvers = ["oncall:prod"]
"""


@pytest.fixture
def rotas() -> Iterator[Rotas]:
    with Rotas({"prod": [BOB], "db": [DAN]}) as running:
        yield running


def pending(at_work: World, region: str = "nyc3") -> Any:
    at_work.types(f"transfer {SNAPSHOT} {region}")
    return at_work.root("Pending approval")


def read_again(at_work: World) -> None:
    """More time passes than what was read lately is believed for; it is read again."""
    at_work.clock.skip(301)
    assert at_work.bot is not None
    at_work.bot._background.refresh("all")


def test_whoever_is_on_call_approves_and_nobody_else(
    start: Callable[..., World], rotas: Rotas
) -> None:
    at_work = start(ON_CALL, **rotas.settings)
    root = pending(at_work)
    assert "Needs 1 approval from whoever is on call for `prod`" in shown(root)
    at_work.clicks("approve", root, by=CAT)
    at_work.told("does not list you", CAT)
    assert rows(at_work, "approved") == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    (approved,) = rows(at_work, "approved")
    assert approved["qualified"] == {"by": "oncall:prod", "members": [BOB]}
    (opened,) = rows(at_work, "pending")
    assert (opened["approvers"], opened["people"]) == (["oncall:prod"], [BOB])
    explained = at_work.types(f"policy explain transfer {SNAPSHOT} sfo3").text
    assert "whoever is on call for `prod` must approve" in explained


def test_the_command_line_explains_who_that_is(
    start: Callable[..., World],
    rotas: Rotas,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_work = start(ON_CALL, **rotas.settings)
    pending(at_work)
    monkeypatch.setenv("DATABASE_URL", str(at_work.settings["DATABASE_URL"]))
    monkeypatch.setenv("IMAGE_BOT_POLICY", str(at_work.policy))
    assert main(["policy", "explain", "transfer", str(SNAPSHOT), "sfo3"]) == 0
    assert f"could approve this one: {BOB} (the rule lists oncall:prod)" in capsys.readouterr().out


def test_a_file_says_it_as_well(start: Callable[..., World], tmp_path: Path) -> None:
    path = tmp_path / "on-call.json"
    path.write_text(json.dumps({"prod": [CAT]}), encoding="utf-8")
    at_work = start(ON_CALL, IMAGE_BOT_ON_CALL=str(path))
    root = pending(at_work)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)


def test_who_hands_over_has_the_right_no_more(start: Callable[..., World], rotas: Rotas) -> None:
    at_work = start(ON_CALL, **rotas.settings)
    root = pending(at_work)
    rotas.said = {"prod": [CAT]}
    read_again(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.told("no longer lists you", BOB)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)
    assert rows(at_work, "approved")[0]["qualified"] == {"by": "oncall:prod", "members": [CAT]}


def test_who_hands_over_before_the_post_approved_nothing(
    start: Callable[..., World], rotas: Rotas
) -> None:
    at_work = start(ON_CALL, **rotas.settings)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("is sent again at", root)
    rotas.said = {"prod": [CAT]}
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(120)
    at_work.reply("0 of 1 approvals are by people who may approve now", root)
    assert at_work.digitalocean.posts == []


UNKNOWN: dict[str, Callable[[Rotas], None]] = {
    "another name": lambda r: setattr(r, "said", {"db": [DAN]}),
    "no list": lambda r: setattr(r, "said", {"prod": BOB}),
    "names in place of ids": lambda r: setattr(r, "said", {"prod": ["bob"]}),
    "half of it wrong": lambda r: setattr(r, "said", {"prod": [BOB], "db": [1]}),
    "no object": lambda r: setattr(r, "said", [BOB]),
    "no JSON": lambda r: setattr(r, "said", "<html>"),
    "broken": lambda r: setattr(r, "status", 500),
    "sent elsewhere": lambda r: setattr(r, "status", 302),
}


@pytest.mark.alike
@pytest.mark.parametrize("how", UNKNOWN)
def test_while_it_is_not_known_nobody_approves(
    start: Callable[..., World], rotas: Rotas, how: str
) -> None:
    UNKNOWN[how](rotas)
    at_work = start(ON_CALL, **rotas.settings)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("not known right now", ANN)
    assert "IMAGE_BOT_ON_CALL" in at_work.told("not known right now", ANN).text
    assert rows(at_work, "pending") == []
    assert at_work.digitalocean.posts == []


def test_what_was_known_is_believed_for_a_while_alone(
    start: Callable[..., World], rotas: Rotas
) -> None:
    at_work = start(ON_CALL, **rotas.settings)
    root = pending(at_work)
    rotas.status = 503
    for _ in range(3):
        read_again(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.told("not known right now", BOB)
    assert at_work.digitalocean.posts == []
    rotas.status = 200
    read_again(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)


def test_a_rota_that_is_gone_is_known_no_more_at_once(
    start: Callable[..., World], rotas: Rotas
) -> None:
    at_work = start(ON_CALL, **rotas.settings)
    root = pending(at_work)
    rotas.said = {"db": [DAN]}
    read_again(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.told("not known right now", BOB)


def test_with_nobody_or_the_requester_alone_on_call_it_is_refused(
    start: Callable[..., World], rotas: Rotas
) -> None:
    rotas.said = {"prod": []}
    at_work = start(ON_CALL, **rotas.settings)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("At the moment nobody is whoever is on call for `prod`", ANN)
    rotas.said = {"prod": [ANN]}
    read_again(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.told("Nobody but you", ANN)
    assert rows(at_work, "pending") == []
    assert at_work.digitalocean.posts == []


def test_who_has_left_is_not_on_call(start: Callable[..., World], rotas: Rotas) -> None:
    rotas.said = {"prod": [BOB, CAT]}
    at_work = start(ON_CALL, **rotas.settings)
    root = pending(at_work)
    at_work.slack.deactivate(BOB)
    read_again(at_work)
    at_work.clicks("approve", root, by=BOB)
    assert rows(at_work, "approved") == []
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)


def test_a_group_of_those_on_call_and_others_and_a_policy_change(
    start: Callable[..., World], rotas: Rotas
) -> None:
    both = (
        '[policy]\napprovers = ["oncall:db"]\nchannel = "C0PROD"\n[[rule]]\nname = "both"\n'
        'approvals = [{ from = ["oncall:prod"] }, { from = ["U0CAT"] }]\n'
    )
    at_work = start(both, **rotas.settings)
    root = pending(at_work)
    assert "1 of whoever is on call for `prod`" in shown(root)
    at_work.clicks("approve", root, by=CAT)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    at_work.policy.write_text(both.replace("U0CAT", "U0DAN"), encoding="utf-8")
    card = at_work.root("file was changed", channel="C0PROD")
    assert "whoever is on call for `db`" in shown(card)
    at_work.clicks("approve_policy", card, by=DAN)
    at_work.root("In force", channel="C0PROD")
    assert rows(at_work, "policy-voted")[0]["qualified"] == {"by": "oncall:db", "members": [DAN]}


def test_a_bot_that_is_told_by_nobody_lets_nobody_approve(start: Callable[..., World]) -> None:
    at_work = start(ON_CALL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.told("not known right now", ANN)
    assert rows(at_work, "pending") == []
