"""Block Kit on the page: everything is drawn, everything can be used, and the app hears it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from browser import driver, gallery
from browser.person import ANN, CHANNEL, DIALOG, OPS, Person
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from rehearsal import Sandbox
from rehearsal.slack.block_kit import problems_of_message, problems_of_view
from rehearsal.slack.blocks import BLOCKS, NOT_FOR

Heard = list[dict[str, Any]]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone, without the bot."""
    with Sandbox(lifetime=120) as running:
        yield running


@pytest.fixture
def heard(sandbox: Sandbox) -> Iterator[Heard]:
    """What an app is told that says yes to everything, and offers what was typed."""
    told: Heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            payload = json.loads(parse_qs(body).get("payload", ["{}"])[0])
            told.append(payload)
            offered = [gallery.option(f"{payload.get('value')}-{n}") for n in range(2)]
            suggests = payload.get("type") == "block_suggestion"
            answer = json.dumps({"options": offered}).encode() if suggests else b""
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if answer else "text/plain")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    sandbox.slack.connect_http(url, menus_url=url)
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def shown(sandbox: Sandbox, heard: Heard, person: Person) -> Person:
    """A message with everything in it, in front of ann."""
    blocks = gallery.message_blocks()
    assert problems_of_message({"text": "", "blocks": blocks}) == []
    sandbox.slack.workspace.post(OPS, "U0BOT", "everything", blocks)
    driver.set_size(person.driver, 1280, 2600)
    person.sees("A container")
    return person


@pytest.fixture
def form(sandbox: Sandbox, heard: Heard, person: Person) -> Person:
    """A modal with everything in it, open before ann."""
    view = gallery.modal()
    assert problems_of_view(view) == []
    workspace = sandbox.slack.workspace
    workspace.modals[ANN] = [workspace.new_view(ANN, view)]
    driver.set_size(person.driver, 1280, 1400)
    person.sees("Everything", DIALOG)
    return person


def test_the_gallery_holds_every_block_a_message_takes() -> None:
    held = {each["type"] for each in gallery.message_blocks()}
    assert held == set(BLOCKS) - NOT_FOR["message"] - {"file", "video", "context_actions"}


def test_every_block_of_a_message_is_drawn(shown: Person) -> None:
    assert shown.driver.find_elements("css selector", ".unknown") == []
    text = shown.text(CHANNEL)
    for words in (
        "bold, italic, struck, code, a link, @ann, @ops, #prod, @here, 🚀 :no_such_emoji:, 1 < 2",
        "pre *formatted*",
        "rich @bob🎉there",
    ):
        assert words in text
    assert re.search(r"quoted (\d+ \w+ \d+|Today|Tomorrow|Yesterday) at \d\d:\d\d", text)
    link = shown.find(".message a")
    assert link.get_attribute("href") == "https://example.com/a?b=1&c=2"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_a_confirm_dialog_stands_before_its_button(shown: Person, heard: Heard) -> None:
    shown.clicks("[data-action=plain]", CHANNEL)
    shown.button("Leave it", DIALOG)
    shown.sees_no_more(DIALOG)
    assert heard == []
    shown.clicks("[data-action=plain]", CHANNEL)
    shown.button("Do it", DIALOG)
    shown.until(lambda: heard, "the click")
    assert heard[0]["actions"][0]["value"] == "v"


def test_menus_of_a_message_tell_what_was_chosen(shown: Person, heard: Heard) -> None:
    Select(shown.find(f"{CHANNEL} [data-focus=static_select]")).select_by_visible_text("Two")
    shown.until(lambda: len(heard) == 1, "the choice")
    shown.clicks("[data-focus=overflow]", CHANNEL)
    shown.presses(Keys.ARROW_DOWN, Keys.ENTER)
    shown.until(lambda: len(heard) == 2, "the choice from the overflow menu")
    shown.clicks("[data-focus='radio=three']", CHANNEL)
    shown.until(lambda: len(heard) == 3, "the radio button")
    chosen = [each["actions"][0]["selected_option"]["value"] for each in heard]
    assert chosen == ["two", "two", "three"]


def test_what_is_typed_into_an_external_menu_is_offered_and_chosen(
    shown: Person, heard: Heard
) -> None:
    shown.find(f"{CHANNEL} [aria-label='Choose: external_select']").send_keys("web")
    shown.sees("Web-1", CHANNEL)
    shown.presses(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    chose = "block_actions"
    shown.until(lambda: any(each["type"] == chose for each in heard), "the choice")
    assert heard[-1]["actions"][0]["selected_option"]["value"] == "web-1"


def test_a_form_is_filled_in_and_sent(form: Person, heard: Heard) -> None:
    form.find(f"{DIALOG} [data-block=plain_text_input] input").send_keys("so")
    form.clicks("button[type=submit]", DIALOG)
    form.sees("At least 3 characters", DIALOG)
    form.presses(Keys.END, "me")
    form.find(f"{DIALOG} [data-block=external_select] input").send_keys("im")
    form.sees("Im-0", DIALOG)
    form.presses(Keys.ENTER)
    form.find(f"{DIALOG} [data-block=multi_static_select] input").send_keys("t")
    form.sees("Three", f"{DIALOG} [data-block=multi_static_select]")
    form.presses(Keys.ENTER)
    form.clicks("[data-block=radio_buttons] label", DIALOG)
    form.clicks("button[type=submit]", DIALOG)
    form.sees_no_more(DIALOG)
    values = {block: held["value"] for block, held in heard[-1]["view"]["state"]["values"].items()}
    assert values["plain_text_input"]["value"] == "some"
    assert values["static_select"]["selected_option"]["value"] == "two"
    assert values["external_select"]["selected_option"]["value"] == "im-0"
    assert [each["value"] for each in values["multi_static_select"]["selected_options"]] == ["two"]
    assert values["radio_buttons"]["selected_option"]["value"] == "three"
    assert [each["value"] for each in values["checkboxes"]["selected_options"]] == ["one"]
    assert values["conversations_select"]["selected_conversation"] == OPS
    assert values["number_input"]["value"] is None


def test_what_was_typed_outlives_an_update_of_the_form(form: Person, sandbox: Sandbox) -> None:
    form.find(f"{DIALOG} [data-block=plain_text_input] input").send_keys("kept")
    workspace = sandbox.slack.workspace
    view = workspace.modals[ANN][0]
    extra = {"type": "section", "text": gallery.plain("It has changed.")}
    payload = {**view.payload, "blocks": [*view.payload["blocks"], extra]}
    workspace.put_view(workspace.changed_view(view, payload))
    form.sees("It has changed.", DIALOG)
    typed = form.find(f"{DIALOG} [data-block=plain_text_input] input")
    assert typed.get_attribute("value") == "kept"
    assert form.driver.switch_to.active_element == typed
