"""Logs: one event a line, in either format, with its facts, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from bot.observability.log_context import log_context, log_event
from bot.observability.logs import Redactor, set_up_logs

TOKEN = "xoxb-1234-5678-abcdefghijkl"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"

log = logging.getLogger("bot.test")
Logged = Callable[[], list[str]]


@pytest.fixture(params=["text", "json"])
def logged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    """Logs are set up in this format; gives the lines written so far."""
    root, hook = logging.getLogger(), threading.excepthook
    kept = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    set_up_logs(request.param, secrets=[SECRET])
    yield lambda: written.getvalue().splitlines()
    root.handlers[:], threading.excepthook = kept[0], hook
    root.setLevel(kept[1])
    logging.captureWarnings(capture=False)


def test_a_line_carries_its_facts_and_those_around_it(logged: Logged) -> None:
    with log_context(ops_request=17, fence=None):
        log_event(log, "accepted", action_id=99, channel="")
        with log_context(channel="C0OPS"):
            log.warning("inner")
    log.info("after")
    accepted, inner, after = logged()
    assert "accepted ops_request=17 action_id=99" in accepted
    assert "inner ops_request=17 channel=C0OPS" in inner
    assert "ops_request" not in after
    if accepted.startswith("{"):
        line = json.loads(accepted)
        assert (line["ops_request"], line["action_id"], line["level"]) == (17, 99, "info")


def test_an_event_is_one_line_whatever_it_holds(logged: Logged) -> None:
    log_event(log, "said\nERROR forged", why="one\r\ntwo\u2028three")
    (line,) = logged()
    assert "said ERROR forged why=one two three" in line


@pytest.mark.parametrize(
    "secret",
    [
        SECRET,
        TOKEN,
        "xapp-1-A0123-456-abcdef",
        "dop_v1_" + "0f" * 32,
        "abc-123",
    ],
)
def test_a_secret_is_taken_out_wherever_it_stands(logged: Logged, secret: str) -> None:
    shown = f"?ticket={secret}" if secret == "abc-123" else secret
    log.info("in the message %s", shown)
    log_event(log, "in a fact", said=f"x {shown} y")
    try:
        raise ValueError(f"in an exception {shown}")
    except ValueError:
        log.exception("failed")
    assert len(logged()) >= 3
    assert secret not in "\n".join(logged())
    assert "[redacted]" in "\n".join(logged())


def test_what_a_thread_did_not_catch_goes_through_the_log(logged: Logged) -> None:
    def fail() -> None:
        raise ValueError(f"holding {SECRET}")

    thread = threading.Thread(target=fail, name="job-1")
    thread.start()
    thread.join()
    lines = "\n".join(logged())
    assert "the thread job-1 ended" in lines
    assert SECRET not in lines


def test_what_looks_secret_goes_and_the_rest_stays() -> None:
    redact = Redactor(["short", 'quo"te-secret'])
    assert redact("a short note") == "a short note"
    assert redact(json.dumps('quo"te-secret')) == '"[redacted]"'
    assert redact("postgresql://bot:s3cret@db/x") == "postgresql://[redacted]@db/x"
    assert (
        redact("https://hooks.slack.com/commands/T1/2/abc") == "https://hooks.slack.com/[redacted]"
    )
    assert redact("request_id=4d9d8375-3c56") == "request_id=4d9d8375-3c56"


def test_what_libraries_say_of_what_is_mended_is_no_error(logged: Logged) -> None:
    bolt = logging.getLogger("slack_bolt.App")
    bolt.warning("As you gave `client` as well, `token` will be unused.")
    bolt.error("on_error invoked (session id: 1, error: OSError, message: gone)")
    (line,) = logged()
    assert "warning" in line.lower()
    assert "on_error invoked" in line
