"""A card that waits, on a phone: ten lines, one more where there are votes; buttons above."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import driver
from browser.person import ANN, CHANNEL, OPS, Person

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
    button = next(b for b in card.find_elements("css selector", "button") if b.text == "Approve")
    assert button.rect["y"] + button.rect["height"] - card.rect["y"] < PHONE_HEIGHT / 3
