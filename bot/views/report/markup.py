"""Parts of a page for auditors: text made harmless, tables, links.

Everything that people or DigitalOcean wrote goes through `text`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from bot.store.audit import Entry


def text(value: object) -> str:
    """Anything as HTML text: what would reorder, hide or break it is shown by its number."""
    return "".join(map(_shown, str(value)))


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return escape(character, quote=True)
    return f'<span class="odd">U+{ord(character):04X}</span>'


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def cells(*html: str) -> tuple[Html, ...]:
    """A row of a table whose cells are HTML already."""
    return tuple(map(Html, html))


def pairs(*named: tuple[str, object]) -> Iterator[str]:
    """A list of names and values; a value that is no `Html` is text."""
    yield "<dl>"
    for name, value in named:
        yield f"<div><dt>{name}</dt><dd>{_cell(value)}</dd></div>"
    yield "</dl>"


def table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table; on a narrow screen each cell shows the name of its column."""
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    yield f"<table><thead><tr>{head}</tr></thead><tbody>"
    for row in rows:
        named = zip(names, row, strict=True)
        told = "".join(f'<td data-name="{name}">{_cell(cell)}</td>' for name, cell in named)
        yield f"<tr>{told}</tr>"
    yield "</tbody></table>"


def _cell(value: object) -> str:
    return value if isinstance(value, Html) else text(value)


def hashed(value: str) -> Html:
    """A digest."""
    return Html(f'<code class="hash">{text(value)}</code>')


def joined(values: object) -> str:
    """The people of a list, as text."""
    listed = values if isinstance(values, list) else []
    return ", ".join(map(str, listed)) or "nobody"


def plain(value: object) -> str:
    """A value of the log as text."""
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return (
        value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    )


def moment(at: float) -> str:
    """A time in UTC; what is none is said to be that."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "no time"


def who(row: Entry) -> str:
    """Who acted, as HTML."""
    return f"<code>{text(row.actor)}</code>"


def row_link(row: Entry) -> str:
    """The number of a row, which leads to it."""
    return f'<a href="#row-{row.position}">{row.position}</a>'


def chained(rows: Iterable[Entry]) -> Iterator[str]:
    """Rows as the log holds them, each with its place in the chain."""
    shown = (_chained(row) for row in rows)
    yield from table(("Row", "When", "Event", "Who", "Facts", "Hash"), shown)


def _chained(row: Entry) -> tuple[Html, ...]:
    told = text(_spaced(row.facts))
    facts = f"<pre>{told}</pre>" if told != "{}" else ""
    place = f'<span id="row-{row.position}">{row.position}</span>'
    return cells(place, moment(row.at), text(row.event), who(row), facts, hashed(row.hash))


def _spaced(facts: str) -> str:
    """JSON with a space after each comma, where a line can break."""
    try:
        return json.dumps(json.loads(facts), ensure_ascii=False)
    except (ValueError, RecursionError):
        return facts


def request_link(row: Entry) -> str:
    """The number of a row's request, which leads to it; empty where it has none."""
    number = row.ops_request
    return "" if number is None else f'<a href="#request-{number}">{number}</a>'


def policy_link(digest: str) -> str:
    """The digest of a policy, which leads to its text."""
    shown = f"<code>{text(digest)}</code>"
    return f'<a href="#{policy_id(digest)}">{shown}</a>' if digest else "not told"


def policy_id(digest: str) -> str:
    """The `id` of a policy on the page, whatever an altered log calls its digest."""
    return f"policy-{''.join(c for c in digest if c.isascii() and c.isalnum())}"
