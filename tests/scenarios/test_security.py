"""What an attacker tries, over the wire: docs/security.md names each of these tests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from world import ANN, BOB, CAT, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World, shown, world

from bot.config import given_settings
from bot.errors import SettingsError
from bot.requests.unit_of_work import REFUSALS_A_MINUTE
from bot.store import audit

HOSTILE = "<!channel> <@U0BOB> <https://evil.example|ok> `x` *y* & \u202e@here"


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, RUNS_AT_ONCE, IMAGE_BOT_COMMANDS_PER_MINUTE="5") as it:
        yield it


def _body(text: str, **changed: str) -> bytes:
    fields = {
        "command": "/image",
        "text": text,
        "user_id": ANN,
        "user_name": "ann",
        "channel_id": OPS,
        "channel_name": "ops",
        "team_id": "T0SANDBOX",
        "api_app_id": "A0SANDBOX",
        "trigger_id": "1.2.3",
        "response_url": "",
        **changed,
    }
    return urlencode(fields).encode()


def _nothing_came_of_it(at_work: World) -> None:
    time.sleep(0.3)
    assert at_work.slack.messages(OPS) == []
    assert at_work.digitalocean.posts == []
    with at_work.bot.store.read() as connection:
        assert {row.event for row in audit.entries(connection)} <= {"policy-changed"}


TRANSFER = f"transfer {SNAPSHOT} nyc3"


def test_a_payload_without_a_good_signature_is_refused(at_work: World) -> None:
    body = _body(TRANSFER)
    good = at_work.slack.sign(body)
    for headers in (
        {},
        {**good, "X-Slack-Signature": "v0=" + "0" * 64},
        {**good, "X-Slack-Signature": ""},
        {k: v for k, v in good.items() if k.lower() != "x-slack-signature"},
        {k: v for k, v in good.items() if k.lower() != "x-slack-request-timestamp"},
        {**good, "X-Slack-Request-Timestamp": "yesterday"},
        {**good, "X-Slack-Signature": "v0=é"},
        {**good, "X-Slack-Signature": good["X-Slack-Signature"].upper()},
        at_work.slack.sign(_body("help")),
    ):
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        answer = at_work.slack.post_raw(body, headers)
        assert answer.status == 401, (headers, answer)
    _nothing_came_of_it(at_work)


@pytest.mark.alike
@pytest.mark.parametrize(
    ("minutes", "told"), [(-10, "s behind"), (-6, "s behind"), (6, "s ahead of")]
)
def test_an_old_signature_is_refused(at_work: World, caplog, minutes: int, told: str) -> None:
    body = _body(TRANSFER)
    headers = at_work.slack.sign(body, at=time.time() + minutes * 60)
    assert at_work.slack.post_raw(body, headers).status == 401
    _nothing_came_of_it(at_work)
    said = [r.getMessage() for r in caplog.records if "refused" in r.getMessage()]
    assert any("signed rightly" in line and told in line for line in said), said


def test_a_wrong_secret_is_told_apart_from_a_wrong_clock(at_work: World, caplog) -> None:
    body = _body(TRANSFER)
    for at in (time.time(), time.time() - 600):
        headers = {**at_work.slack.sign(body, at=at), "X-Slack-Signature": "v0=" + "0" * 64}
        assert at_work.slack.post_raw(body, headers).status == 401
    said = [r.getMessage() for r in caplog.records if "refused" in r.getMessage()]
    assert len(said) == 2
    assert all("SLACK_SIGNING_SECRET" in line for line in said)


def test_a_replayed_payload_gets_the_same_answer_and_does_nothing_more(at_work: World) -> None:
    body = _body(TRANSFER)
    headers = at_work.slack.sign(body)
    answers = [at_work.slack.post_raw(body, headers).body for _ in range(3)]
    assert answers[0]["text"] == answers[1]["text"] == answers[2]["text"]
    at_work.reply("completed", at_work.root("nyc3"))
    assert at_work.slack.post_raw(body, headers).body["text"] == answers[0]["text"]
    assert len(at_work.digitalocean.posts) == 1
    assert len(at_work.slack.messages(OPS)) == 1


def test_a_large_body_is_refused_unread(at_work: World) -> None:
    body = _body("help", filler="x" * 1_100_000)
    assert at_work.slack.post_raw(body, at_work.slack.sign(body)).status == 413
    _nothing_came_of_it(at_work)


def test_one_person_cannot_flood_the_bot_and_others_go_on(at_work: World) -> None:
    answers = [at_work.types("regions").text for _ in range(7)]
    assert not any("more than 5" in text for text in answers[:5])
    for text in answers[5:]:
        assert "more than 5 commands in a minute" in text
        assert "taken in" in text
        assert "Nothing was changed" in text
    assert "more than" not in at_work.types("regions", by=BOB).text


def test_letters_in_a_menu_and_clicks_are_metered_too(at_work: World) -> None:
    at_work.slack.shortcut(ANN, "open_form")
    at_work.until(lambda: at_work.slack.views(ANN), "the form")
    view = at_work.slack.views(ANN)[-1]
    for _ in range(24):  # five for each of the five commands a minute; the shortcut was one
        assert "too many commands" not in str(
            at_work.slack.options(ANN, view, "image", "web").options
        )
    assert "too many commands" in str(at_work.slack.options(ANN, view, "image", "web").options)
    at_work.slack.shortcut(ANN, "open_form")
    at_work.told("more than 25 clicks in a minute", ANN)
    assert "more than" not in at_work.types("regions").text


def test_an_answer_goes_to_no_address_but_slacks(at_work: World) -> None:
    """A forged `response_url` must not make the bot call what only the bot can reach."""
    for url in (
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.example/collect",
        "http://10.0.0.1:8500/v1/kv/",
        "file:///etc/passwd",
        "not a url",
    ):
        body = _body("transfer 999999 nyc3", response_url=url, trigger_id=url)
        assert at_work.slack.post_raw(body, at_work.slack.sign(body)).status == 200
        at_work.until(lambda: at_work.slack.direct_messages(ANN), "a direct message instead")
    assert "no image 999999" in at_work.slack.direct_messages(ANN)[0].text


def test_a_hostile_name_pings_nobody_and_hides_nothing(tmp_path: Path) -> None:
    with world(tmp_path, ONE_APPROVAL) as at_work:
        at_work.digitalocean.change_image(SNAPSHOT, name=HOSTILE)
        at_work.types(f"transfer {SNAPSHOT} nyc3 because {HOSTILE}".replace("\u202e", ""))
        root = at_work.root("Pending approval")
        at_work.clicks("approve", root)
        at_work.reply("completed", root)
        at_work.types(f"show {SNAPSHOT}")
        seen = [shown(m) for m in at_work.slack.messages(OPS)]
        seen += [m.text for m in at_work.slack.thread(OPS, root.ts)]
        seen += [m.text for m in at_work.slack.ephemerals(ANN)]
        text = "\n".join(seen)
        assert "<!channel" not in text
        assert "<!here" not in text
        assert "|ok>" not in text
        assert "\u202e" not in text
        assert text.count("<@U0BOB>") == text.count(f"<@{BOB}>")  # only as the bot itself writes it
        assert "&lt;!channel&gt;" in text
        assert str(SNAPSHOT) in shown(root)  # the id stands beside whatever the name claims
        assert at_work.slack.violations == []


def test_a_twin_by_name_shows_its_own_id_and_facts(tmp_path: Path) -> None:
    """The confused deputy: another image under a known name is still another image."""
    with world(tmp_path, ONE_APPROVAL) as at_work:
        name = at_work.digitalocean.images[SNAPSHOT].name
        at_work.digitalocean.add_image(777, name=name, type="snapshot", regions=["ams3"])
        at_work.types("transfer 777 nyc3")
        root = at_work.root("Pending approval")
        assert "777" in shown(root)
        assert "ams3" in shown(root)
        assert str(SNAPSHOT) not in shown(root)


def test_a_forged_value_on_a_button_gives_no_right(tmp_path: Path) -> None:
    """What a button may do is looked up at the click; its value gives no right."""
    with world(tmp_path, ONE_APPROVAL) as at_work:
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        for value in ("1:0", "1", "2", "999999"):  # her own request, and others'
            click = _click("approve", value, ANN, root)
            assert at_work.slack.post_raw(click, at_work.slack.sign(click)).status == 200
        for value in ("1:99", "1:1", "2:0", "0", str(10**18 - 1)):  # nothing that is there
            for action_id in ("adopt", "post_again", "give_up", "retry_failed", "plan"):
                click = _click(action_id, value, BOB, root)
                assert at_work.slack.post_raw(click, at_work.slack.sign(click)).status == 200
        for value in ("１", "1e3", "-1", "1:1:1", "9" * 19, " 1", "1\n", "", "T0ELSE:1"):
            click = _click("approve", value, BOB, root)
            assert at_work.slack.post_raw(click, at_work.slack.sign(click)).status == 400, value
        time.sleep(0.5)
        assert at_work.digitalocean.posts == []
        at_work.clicks("approve", root, by=CAT)
        at_work.reply("completed", root)


def test_whoever_makes_a_bot_ask_does_not_ask_under_its_name(tmp_path: Path) -> None:
    """Ann could approve what a reminder of hers has asked for, as if somebody else had."""
    with world(tmp_path, ONE_APPROVAL) as at_work:
        for event in (
            {"user": "USLACKBOT"},
            {"user": "U0OTHERBOT", "bot_id": "B0OTHER"},
            {"user": "U0OTHERBOT", "bot_profile": {"id": "B0OTHER"}},
            {"user": "U0OTHERBOT", "app_id": "A0OTHER"},
        ):
            body = _mention(event)
            assert at_work.slack.post_raw(body, _signed(at_work, body)).status == 200
        _nothing_came_of_it(at_work)
        body = _mention({"user": ANN})  # as it is written by a person, it is taken
        assert at_work.slack.post_raw(body, _signed(at_work, body)).status == 200
        at_work.root("Pending approval")


def _mention(event: dict[str, Any], team: str = "T0SANDBOX", **more: Any) -> bytes:
    said = {"type": "app_mention", "channel": OPS, "text": f"<@U0BOT> {TRANSFER}", "team": team}
    payload = {
        "type": "event_callback",
        "event_id": f"Ev{event}{team}",
        "team_id": "T0SANDBOX",
        "authorizations": [{"team_id": "T0SANDBOX", "user_id": "U0BOT", "enterprise_id": None}],
        "event": {**said, **event},
        **more,
    }
    return json.dumps(payload).encode()


def _signed(at_work: World, body: bytes) -> dict[str, str]:
    return {**at_work.slack.sign(body), "Content-Type": "application/json"}


GROUP_APPROVES = ONE_APPROVAL.replace('["U0ANN", "U0BOB", "U0CAT"]', '["S0LEADS"]')


@pytest.mark.alike
@pytest.mark.parametrize("choice", ["post_again", "adopt", "give_up"])
def test_who_asked_decides_nothing_while_nobody_knows_who_may(tmp_path: Path, choice: str) -> None:
    """The group of those who may approve cannot be read: that gives its rights to nobody else."""
    with world(tmp_path, GROUP_APPROVES) as at_work:
        at_work.digitalocean.faults.reset(method="POST")
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        at_work.clicks("approve", root)
        at_work.settles(root)
        root = at_work.root("Needs attention")
        at_work.slack.revoke("usergroups:read")
        at_work.clock.skip(1000)
        at_work.clicks(choice, root, by=ANN)
        at_work.told("decide")
        assert at_work.digitalocean.posts == []
        assert "Needs attention" in shown(at_work.root("Transfer of"))


def test_an_image_that_was_replaced_voids_the_approval(tmp_path: Path) -> None:
    """Another image under the same name and number, made after people had looked."""
    with world(tmp_path, ONE_APPROVAL.replace("approvals = 1", "approvals = 2")) as at_work:
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        at_work.clicks("approve", root, by=BOB)
        at_work.digitalocean.change_image(SNAPSHOT, created_at="2026-11-24T10:00:00Z")
        at_work.clicks("approve", root, by=CAT)
        assert "made at another time" in at_work.reply("void", root).text
        assert at_work.digitalocean.posts == []


def test_rights_taken_away_after_the_vote_void_it(tmp_path: Path) -> None:
    """Between the vote and the POST: out of the group, out of the policy, another rule."""
    with world(tmp_path, GROUP_APPROVES.replace("approvals = 1", "approvals = 2")) as at_work:
        at_work.slack.set_user_group("S0LEADS", [BOB, CAT])
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        at_work.clicks("approve", root, by=BOB)
        at_work.slack.set_user_group("S0LEADS", ["U0DAN", CAT])
        at_work.clock.skip(120)
        at_work.clicks("approve", root, by=CAT)
        assert "1 of 2 approvals are by people who may" in at_work.reply("void", root).text
        assert at_work.digitalocean.posts == []


def test_people_of_another_workspace_can_do_nothing(tmp_path: Path) -> None:
    """In a shared channel they see the cards, may click on them, and mention the bot."""
    policy = ONE_APPROVAL.replace('"U0BOB"', '"U0BOB", "U0EXT"')  # even where it names one
    with world(tmp_path, policy) as at_work:
        shared = {"is_ext_shared_channel": True}
        for body in (
            _mention({"user": "U0EXT", "user_team": "T0ELSE"}, **shared),
            _mention({"user": "U0EXT", "user_team": "E0ELSE"}, **shared),
            _mention({"user": "U0EXT"}, team="T0ELSE", **shared),
        ):
            assert at_work.slack.post_raw(body, _signed(at_work, body)).status == 200
        command = _body(TRANSFER, user_id="U0EXT", team_id="T0ELSE")
        answer = at_work.slack.post_raw(command, at_work.slack.sign(command))
        assert "Only people of the workspace" in answer.body["text"]
        _nothing_came_of_it(at_work)
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        click = _click("approve", "1", "U0EXT", root, team_id="T0ELSE")
        assert at_work.slack.post_raw(click, at_work.slack.sign(click)).status == 200
        time.sleep(0.5)
        assert at_work.digitalocean.posts == []
        at_work.clicks("approve", root, by=BOB)
        at_work.reply("completed", root)


def _click(action_id: str, value: str, person: str, where: Any, **user: str) -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": person, "username": "x", **user},
        "api_app_id": "A0SANDBOX",
        "team": {"id": "T0SANDBOX"},
        "trigger_id": f"9.{value}",
        "channel": {"id": where.channel, "name": "ops"},
        "container": {"type": "message", "message_ts": where.ts, "channel_id": where.channel},
        "response_url": "",
        "actions": [{"action_id": action_id, "block_id": "b", "value": value, "type": "button"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    required = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
        "DIGITALOCEAN_TOKEN": "dop_v1_1",
    }
    assert given_settings(required).host == "127.0.0.1"


@pytest.mark.parametrize("name", ["SLACK_API_URL", "DIGITALOCEAN_API_URL"])
def test_a_token_travels_over_https_only(name: str) -> None:
    required = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
        "DIGITALOCEAN_TOKEN": "dop_v1_1",
    }
    with pytest.raises(SettingsError, match=name):
        given_settings({**required, name: "http://slack.example/api/"})


EITHER = ONE_APPROVAL.replace('["U0ANN", "U0BOB", "U0CAT"]', '["U0DAN", "S0LEADS"]')


def test_a_vote_by_a_group_that_slack_does_not_tell_of_now_is_no_denial(tmp_path: Path) -> None:
    """Slack is away between a rightful vote and the POST: it waits, and does not end as 0 of 1."""
    with world(tmp_path, EITHER) as at_work:
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        at_work.digitalocean.faults.status(503, method="GET", path="/v2/images/*", times=None)
        at_work.clicks("approve", root, by=CAT)
        at_work.reply("DigitalOcean has a problem", root)
        at_work.slack.faults.fail("usergroups.users.list", "internal_error", times=None)
        at_work.clock.skip(2000)
        at_work.digitalocean.faults.clear()
        before = len(at_work.digitalocean.calls)
        at_work.clock.skip(120)
        at_work.until(
            lambda: any(
                call.path == f"/v2/images/{SNAPSHOT}" and call.status == 200
                for call in at_work.digitalocean.calls[before:]
            ),
            "another look at the image",
        )
        time.sleep(
            1.0
        )  # what would be wrong comes after the look, and nothing tells of its absence
        assert "Failed" not in shown(at_work.root("Transfer of"))
        assert at_work.digitalocean.posts == []
        at_work.slack.faults.clear()
        at_work.clock.skip(120)
        at_work.reply("completed", root)
        assert len(at_work.digitalocean.posts) == 1


def test_a_flood_of_refused_clicks_does_not_fill_the_log(tmp_path: Path) -> None:
    with world(tmp_path, ONE_APPROVAL) as at_work:
        at_work.types(TRANSFER)
        root = at_work.root("Pending approval")
        for _ in range(REFUSALS_A_MINUTE + 20):
            at_work.clicks("approve", root, by="U0DAN")
        at_work.clicks("approve", root, by=BOB)
        at_work.reply("completed", root)
        with at_work.bot.store.read() as connection:
            rows = [e for e in audit.entries(connection) if e.event == "click-refused"]
        assert len(rows) == REFUSALS_A_MINUTE
