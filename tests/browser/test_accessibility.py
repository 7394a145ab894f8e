"""axe finds nothing wrong with labels, roles and contrast, in light and dark, wide and narrow."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
from browser import driver, gallery
from browser.person import ANN, BOB, CHANNEL, DIALOG, OPS, THREAD, Person
from selenium.webdriver.common.keys import Keys

from rehearsal import Sandbox

_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
  .then((found) => done(found.violations), (error) => done([{id: String(error), nodes: []}]));
"""


def _wrong(person: Person) -> list[str]:
    """What axe finds on the page as it stands, one line each."""
    source = (resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")
    person.driver.execute_script(source)
    found: list[dict[str, Any]] = person.driver.execute_async_script(_RUN)
    return [
        f"{each['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_desk(person: Person, sandbox: Sandbox, scheme: str) -> None:
    driver.set_scheme(person.driver, scheme)
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    sandbox.slack.say(BOB, OPS, "hello @ann", sandbox.slack.messages(OPS)[0].ts)
    person.types("/im", enter=False)
    assert _wrong(person) == []
    person.becomes(BOB)
    person.clicks(".replies", CHANNEL)
    person.sees("hello", THREAD)
    assert _wrong(person) == []
    person.clicks("[data-action=deny]", CHANNEL)
    person.sees("Why?", DIALOG)
    person.clicks("button[type=submit]", DIALOG)
    person.sees("Please fill this in", DIALOG)
    assert _wrong(person) == []
    person.button("Back", DIALOG)
    person.sees_no_more(DIALOG)
    person.clicks("#tab-events")
    person.clicks("#page-events summary")
    person.sees("{", "#page-events [open] pre")
    assert _wrong(person) == []
    person.clicks("[data-place=home]")
    assert _wrong(person) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_that_can_be_drawn(person: Person, sandbox: Sandbox, scheme: str) -> None:
    driver.set_scheme(person.driver, scheme)
    workspace = sandbox.slack.workspace
    workspace.post(OPS, "U0BOT", "everything", gallery.message_blocks())
    person.sees("A container")
    assert _wrong(person) == []
    workspace.modals[ANN] = [workspace.new_view(ANN, gallery.modal())]
    person.sees("Everything", DIALOG)
    assert _wrong(person) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone(phone: Person, scheme: str) -> None:
    driver.set_scheme(phone.driver, scheme)
    phone.types("/image transfer 62137902 nyc3")
    phone.sees("Pending approval")
    assert _wrong(phone) == []
    phone.becomes(BOB)
    phone.clicks("[data-action=deny]", CHANNEL)
    phone.sees("Why?", DIALOG)
    assert _wrong(phone) == []
    phone.button("Back", DIALOG)
    phone.sees_no_more(DIALOG)
    phone.clicks(".replies, .reply", CHANNEL)
    phone.sees("Thread", THREAD)
    assert _wrong(phone) == []
    phone.clicks("#open-controls")
    phone.sees("Break it", "#controls")
    assert _wrong(phone) == []
    phone.clicks("#tab-events")
    assert _wrong(phone) == []
    phone.clicks("#open-places")
    assert _wrong(phone) == []
    phone.clicks("[data-place=dm]")
    phone.sees("has been turned off")
    assert _wrong(phone) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_where_nothing_was_said_and_in_dialogs(person: Person, scheme: str) -> None:
    driver.set_scheme(person.driver, scheme)
    assert _wrong(person) == []
    person.visits(ANN, "G0PRIVATE")
    person.sees("Invite it")
    assert _wrong(person) == []
    person.visits()
    person.clicks("[data-switch=cut_before]")
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    person.becomes(BOB)
    person.clicks("[data-action=approve]", CHANNEL)
    person.sees("Needs attention", seconds=30)
    person.clicks("[data-action=post_again]", CHANNEL)
    person.sees("Send again?", DIALOG)
    assert _wrong(person) == []
    person.presses(Keys.ESCAPE)
    person.button("Transfer an image")
    person.until(lambda: person.find(f"{DIALOG} [role=combobox]"), "the form")
    person.presses("web")
    person.sees("web-1 weekly", DIALOG)
    assert _wrong(person) == []
