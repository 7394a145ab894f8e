"""Whatever Slack, or somebody with its signing secret, may send: an answer, and nothing breaks.

`IMAGE_BOT_TESTS=full` runs 100,000 commands and 10,000 payloads.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fuzz.driver import FULL, Driven, driven, memory, open_files, threads
from fuzz.stubs import stub
from world import SkippingClock

from bot.errors import CommandError
from handlers.commands.grammar import parse
from handlers.commands.help import NAMES

COMMANDS = 100_000 if FULL else 10_000
PAYLOADS = 10_000 if FULL else 1_000
MEGABYTE = 1_000_000
WORDS = [
    *NAMES,
    *("to", "because", "--break-glass", "--type", "--page", "--region", "all", "mine", "image"),
    *("nyc3", "nyc4", "ams3", "NYC3", "new-york", "<#C0OPS|nyc3>", "atl1", "snapshot"),
    *("62137902", "0", "-1", "1.5", "1e9", "９９", "62,137,902", "#17", "9" * 30, "0x10"),
    *("<!channel>", "<@U0ANN>", "<https://x.example|y>", "`", "“", "”", '"', "'", "\\", "*_~"),
    *("\u202e", "\x00", "\x07", "\u200b", "\ud800", "🦈", "ﬁ", "é" * 40, "​", "\n", "\t", " "),
    *("'; DROP TABLE audit; --", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd", "%s%n", "{}"),
]


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Driven]:
    clock = SkippingClock()
    with (
        stub(clock) as outside,
        driven(tmp_path, outside.url, started=False, clock=clock) as made,
    ):
        yield made


@pytest.fixture
def loud() -> Iterator[Callable[[], list[str]]]:
    """Every line above a warning; those below are not kept, or the test's own memory would grow."""
    lines: list[str] = []
    keeper, root = logging.Handler(logging.ERROR), logging.getLogger()
    keeper.emit = lambda record: lines.append(f"{record.getMessage()} {record.exc_info}")
    level = root.level
    root.setLevel(logging.ERROR)
    root.addHandler(keeper)
    yield lambda: lines
    root.removeHandler(keeper)
    root.setLevel(level)


def _text(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.7:
        words = dice.choices(WORDS, k=dice.randint(0, 8))
        return dice.choice(["", " ", "\u00a0"]).join(words) if kind < 0.1 else " ".join(words)
    if kind < 0.9:
        letters = [
            chr(dice.choice([dice.randrange(32, 127), dice.randrange(0x3000)]))
            for _ in range(dice.randint(0, 60))
        ]
        return "".join(letters)
    if kind < 0.97:
        return f"transfer {dice.randrange(10**9)} {' '.join(dice.choices(WORDS, k=3))}"
    return dice.choice(WORDS) * dice.randint(1, 3000)


def test_every_text_is_read_or_refused_in_words() -> None:
    dice = random.Random(9)
    for _ in range(COMMANDS):
        text = _text(dice)
        told = _refusal(text)
        assert len(told) < 3000, text[:80]
        assert "<!" not in told, text[:80]


def _refusal(text: str) -> str:
    """Why a text is not a command; empty: it is one."""
    try:
        parse(text, live_regions=["atl1"])
    except CommandError as error:
        return str(error)
    return ""


@pytest.mark.timeout(1200)
def test_every_command_is_answered_and_nothing_grows(
    it: Driven, loud: Callable[[], list[str]]
) -> None:
    dice, number = random.Random(11), COMMANDS if FULL else COMMANDS // 10
    used, files, alive = 0, 0, 0
    for n in range(number):
        if n == number // 5:  # caches are warm
            used, files, alive = memory(), open_files(), threads()
        answer = it.command(_text(dice), dice.choice(["U0ANN", "U0BOB", "W0CAT"]))
        assert answer.strip()
        assert len(answer) < 40_000
        assert "Reference" not in answer, answer
    assert loud() == []
    assert memory() - used < 25 * MEGABYTE
    assert open_files() - files <= 12
    assert threads() - alive <= 10


def _seeds() -> list[dict[str, Any]]:
    """One payload of each kind that Slack sends, to be broken."""
    home = "T0SANDBOX"
    person = {"id": "U0ANN", "team_id": home}
    who = {"team": {"id": home}, "user": person, "trigger_id": "1.2", "token": "x"}
    where = {"channel": {"id": "C0OPS"}, "message": {"ts": "1.2", "blocks": []}, "response_url": ""}
    button = {"block_id": "b", "type": "button", "value": "1:0"}
    view = {
        "id": "V0",
        "hash": "1.x",
        "type": "modal",
        "private_metadata": json.dumps({"request": "1:0", "channel": "C0", "response_url": ""}),
        "state": {"values": {"reason": {"reason": {"type": "plain_text_input", "value": "no"}}}},
        "blocks": [{"type": "input", "block_id": "reason"}],
    }
    mention = {"type": "app_mention", "user": "U0ANN", "channel": "C0OPS", "text": "<@U0BOT> help"}
    opened = {"type": "app_home_opened", "user": "U0ANN", "tab": "home"}
    kinds = [
        {**who, "type": "view_closed", "view": {**view, "callback_id": "deny"}},
        {**who, "type": "shortcut", "callback_id": "open_form"},
        {**who, "type": "message_action", "callback_id": "follow", "message": {"ts": "1.2"}},
        {**who, "type": "block_suggestion", "action_id": "image", "block_id": "i", "value": "we"},
        {"type": "event_callback", "event_id": "Ev1", "team_id": home, "event": mention},
        {"type": "event_callback", "event_id": "Ev2", "team_id": home, "event": opened},
        {"type": "url_verification", "challenge": "c"},
        {
            "command": "/image",
            "text": "status",
            "user_id": "U0ANN",
            "team_id": home,
            "channel_id": "C0",
        },
    ]
    for action_id in sorted(_listened("action")):
        acts = {"type": "block_actions", "actions": [{**button, "action_id": action_id}]}
        kinds.append({**who, **where, **acts})
    for callback_id in sorted(_listened("view")):
        kinds.append(
            {**who, "type": "view_submission", "view": {**view, "callback_id": callback_id}}
        )
    form = {
        **view,
        "callback_id": "form",
        "private_metadata": '{"channel": "C0", "response_url": ""}',
    }
    kinds.append({**who, "type": "view_submission", "view": _filled_in(form)})
    search = {"image_id": 0, "text": "w", "type": "", "region": "", "tag": "", "page": 2}
    for action_id, value in (("page_on", json.dumps(search)), ("start", "62137902")):
        acts = {
            "type": "block_actions",
            "actions": [{**button, "action_id": action_id, "value": value}],
        }
        kinds.append({**who, **where, **acts})
    return kinds


def _filled_in(form: dict[str, Any]) -> dict[str, Any]:
    """The form as it is submitted."""
    chosen = {
        "image": {"selected_option": {"value": "62137902"}},
        "choice": {"selected_option": {"value": "transfer"}},
        "regions": {"selected_options": [{"value": "nyc3"}]},
        "reason": {"value": "why not"},
        "channel": {"selected_conversation": "C0OPS"},
    }
    values = {name: {name: state} for name, state in chosen.items()}
    blocks = [{"type": "input", "block_id": name} for name in chosen]
    return {**form, "state": {"values": values}, "blocks": blocks}


def _listened(kind: str) -> set[str]:
    from bot.cli.doctor_manifest import listened_to

    return listened_to().get(kind, set())


JUNK: list[Any] = [
    *(None, True, 0, -1, 10**30, 1.5, "", "x", "1", "1:0", "99999:7", "a:b", "x" * 5000, "\x00"),
    *("\ud800", [], {}, [[]], [None], {"id": None}, {"a": {"b": []}}, "{", '{"request": 7}'),
]


def _broken(dice: random.Random, value: Any, depth: int = 0) -> Any:
    """The same with some parts gone, swapped, or turned into junk."""
    luck = dice.random()
    if luck < 0.04:
        return dice.choice(JUNK)
    if isinstance(value, dict):
        kept = {k: _broken(dice, v, depth + 1) for k, v in value.items() if dice.random() > 0.05}
        if dice.random() < 0.1:
            kept[dice.choice(["actions", "view", "event", "user", "command", "type"])] = (
                dice.choice(JUNK)
            )
        return kept
    if isinstance(value, list):
        return [_broken(dice, v, depth + 1) for v in value] * dice.choice([1, 1, 1, 0, 2])
    return value


@pytest.mark.timeout(1200)
def test_every_payload_is_answered_and_nothing_grows(
    it: Driven, loud: Callable[[], list[str]]
) -> None:
    dice, seeds = random.Random(13), _seeds()
    used, files, alive = 0, 0, 0
    for n in range(PAYLOADS):
        if n == PAYLOADS // 5:
            used, files, alive = memory(), open_files(), threads()
        payload = _broken(dice, dice.choice(seeds))
        response = _over_http(it, dice, payload) if n % 2 else it.send(payload)
        assert response.status in (200, 400, 404, 503), (response.status, payload)
        assert "Reference" not in str(response.body), (payload, response.body)
        assert loud() == [], payload
    assert memory() - used < 25 * MEGABYTE
    assert open_files() - files <= 12
    assert threads() - alive <= 10


def _over_http(it: Driven, dice: random.Random, payload: Any) -> Any:
    """Signed, as Slack's HTTP requests are; now and then its body is no payload at all."""
    text = json.dumps(payload)
    luck = dice.random()
    if isinstance(payload, dict) and "event" in payload and luck < 0.9:
        body, kind = text, "application/json"
    elif isinstance(payload, dict) and "command" in payload and luck < 0.9:
        fields = {k: v if isinstance(v, str) else json.dumps(v) for k, v in payload.items()}
        body = urlencode(fields, errors="replace")
        kind = "application/x-www-form-urlencoded"
    elif luck < 0.9:
        body, kind = urlencode({"payload": text}), "application/x-www-form-urlencoded"
    else:
        body = dice.choice(["", "payload=", "payload={", "{", "[]", "null", "a=b&a=c", "payload=7"])
        kinds = ["application/json", "application/x-www-form-urlencoded", "", "text/x; charset=7"]
        kind = dice.choice(kinds)
    raw = body.encode() if luck < 0.98 else bytes(dice.randrange(256) for _ in range(50))
    return it.post(raw, kind)
