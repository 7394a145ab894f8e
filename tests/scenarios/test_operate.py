"""What an operator has at hand: health, metrics, and a log that follows one request."""

from __future__ import annotations

import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from world import ANN, BOB, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World

from bot.observability.logs import Redactor, _JsonLines, _Lines
from rehearsal import Sandbox


def get(at_work: World, path: str) -> tuple[int, str]:
    assert at_work.bot is not None
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{at_work.bot.port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metric(at_work: World, name: str) -> float:
    """The sum of a metric's samples whose line begins so."""
    _, page = get(at_work, "/metrics")
    lines = [line for line in page.splitlines() if line.startswith(name)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_metrics_tell_of_a_transfer(start: Callable[..., World], transport: str) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    at_work.until(lambda: metric(at_work, "image_bot_queue_depth") == 0, "an empty queue")
    assert metric(at_work, 'image_bot_commands_total{command="transfer"}') == 1
    assert metric(at_work, f'image_bot_ack_seconds_count{{transport="{transport}"}}') == 1
    assert metric(at_work, 'image_bot_posts_total{outcome="2xx"}') == 1
    assert metric(at_work, "image_bot_polls_total") >= 1
    assert metric(at_work, 'image_bot_requests{state="completed"}') == 1
    assert metric(at_work, "image_bot_audit_position") >= 4
    assert metric(at_work, "image_bot_ready") == 1
    if transport == "socket":
        assert metric(at_work, "image_bot_socket_open") == 1


def test_a_broken_policy_file_is_seen_in_the_metrics_until_it_is_mended(
    start: Callable[..., World],
) -> None:
    at_work = start(RUNS_AT_ONCE)
    assert metric(at_work, "image_bot_policy_in_force") == 1
    for text, in_force in (("[[rule]]\napprovalz = 1\n", 0), (RUNS_AT_ONCE, 1)):
        at_work.policy.write_text(text, encoding="utf-8")
        at_work.until(
            lambda wanted=in_force: metric(at_work, "image_bot_policy_in_force") == wanted,
            "the file being looked at",
        )
    assert metric(at_work, "image_bot_ready") == 1


def test_slack_saying_slow_down_is_counted(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.faults.fail("chat.postMessage", "ratelimited", retry_after=1)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    assert metric(at_work, "image_bot_slack_rate_limited_total") >= 1


def test_healthy_and_ready(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE)
    assert get(at_work, "/healthz")[0] == 200
    status, body = get(at_work, "/readyz")
    assert (status, json.loads(body)) == (200, {"status": "ready"})
    assert get(at_work, "/nothing")[0] == 404


def test_not_ready_while_a_part_is_missing(start: Callable[..., World], transport: str) -> None:
    at_work = start(RUNS_AT_ONCE)
    assert at_work.bot is not None
    at_work.slack.faults.fail("auth.test", "token_revoked", times=None)
    at_work.bot._readiness.ask_slack()
    status, body = get(at_work, "/readyz")
    assert status == 503
    assert "token_revoked" in json.loads(body)["slack"]
    assert metric(at_work, "image_bot_ready") == 0
    at_work.slack.faults.clear()
    at_work.bot._readiness.ask_slack()
    assert get(at_work, "/readyz")[0] == 200
    if transport == "socket":
        at_work.slack.faults.fail("apps.connections.open", "internal_error", times=3)
        at_work.slack.drop_sockets()
        at_work.until(lambda: get(at_work, "/readyz")[0] == 503, "readyz to tell")
        at_work.until(lambda: get(at_work, "/readyz")[0] == 200, "a new connection", 20)
        at_work.types("regions")


@pytest.mark.parametrize("style", [_Lines, _JsonLines])
def test_one_grep_follows_a_request_from_command_to_end(
    start: Callable[..., World], caplog: pytest.LogCaptureFixture, style: Any
) -> None:
    caplog.set_level(logging.INFO)
    formatter, lines = style(Redactor()), []
    keeper = logging.Handler()
    keeper.emit = lambda record: lines.append(formatter.format(record))
    logging.getLogger().addHandler(keeper)
    try:
        at_work = start(ONE_APPROVAL)
        at_work.digitalocean.faults.status(500, method="GET", path="/v2/images/*")
        at_work.types(f"transfer {SNAPSHOT} nyc3 because of a secret plan")
        root = at_work.root("Pending approval")
        at_work.clicks("approve", root)
        at_work.reply("completed", root)
    finally:
        logging.getLogger().removeHandler(keeper)
    found = [line for line in lines if re.search(r"\bops_request=1\b", line)]
    text = "\n".join(found)
    for event in ("requested", "pending", "approved", "intent", "accepted", "completed"):
        assert re.search(rf"\b{event} ", text), (event, text)
    assert f"actor={ANN}" in text
    assert f"actor={BOB}" in text
    assert f"channel={OPS}" in text
    assert f"ts={root.ts}" in text
    assert re.search(r"POST /v2/images/62137902/actions: 201 .*request_id=[\w-]{8,}", text)
    assert "secret plan" not in "\n".join(lines)  # what people write stays in the database
    order = [text.index(f"{event} ") for event in ("requested", "approved", "intent", "accepted")]
    assert order == sorted(order)


def test_socket_mode_needs_no_signing_secret_and_takes_nothing_over_http(tmp_path: Path) -> None:
    with Sandbox(lifetime=60) as sandbox:
        at_work = World(sandbox, tmp_path, socket=True)
        at_work.policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
        del at_work.settings["SLACK_SIGNING_SECRET"]
        at_work.start()
        try:
            at_work.types("regions")
            assert get(at_work, "/readyz")[0] == 200
            assert get(at_work, "/slack/events")[0] == 404
        finally:
            at_work.stop()
