"""The audit log as JSON Lines: written for outsiders, and checked without a database.

docs/audit.md describes the format, and holds a program that checks it without the bot.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from bot.domain.canonical import canonical
from bot.errors import BotError
from bot.store.audit import GENESIS, Entry, verify

_FIELDS = {field.name for field in fields(Entry)} | {"time"}
_NUMBERS = {"position": int, "at": float}
_PERHAPS_NUMBERS = ("ops_request", "image_id")


def as_json_line(entry: Entry) -> str:
    """One row as a line of JSON: `facts` opened up, and `time`, which is `at` in ISO 8601."""
    opened = {"facts": json.loads(entry.facts), "time": iso(entry.at)}
    return json.dumps(vars(entry) | opened, ensure_ascii=False)


Then = Callable[[Iterable[Entry]], Iterable[Entry]]


@dataclass
class Checked:
    """What a look at an export found. `head` is the last row's hash."""

    problems: list[str] = field(default_factory=list)
    rows: int = 0
    head: str = GENESIS


def check(lines: Iterable[str], then: Then = lambda chain: chain) -> Checked:
    """Verify an export from its first row on.

    Args:
        then: looks at each row on its way.
    """
    checked = Checked()

    def counted() -> Iterator[Entry]:
        for entry in readable(lines, checked.problems):
            checked.rows, checked.head = entry.position, entry.hash
            yield entry

    checked.problems += verify(iter(then(counted())))
    return checked


def readable(lines: Iterable[str], problems: list[str]) -> Iterator[Entry]:
    """The rows of an export; what is no row is added to `problems`."""
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            yield _entry(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number} is not a row of an export: {error}")
    if not number:  # who empties a file must not make it a whole one
        problems.append("it holds no row")


@contextmanager
def opened(file: Path) -> Iterator[TextIO]:
    """The lines of an export.

    Raises:
        BotError: the file cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            yield lines
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BotError(
            f"{file} cannot be read: {said}.", "Name what `audit export` wrote."
        ) from error


def _entry(line: str) -> Entry:
    """The row that a line holds.

    Raises:
        ValueError: it holds none, or something that the row's hash does not cover.
    """
    row = json.loads(line, object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(row, dict) or set(row) != _FIELDS:
        raise ValueError("it has not the fields of one")
    if not isinstance(row["facts"], dict):
        raise ValueError("its facts are no object")
    for name, value in row.items():
        if not _fits(name, value):
            raise ValueError(f"{name} is not what it should be")
    if row.pop("time") != iso(row["at"]):
        raise ValueError("time and at are not the same")
    canonical(row).encode()  # half a character, which no bytes are made of, is no text of ours
    return Entry(**row | {"facts": canonical(row["facts"])})


def _fits(name: str, value: Any) -> bool:
    if name == "facts":
        return True
    if name in _PERHAPS_NUMBERS:
        return value is None or type(value) is int
    return type(value) is _NUMBERS.get(name, str)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name given twice, one reader would see the first value and another the second."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _no_number(said: str) -> float:
    raise ValueError(f"{said} is not a JSON number")


def iso(at: float) -> str:
    """Epoch seconds in ISO 8601.

    Raises:
        ValueError: they are no time.
    """
    if not math.isfinite(at) or not 0 <= at < 253402300800:
        raise ValueError("at is not a time")
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
