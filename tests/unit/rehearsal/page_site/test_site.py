"""The page over HTTP: files, the stream, gestures; without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from rehearsal import Sandbox

SECONDS = 5


class Page:
    """The page's own requests, as the browser sends them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        page = requests.get(self.url, timeout=SECONDS)
        self.headers, self.text = page.headers, page.text
        self.token = re.search(r'rehearsal-token" content="([^"]+)"', page.text)[1]

    def post(self, gesture: str, /, **body: Any) -> requests.Response:
        headers = {"Origin": self.url, "X-Rehearsal-Token": self.token}
        return requests.post(
            f"{self.url}/api/{gesture}", json=body, headers=headers, timeout=SECONDS
        )

    def stream(self, user: str) -> Iterator[dict[str, Any]]:
        query = {"user": user, "token": self.token}
        with requests.get(
            f"{self.url}/api/stream", params=query, stream=True, timeout=SECONDS
        ) as live:
            for line in live.iter_lines():
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))


@pytest.fixture
def page(sandbox: Sandbox) -> Page:
    return Page(sandbox)


def test_the_page_and_its_files_come_from_here_alone(page: Page) -> None:
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    names = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(names) > 5
    for name in names:
        file = requests.get(f"{page.url}/{name}", timeout=SECONDS)
        assert file.status_code == 200, name
        imports = re.findall(r'from "\./([\w.]+)"', file.text)
        for each in imports:
            assert requests.get(f"{page.url}/{each}", timeout=SECONDS).status_code == 200, each


@pytest.mark.parametrize("path", ["/../server.py", "/nothing.js", "/api/nothing", "/api/event/x"])
def test_nothing_else_can_be_asked_for(page: Page, path: str) -> None:
    headers = {"X-Rehearsal-Token": page.token}
    assert requests.get(page.url + path, headers=headers, timeout=SECONDS).status_code == 404


def test_each_run_has_a_token_of_its_own(page: Page) -> None:
    with Sandbox(seed=1) as other:
        assert Page(other).token != page.token


def test_another_site_cannot_drive_the_bot(page: Page, sandbox: Sandbox) -> None:
    evil = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    body = json.dumps({"user": "U0BOB", "channel": "C0OPS", "text": "hello"})
    answer = requests.post(f"{page.url}/api/enter", data=body, headers=evil, timeout=SECONDS)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert sandbox.slack.messages("C0OPS") == []


def test_a_foreign_name_that_resolves_to_loopback_sees_nothing(page: Page) -> None:
    answer = requests.get(page.url, headers={"Host": "evil.example"}, timeout=SECONDS)
    assert answer.status_code == 403
    assert page.token not in answer.text


def test_the_stream_tells_everything_and_then_what_changes(page: Page, sandbox: Sandbox) -> None:
    stream = page.stream("U0ANN")
    first = next(stream)
    assert first["all"]
    assert {"channel/C0OPS", "channel/D0ANN", "image/62137902", "person/U0DAN"} <= set(first["set"])
    assert "channel/D0BOB" not in first["set"]
    message = sandbox.slack.say("U0BOB", "C0OPS", "hello")
    second = next(stream)
    key = f"message/C0OPS/{message.ts}"
    assert second["set"][key]["text"] == "hello"
    assert not second["all"]
    sandbox.slack._thread.call(sandbox.slack.workspace.delete, message)
    assert next(stream)["gone"] == [key]


def test_what_one_person_alone_sees_is_told_to_nobody_else(page: Page, sandbox: Sandbox) -> None:
    sandbox.slack.workspace.whisper("C0OPS", "U0ANN", "psst")
    sandbox.slack.workspace.post("D0BOB", "U0BOT", "for bob")
    ann, bob = json.dumps(next(page.stream("U0ANN"))), json.dumps(next(page.stream("U0BOB")))
    assert "psst" in ann
    assert "psst" not in bob
    assert "for bob" not in ann


def test_nobody_looks_as_the_bot_or_as_a_stranger(page: Page) -> None:
    for user in ("U0BOT", "U0NOBODY", ""):
        assert list(page.stream(user)) == []


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("enter", {"user": "U0ANN", "channel": "C0OPS", "text": "  "}, "type something"),
        ("enter", {"user": "U0ANN"}, "missing"),
        ("enter", {"user": "U0ANN", "channel": "C0NONE", "text": "/image"}, "C0NONE"),
        ("click", {"user": "U0ANN", "message": ["C0OPS", "1.2"], "action_id": "x"}, "no message"),
        ("submit", {"user": "U0ANN", "view": "V1"}, "not open any more"),
        ("switch", {"name": "gravity", "on": True}, "no switch"),
        ("clock", {"speed": -1}, "between"),
        ("clock", {"speed": None}, ""),
        ("end_action", {"id": 1, "outcome": "exploded"}, "ends completed or errored"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    page: Page, sandbox: Sandbox, name: str, body: dict[str, Any], said: str
) -> None:
    sandbox.slack.connect_http("http://127.0.0.1:9/")
    answer = page.post(name, **body)
    assert answer.status_code == 400
    assert said in answer.json()["refused"]


def test_an_answer_of_any_length_does_not_fill_the_memory(page: Page) -> None:
    answer = page.post("enter", user="U0ANN", channel="C0OPS", text="x" * 300_000)
    assert answer.status_code == 400
    assert "too long" in answer.json()["refused"]


def test_switches_are_planned_anew_each_time(page: Page, sandbox: Sandbox) -> None:
    for name in ("slow", "fail", "cut_after", "twice"):
        page.post("switch", name=name, on=True)
    assert sandbox.digitalocean.faults.late > 0
    assert sandbox.digitalocean.faults.pending == 2
    assert sandbox.slack.faults.repeats.pending == 1
    for name in ("slow", "fail"):
        page.post("switch", name=name, on=False)
    assert sandbox.digitalocean.faults.late == 0
    assert sandbox.digitalocean.faults.pending == 1
    first = next(page.stream("U0ANN"))["set"]["account/switches"]["switches"]
    assert [each["name"] for each in first if each["on"]] == ["cut_after", "twice"]


def test_progress_of_an_image_action(page: Page, sandbox: Sandbox) -> None:
    sandbox.digitalocean.action_seconds = 100
    page.post("clock", speed=0)
    action = sandbox.digitalocean.act(62137902, {"type": "transfer", "region": "nyc3"})
    sandbox.digitalocean.account.clock.advance(40)
    shown = next(page.stream("U0ANN"))["set"][f"action/{action.id}"]
    assert (shown["progress"], shown["status"]) == (40, "in-progress")
    page.post("end_action", id=action.id, outcome="errored")
    assert sandbox.digitalocean.actions[0].status == "errored"


def test_the_transfer_that_is_suggested_would_be_taken(page: Page, sandbox: Sandbox) -> None:
    def suggested() -> list[str]:
        facts: dict[str, str] = next(page.stream("U0ANN"))["set"]["account/facts"]
        return facts["try"].split()

    assert suggested() == ["transfer", "62137902", "nyc3"]
    for _ in range(3):
        kind, image, region = suggested()
        sandbox.digitalocean.act(int(image), {"type": kind, "region": region})
    assert len(sandbox.digitalocean.actions) == 3


def test_an_image_removed_and_the_budget_used_up(page: Page, sandbox: Sandbox) -> None:
    page.post("remove_image", id=62137902)
    page.post("use_up_calls", left=7)
    assert 62137902 not in sandbox.digitalocean.images
    assert sandbox.digitalocean.calls_left == 7


def test_one_entry_of_the_log_in_full(page: Page, sandbox: Sandbox) -> None:
    entry = sandbox.log.note("note", "something", body={"all": ["of", "it"]})
    headers = {"X-Rehearsal-Token": page.token}
    answer = requests.get(f"{page.url}/api/event/{entry.seq}", headers=headers, timeout=SECONDS)
    assert answer.json() == {"detail": {"body": {"all": ["of", "it"]}}}
