"""Text to tables. Every problem is told at once: line, table, field, found, expected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.errors import BotError
from bot.toml.lines import Path, lines_of
from bot.toml.phrases import hint, plain
from bot.toml.table import CROSS_FIELD, repeated, repeated_name

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_OF_THE_KEY = "[key]"
"""Ends pydantic's path where a key itself is wrong."""
_Whole = TypeVar("_Whole", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file."""

    line: int | None
    place: str
    """`rule “prod”`, or empty where it is about no table."""
    field: str
    what: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else ""
        return ": ".join(
            filter(None, [", ".join(filter(None, [where, self.place, self.field])), self.what])
        )


class BrokenFile(BotError):
    """A file that does not hold; `problems` has each, in the order of lines."""

    def __init__(self, source: str, problems: Iterable[Problem], help: str) -> None:  # noqa: A002 - as in `BotError`
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        count = len(self.problems)
        head = f"{source} has {count} problem{'s' if count > 1 else ''}:"
        super().__init__("\n".join([head, *(f"  {found}" for found in self.problems)]), help)

    def __str__(self) -> str:
        return f"{self.problem}\n{self.help}"


@dataclass(frozen=True)
class Layout(Generic[_Whole]):
    """What one kind of file holds."""

    whole: type[_Whole]
    tables: Mapping[str, type[BaseModel]]
    """The model of each table, by its key; at whatever depth."""
    named: tuple[str, ...]
    """The keys of the lists of tables in which no two may have one name."""
    broken: Callable[[str, Iterable[Problem]], BrokenFile]
    """The error, of the file's name in messages and its problems."""
    if_empty: Mapping[str, str] = field(default_factory=dict)
    """What to do instead of giving a key an empty list."""
    context: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _document: {}
    """What the validators of its fields are handed of the document that they stand in."""


def load_tables(
    text: str, source: str, layout: Layout[_Whole], context: Mapping[str, Any] | None = None
) -> _Whole:
    """Read a whole file from its text.

    Args:
        source: the file's name in messages.
        context: what the validators of its fields are handed.

    Raises:
        BrokenFile: as `layout.broken` makes it; with every problem, or the first of the syntax.
    """
    text = text.removeprefix("\ufeff")
    document, problems = _parsed(text)
    if document is not None:
        try:
            known = {**(context or {}), **layout.context(document)}
            return layout.whole.model_validate(document, context=known)
        except ValidationError as error:
            file = _File(layout, document, lines_of(text))
            problems = [*file.problems(error), *file.repeated()]
    raise layout.broken(source, problems)


def _parsed(text: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """What the text holds; None: the problem says why it is not TOML."""
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        found = _PLACE.search(what)
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        what = f"this is not TOML: {_PLACE.sub('', what)}"
    except RecursionError:
        line, what = 1, "nested too deeply"
    return None, [Problem(line, "", "", what)]


@dataclass(frozen=True)
class _File:
    """A file that is TOML, and yet does not hold."""

    layout: Layout[Any]
    document: dict[str, Any]
    lines: Mapping[Path, int]

    def problems(self, error: ValidationError) -> Iterator[Problem]:
        for found in error.errors(include_url=False):
            at: Path = tuple(found["loc"])
            if found["type"] == "too_short" and found["input"]:
                continue  # an echo: its wrong items are told one by one
            if found["type"] == CROSS_FIELD:
                complaints = found["ctx"]["complaints"] if at else ()  # `repeated` tells of names
                for key, sentence in complaints:
                    yield self._problem((*at, key), sentence)
            else:
                yield self._problem(at, self._what(at, found["type"], found))

    def repeated(self) -> Iterator[Problem]:
        """Names given twice: told even where the tables have other problems."""
        for kind in self.layout.named:
            tables = self.document.get(kind)
            tables = tables if isinstance(tables, list) else []
            names = [_name(table, kind, place) for place, table in enumerate(tables, start=1)]
            for name in repeated(names):
                last = len(names) - 1 - names[::-1].index(name)
                yield self._problem((kind, last, "name"), repeated_name(name))

    def _problem(self, at: Path, what: str) -> Problem:
        at = tuple(part for part in at if part != _OF_THE_KEY)
        inner = at[2:] if len(at) > 1 and isinstance(at[1], int) else at
        key = plain(".".join(part for part in inner if isinstance(part, str))).strip('"')
        return Problem(self._line(at), self._place(at), key, what)

    def _what(self, at: Path, kind: str, found: Mapping[str, Any]) -> str:
        value = found["input"]
        if kind == "extra_forbidden":
            keys = _keys(self._table(at[:-1]))
            return f"unknown key{hint(str(at[-1]), keys) or '; known are ' + ', '.join(keys)}"
        info = self._field(at)
        expected = f"expected {info.description}" if info else "expected a table"
        if kind == "missing":
            return f"missing; {expected}"
        if kind == "value_error":
            expected = str(found["ctx"]["error"])
        elif value == [] and at[-1] in self.layout.if_empty:
            expected += f"; {self.layout.if_empty[str(at[-1])]}"
        return f"found {plain(value)}; {expected}"

    def _table(self, at: Path) -> type[BaseModel]:
        """The model of the table at a path."""
        named = [part for part in at if isinstance(part, str)]
        return self.layout.tables[named[-1]] if named else self.layout.whole

    def _field(self, at: Path) -> FieldInfo | None:
        """What the model says of the last key in a path; of any key in a table of names, what
        it says of that table."""
        *tables, key = (part for part in at if isinstance(part, str))
        if tables and tables[0] not in self.layout.tables:
            tables, key = [], tables[0]
        found = self._table(tuple(tables)).model_fields
        return next((info for name, info in found.items() if key in (name, info.alias)), None)

    def _line(self, at: Path) -> int | None:
        """The line of a path, or of what stands nearest around it."""
        around = (at[:length] for length in range(len(at), 0, -1))
        return next((self.lines[path] for path in around if path in self.lines), None)

    def _place(self, at: Path) -> str:
        if len(at) < 2 or not isinstance(at[1], int):
            return ""
        table = self.document[str(at[0])][at[1]]
        name = table.get("name") if isinstance(table, dict) else None
        shown = f"“{name}”" if isinstance(name, str) and name.isprintable() else str(at[1] + 1)
        return f"{at[0]} {shown}"


def _keys(table: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in table.model_fields.items()]


def _name(table: Any, kind: str, place: int) -> str:
    given = table.get("name") if isinstance(table, dict) else None
    return given.strip() if isinstance(given, str) else f"{kind} {place}"
