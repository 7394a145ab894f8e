"""Everything the bot draws, against the golden files that people looked at.

After a wanted change: `REWRITE_GOLDEN=1 python -m pytest tests/unit/views/test_golden.py`,
then look at what `git diff tests/golden` shows, and at the pictures.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drawn import everything

from rehearsal.slack.block_kit import problems_of_message, problems_of_view

GOLDEN = Path(__file__).parents[2] / "golden"
DRAWN = everything()


def _problems(drawn: dict[str, Any]) -> list[str]:
    return problems_of_view(drawn) if "type" in drawn else problems_of_message(drawn)


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_drawn_as_it_was_looked_at(name: str) -> None:
    path = GOLDEN / f"{name}.json"
    text = json.dumps(DRAWN[name], indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", DRAWN)
def test_slack_would_take_it(name: str) -> None:
    assert _problems(DRAWN[name]) == []


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(DRAWN)


@pytest.mark.parametrize("name", [name for name in DRAWN if "type" not in DRAWN[name]])
def test_the_text_stands_alone(name: str) -> None:
    """Notifications and screen readers get the text and no blocks."""
    text = DRAWN[name]["text"]
    assert len(text) > 10
    assert "None" not in text
    assert not any("  " in line for line in text.split("\n"))


def test_every_button_says_to_a_screen_reader_what_it_is_about() -> None:
    silent = []
    for file in sorted(GOLDEN.glob("*.json")):
        for found in _buttons(json.loads(file.read_text(encoding="utf-8"))):
            if not str(found.get("accessibility_label", "")).startswith(found["text"]["text"]):
                silent.append((file.name, found["action_id"]))
    assert silent == []


def _buttons(drawn: object) -> Iterator[dict[str, Any]]:
    if isinstance(drawn, dict):
        if drawn.get("type") == "button":
            yield drawn
        for value in drawn.values():
            yield from _buttons(value)
    elif isinstance(drawn, list):
        for each in drawn:
            yield from _buttons(each)
