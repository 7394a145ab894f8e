"""An operation that the bot has not: one file would be all of it, on a Droplet as on an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from operation_contract import PURE, check_life, check_lost_answer, named_policy

from bot.domain.blockers import Blocker
from bot.domain.evidence import SeenImage
from bot.domain.looked_up import OnTarget
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.errors import CommandError
from bot.operations.arguments import Droplet, Help, Text
from bot.operations.base import Account, Params, Wording, already
from bot.operations.consequence import Consequence, said
from bot.operations.droplet_actions import DropletAction, droplet_not_ready
from bot.operations.registry import OPERATIONS
from handlers.commands import grammar
from handlers.commands.on_target import read_on_target
from rehearsal.digitalocean.droplet_actions import TYPES, ActionType


class PowerOffParams(Params):
    note: str


class PowerOff(DropletAction):
    """DigitalOcean's word for its action is another than its name."""

    name = "power-off"
    action_type = "power_off"
    arguments = (Droplet(), Text("note", "a note", "for the move", 20))
    help = Help(
        "power-off <droplet> <note>",
        "switch a Droplet off at once",
        ("power-off web-1 quiet", 'power-off droplet 3164444 to "for the move" because it is full'),
    )
    params = PowerOffParams
    scopes = frozenset({"droplet:update"})

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        return already(step, "is off") if image.status == "off" else droplet_not_ready(image)

    def wording(self, step: StepSpec) -> Wording:
        return Wording("power-off", "Switch off", "switched off", step.params["note"], "as")

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        return (said("{droplet} is off from then on.", droplet=seen.name),)


def _switch_off(account: Any, droplet: Any, _: Any) -> None:
    account.droplets[droplet.id] = replace(droplet, status="off")


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> PowerOff:
    """The operation, where its line in the registry would put it, and its entry in the stand-in."""
    operation = PowerOff()
    monkeypatch.setitem(OPERATIONS, operation.name, operation)
    for readers in (grammar._READERS, grammar._LOOKED_UP):
        monkeypatch.setitem(readers, operation.name, read_on_target)
    monkeypatch.setitem(TYPES, operation.action_type, ActionType(_switch_off))
    return operation


@pytest.mark.parametrize("check", PURE, ids=lambda check: check.__name__)
def test_it_holds_to_the_contract(made_up: PowerOff, check: Any) -> None:
    check(made_up)


def test_its_life_and_what_is_so_already(start: Any, made_up: PowerOff) -> None:
    at_work = start(named_policy(made_up))
    check_life(at_work, made_up)
    at_work.types("power-off web-1 again")
    at_work.told("Droplet 3164444 is off already. There is nothing to do.")
    at_work.types("power-off nobody-1 quiet")
    at_work.told("There is no Droplet “nobody-1” in this account.")


def test_its_answer_lost(start: Any, made_up: PowerOff) -> None:
    check_lost_answer(start(named_policy(made_up)), made_up)


def test_how_it_is_read() -> None:
    read = grammar.parse('power-off 3164444 "for the move" --dry-run')
    note = {"note": "for the move"}
    assert read == OnTarget("power-off", "3164444", params=note, dry_run=True)
    assert grammar.parse("policy explain power-off web-1 x") == OnTarget(
        "power-off", "web-1", params={"note": "x"}, dry_run=True
    )
    for text, problem in (
        ("power-off", "Which Droplet"),
        ("power-off tag:web x", "One Droplet at a time"),
        ("power-off web-1", "A note is missing"),
        ("power-off web-1 a b", "a b|“b”|b"),
        ("power-off tag web x", "One Droplet at a time|Which Droplet"),
        (f"power-off web-1 {'x' * 21}", "1 to 20 characters"),
    ):
        with pytest.raises(CommandError, match=problem):
            grammar.parse(text)
