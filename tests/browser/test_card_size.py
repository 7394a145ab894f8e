"""A card that waits, on a phone: ten lines, one more where there are votes; buttons above.

The list of what a plan deletes is longer: it stands below the buttons, which stay above the fold.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import driver
from browser.person import ANN, CHANNEL, OPS, Person
from selenium.webdriver.remote.webelement import WebElement

from rehearsal import Sandbox
from rehearsal.slack.people import BOT_USER

GOLDEN = Path(__file__).parents[1] / "golden"
PHONE, PHONE_HEIGHT = 390, 844
_AROUND = 2
"""The name of the author above, and *Reply in thread* below."""
_LINES = """
const tops = new Set();
const walk = document.createTreeWalker(arguments[0], NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const range = document.createRange();
  range.selectNodeContents(walk.currentNode);
  for (const rect of range.getClientRects()) if (rect.width) tops.add(Math.round(rect.bottom / 8));
}
return tops.size;
"""


@pytest.mark.parametrize(("name", "most"), [("card-pending", 10), ("card-pending-one-of-two", 11)])
def test_ten_lines_and_the_buttons_above_the_fold(
    person: Person, sandbox: Sandbox, name: str, most: int
) -> None:
    drawn = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    sandbox.slack.workspace.post(OPS, BOT_USER, drawn["text"], drawn["blocks"])
    driver.set_size(person.driver, PHONE, PHONE_HEIGHT)
    person.visits(ANN, OPS)
    person.sees("Needs 1")
    card = person.find(f"{CHANNEL} .message .content")
    assert card is not None
    lines = person.driver.execute_script(_LINES, card)
    assert 5 < lines <= most + _AROUND, lines
    assert _above(card) < PHONE_HEIGHT / 3


def test_whatever_is_asked_the_buttons_stand_above_the_fold(
    person: Person, sandbox: Sandbox
) -> None:
    files = sorted(GOLDEN.glob("card-pending*.json"))
    for path in files:
        drawn = json.loads(path.read_text("utf-8"))
        sandbox.slack.workspace.post(OPS, BOT_USER, drawn["text"], drawn["blocks"])
    driver.set_size(person.driver, PHONE, PHONE_HEIGHT)
    person.visits(ANN, OPS)
    person.until(lambda: len(_cards(person)) == len(files), "all cards")
    heights = {p.stem: _above(card) for p, card in zip(files, _cards(person), strict=True)}
    assert "card-pending-delete-many" in heights
    assert {name: y for name, y in heights.items() if y > PHONE_HEIGHT * 0.4} == {}


def _cards(person: Person) -> list[WebElement]:
    return person.driver.find_elements("css selector", f"{CHANNEL} .message .content")


def _above(card: WebElement) -> float:
    """How many pixels of the card are above the end of *Approve*."""
    button = next(b for b in card.find_elements("css selector", "button") if b.text == "Approve")
    return float(button.rect["y"] + button.rect["height"] - card.rect["y"])
