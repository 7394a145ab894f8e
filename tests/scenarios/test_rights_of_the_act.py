"""What a click or a command may do is judged by the act: by its person, its channel, its card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from world import (
    ANN,
    BOB,
    CAT,
    DAN,
    ONE_APPROVAL,
    OPS,
    PROD,
    RUNS_AT_ONCE,
    SNAPSHOT,
    TWO_APPROVALS,
    World,
    shown,
    world,
)

from bot.store import audit

TRANSFER = f"transfer {SNAPSHOT} nyc3"
GLASS = f'{TRANSFER} --break-glass "prod is down"'
OPEN_IN_PROD = """
[[rule]]
name = "prod runs"
channels = ["C0PROD"]
approvals = 0
notify = ["C0OPS"]
"""


def log(at_work: World, event: str) -> list[Any]:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        return [row for row in audit.entries(connection) if row.event == event]


def forged(action_id: str, value: str, person: str, where: Any) -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": person, "username": "x"},
        "api_app_id": "A0SANDBOX",
        "team": {"id": "T0SANDBOX"},
        "trigger_id": f"9.{value}.{person}",
        "channel": {"id": where.channel, "name": "ops"},
        "container": {"type": "message", "message_ts": where.ts, "channel_id": where.channel},
        "response_url": "",
        "actions": [{"action_id": action_id, "block_id": "b", "value": value, "type": "button"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def send(at_work: World, action_id: str, value: str, person: str, where: Any) -> None:
    body = forged(action_id, value, person, where)
    assert at_work.slack.post_raw(body, at_work.slack.sign(body)).status == 200


def value_of(message: Any, action_id: str) -> str:
    found = [e for b in message.blocks for e in b.get("elements", []) if isinstance(e, dict)]
    return next(str(e["value"]) for e in found if e.get("action_id") == action_id)


def test_a_copy_in_an_open_channel_lends_nobody_the_rule_of_the_private_one(
    start: Callable[..., World],
) -> None:
    at_work = start(OPEN_IN_PROD)
    at_work.digitalocean.next_action(0.2, "errored")
    at_work.types(TRANSFER, channel=PROD)
    at_work.root("Failed", channel=PROD)
    copy = at_work.root("Failed", channel=OPS)
    at_work.clicks("retry_failed", copy, by=DAN)
    at_work.until(lambda: log(at_work, "refused"), "the refusal")
    assert len(at_work.digitalocean.posts) == 1


def test_a_direct_copy_and_an_old_card_lend_nobody_the_rule_either(tmp_path: Path) -> None:
    told = OPEN_IN_PROD.replace('["C0OPS"]', '["U0DAN", "C0OPS"]')
    with world(tmp_path, told) as at_work:
        at_work.digitalocean.next_action(0.2, "errored")
        at_work.types(TRANSFER, channel=PROD)
        card = at_work.root("Failed", channel=PROD)
        direct = at_work.told("failed", DAN)
        forgery = SimpleNamespace(channel=direct.channel, ts=direct.ts)
        send(at_work, "retry_failed", value_of(card, "retry_failed"), DAN, forgery)
        at_work.until(lambda: len(log(at_work, "refused")) == 1, "the refusal of the direct copy")
        at_work.policy.write_text(told.replace("C0PROD", "C0QUIET"), encoding="utf-8")
        at_work.bot.policy.refresh()
        at_work.clicks("retry_failed", card, by=ANN)  # its rule is for another channel by now
        at_work.until(lambda: len(log(at_work, "refused")) == 2, "the refusal of the old card")
        assert len(at_work.digitalocean.posts) == 1


def test_a_repeat_marks_the_reason_of_another_as_theirs(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.next_action(0.2, "errored")
    at_work.types(f"{TRANSFER} because new office")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.clicks("retry_failed", at_work.root("Failed"), by=CAT)
    at_work.root("as in request 1: new office")


@pytest.mark.parametrize("digest", ["-0123456789ab", ""])
def test_a_button_of_another_bots_card_with_the_same_number_votes_for_nothing(
    tmp_path: Path, digest: str
) -> None:
    with world(tmp_path, ONE_APPROVAL) as at_work:
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        elsewhere = SimpleNamespace(channel=OPS, ts="1700000000.000100")
        send(at_work, "approve", f"1:0{digest}", BOB, elsewhere)
        at_work.told("There is no request 1, or this was meant for another one", BOB)
        assert not log(at_work, "approved")
        at_work.clicks("approve", root, by=BOB)
        at_work.root("Completed")


def test_a_cards_value_is_its_number_and_the_beginning_of_the_digest(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(TRANSFER)
    value = value_of(at_work.root("Pending approval"), "approve")
    digest = log(at_work, "pending")[0].evidence_digest
    assert value == f"1:0-{digest[:12]}"


def test_a_request_that_waits_cannot_squat_on_an_image_in_an_emergency(
    start: Callable[..., World],
) -> None:
    at_work = start(TWO_APPROVALS + "break_glass = true\n")
    at_work.types(TRANSFER, by=DAN)
    waiting = at_work.root("Pending approval")
    at_work.types(GLASS, by=ANN)
    told = at_work.reply("used emergency access for the same", waiting)
    assert f"<@{DAN}>" in told.text
    at_work.root("Completed")
    assert len(at_work.digitalocean.posts) == 1
    assert json.loads(log(at_work, "superseded")[0].facts)["by"] == 2


def test_a_request_that_is_being_checked_cannot_squat_on_an_image_in_an_emergency(
    start: Callable[..., World],
) -> None:
    """As long as DigitalOcean does not answer, which may be hours."""
    at_work = start(TWO_APPROVALS + "break_glass = true\n")
    at_work.digitalocean.faults.too_many(1, method="GET", path="/v2/images/*", times=3)
    at_work.types(TRANSFER, by=DAN)
    assert "under way" not in at_work.types(GLASS, by=ANN).text
    at_work.told("Emergency access was used for the same", DAN)
    at_work.root("Completed")
    assert len(at_work.digitalocean.posts) == 1
    assert json.loads(log(at_work, "superseded")[0].facts)["by"] == 2
    assert [row.actor for row in log(at_work, "break-glass-used")] == [ANN]


def test_an_emergency_that_nobody_can_judge_yet_closes_no_request_that_is_being_checked(
    start: Callable[..., World],
) -> None:
    """The rule goes by the image's name: it may be another one, which has no emergencies."""
    named = (
        '[[rule]]\nname = "none"\nimage_names = ["web-*"]\napprovals = 1\napprovers = ["U0BOB"]\n'
    )
    at_work = start(named + TWO_APPROVALS + "break_glass = true\n")
    at_work.digitalocean.faults.too_many(1, method="GET", path="/v2/images/*", times=3)
    at_work.types(TRANSFER, by=DAN)
    assert "is being checked" in at_work.types(GLASS, by=ANN).text
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.root("Completed")
    assert not log(at_work, "superseded")


def test_an_emergency_that_the_rule_does_not_allow_closes_nobodys_request(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(TRANSFER, by=DAN)
    waiting = at_work.root("Pending approval")
    at_work.types(GLASS, by=ANN)
    at_work.until(lambda: log(at_work, "refused"), "the refusal")
    at_work.clicks("approve", waiting, by=BOB)
    at_work.root("Completed")
    assert not log(at_work, "superseded")


def test_whom_the_policy_refuses_joins_nobodys_request(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL + 'channels = ["C0PROD"]\n')
    at_work.types(TRANSFER, channel=PROD)
    at_work.root("Pending approval", channel=PROD)
    ack = at_work.types(TRANSFER, by=DAN, channel=OPS)
    assert "Already under way" not in ack.text
    assert not log(at_work, "joined")


def test_who_joined_hears_of_a_cancel_and_the_log_holds_their_terms(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    at_work.types(f"{TRANSFER} because customer waits", by=DAN)
    joined = json.loads(log(at_work, "joined")[0].facts)
    assert joined["from"] == OPS
    assert joined["asked_because"] == "customer waits"
    assert joined["joined_under"] == "one other person"
    at_work.clicks("cancel", root, by=ANN)
    told = at_work.told("cancelled", DAN)
    at_work.clicks("ask_yourself", told, by=DAN)
    at_work.until(lambda: DAN in shown(at_work.root("Pending approval")), "a request of their own")
    assert "customer waits" in shown(at_work.root("Pending approval"))
    at_work.clicks("ask_yourself", told, by=DAN)  # it is under way already
    at_work.clicks("ask_yourself", told, by=BOB)  # who did not join
    at_work.told("Nothing to decide here any more", BOB)
    assert len(log(at_work, "requested")) == 2


def test_an_emergency_can_be_reviewed_where_the_rule_lists_nobody_else_any_more(
    start: Callable[..., World],
) -> None:
    glass = ONE_APPROVAL + "break_glass = true\n"
    at_work = start(glass)
    at_work.types(GLASS)
    root = at_work.root("Completed")
    at_work.stop()
    at_work.policy.write_text(glass.replace(', "U0BOB", "U0CAT"', ""), encoding="utf-8")
    at_work.start()
    at_work.clicks("close_review", root, by=ANN)
    at_work.until(lambda: log(at_work, "click-refused"), "the refusal of her own review")
    at_work.clicks("close_review", root, by=DAN)
    at_work.until(lambda: log(at_work, "review-closed"), "the closed review")


def test_an_emergency_that_only_begins_before_the_post_is_void(start: Callable[..., World]) -> None:
    """The rule asked for nobody, so nobody was told of an emergency, and no review is open."""
    at_work = start(RUNS_AT_ONCE)
    locked = {"id": "unprocessable_entity", "message": "The image is locked."}
    at_work.digitalocean.faults.status(423, locked, method="POST", path="*/actions", times=None)
    at_work.types(GLASS)
    root = at_work.root()
    at_work.until(lambda: log(at_work, "not-arrived"), "the first POST, refused")
    at_work.stop()
    asks = RUNS_AT_ONCE.replace("approvals = 0", 'approvals = 1\napprovers = ["U0BOB"]')
    at_work.policy.write_text(asks + "break_glass = true\n", encoding="utf-8")
    posts = len(at_work.digitalocean.posts)
    at_work.start()
    at_work.reply("emergency access is needed now", root)
    assert len(at_work.digitalocean.posts) == posts


_GLASS_IN_RULE = 'approvers = ["U0BOB"]\nbreak_glass = true\n'
_FREEZE = """
[[freeze]]
name = "holidays"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
time_zone = "UTC"
break_glass = true
"""


@pytest.mark.parametrize("by", [_FREEZE, "ticket = '^OPS-[0-9]+$'\n"], ids=["freeze", "ticket"])
def test_an_emergency_that_begins_with_a_freeze_or_a_ticket_is_void(
    tmp_path: Path, by: str
) -> None:
    with world(tmp_path, RUNS_AT_ONCE) as at_work:
        locked = {"id": "unprocessable_entity", "message": "The image is locked."}
        at_work.digitalocean.faults.status(423, locked, method="POST", path="*/actions", times=None)
        at_work.types(GLASS)
        root = at_work.root()
        at_work.until(lambda: log(at_work, "not-arrived"), "the first POST, refused")
        at_work.policy.write_text(RUNS_AT_ONCE + _GLASS_IN_RULE + by, encoding="utf-8")
        at_work.bot.policy.refresh()
        posts = len(at_work.digitalocean.posts)
        at_work.clock.skip(120)
        at_work.reply("emergency access is needed now", root)
        assert len(at_work.digitalocean.posts) == posts
        assert not log(at_work, "break-glass-used")
