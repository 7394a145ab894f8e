"""Phrases of messages about a file: what stood there, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_LONGEST_COMPARED = 100
_LONGEST_SHOWN = 60


def hint(found: str, known: Iterable[str]) -> str:
    """`: did you mean “nyc3”?`, or nothing where nothing is near."""
    near = get_close_matches(found[:_LONGEST_COMPARED].lower(), list(known), n=1)
    return f": did you mean “{near[0]}”?" if near else ""


def plain(value: Any) -> str:
    """What stood in the file, short enough for a message."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
