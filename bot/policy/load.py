"""Text to `Policy`. Every problem is told at once: line, rule, field, found, expected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.errors import PolicyError
from bot.policy import fields, schema
from bot.policy.lines import Path, lines_of

HELP = "docs/policy.md explains every key, and policy.example.toml shows them at work."

_TABLES: Mapping[str, type[BaseModel]] = {
    "rule": schema.Rule,
    "freeze": schema.Freeze,
    "hours": schema.Hours,
    "quota": schema.Quota,
}
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a policy file."""

    line: int | None
    place: str
    """`rule “prod”`, or empty where it is about no rule or freeze."""
    field: str
    what: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else ""
        return ": ".join(
            filter(None, [", ".join(filter(None, [where, self.place, self.field])), self.what])
        )


class BrokenPolicy(PolicyError):
    """A policy file that does not hold; `problems` has each, in the order of lines."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        count = len(self.problems)
        head = f"{source} has {count} problem{'s' if count > 1 else ''}:"
        super().__init__("\n".join([head, *(f"  {found}" for found in self.problems)]), HELP)

    def __str__(self) -> str:
        return f"{self.problem}\n{self.help}"


def load(text: str, source: str) -> schema.Policy:
    """Read a policy from TOML; `source` is its name in messages.

    Raises:
        BrokenPolicy: a `PolicyError`; it holds every problem, or the first of the syntax.
    """
    text = text.removeprefix("\ufeff")
    document = _document(text, source)
    problems: list[Problem] = []
    try:
        policy = schema.Policy.model_validate(document)
    except ValidationError as error:
        text_lines = lines_of(text)
        problems = [*_problems(error, document, text_lines), *_repeated(document, text_lines)]
        raise BrokenPolicy(source, problems) from None
    return policy


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        found = _PLACE.search(what)
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        what = f"this is not TOML: {_PLACE.sub('', what)}"
    except RecursionError:
        line, what = 1, "nested too deeply"
    raise BrokenPolicy(source, [Problem(line, "", "", what)])


def _problems(
    error: ValidationError, document: dict[str, Any], lines: Mapping[Path, int]
) -> Iterator[Problem]:
    for found in error.errors(include_url=False):
        at: Path = tuple(found["loc"])
        if found["type"] == "too_short" and found["input"]:
            continue  # an echo: its wrong items are told one by one
        if found["type"] == schema.CROSS_FIELD:
            complaints = found["ctx"]["complaints"] if at else ()  # `_repeated` tells of names
            for field, sentence in complaints:
                yield _problem((*at, field), sentence, document, lines)
        else:
            yield _problem(at, _what(at, found["type"], found), document, lines)


def _problem(at: Path, what: str, document: dict[str, Any], lines: Mapping[Path, int]) -> Problem:
    inner = at[2:] if len(at) > 1 and isinstance(at[1], int) else at
    field = fields.plain(".".join(part for part in inner if isinstance(part, str))).strip('"')
    return Problem(_line(at, lines), _place(at, document), field, what)


def _what(at: Path, kind: str, found: Mapping[str, Any]) -> str:
    value = found["input"]
    if kind == "extra_forbidden":
        keys = _keys(_table(at[:-1]))
        return f"unknown key{fields.hint(str(at[-1]), keys) or '; known are ' + ', '.join(keys)}"
    field = _field(at)
    expected = f"expected {field.description}" if field else "expected a table"
    if kind == "missing":
        return f"missing; {expected}"
    if kind == "value_error":
        expected = str(found["ctx"]["error"])
    elif value == [] and at[-1] in schema.MATCHERS:
        expected += "; leave the key out to match everything"
    return f"found {fields.plain(value)}; {expected}"


def _table(at: Path) -> type[BaseModel]:
    """The model of the table at a path."""
    named = [part for part in at if isinstance(part, str)]
    return _TABLES[named[-1]] if named else schema.Policy


def _keys(table: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in table.model_fields.items()]


def _field(at: Path) -> FieldInfo | None:
    """What the schema says of the last key in a path."""
    *tables, key = (part for part in at if isinstance(part, str))
    found = _table(tuple(tables)).model_fields
    return next((info for name, info in found.items() if key in (name, info.alias)), None)


def _line(at: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of a path, or of what stands nearest around it."""
    around = (at[:length] for length in range(len(at), 0, -1))
    return next((lines[path] for path in around if path in lines), None)


def _place(at: Path, document: dict[str, Any]) -> str:
    if len(at) < 2 or not isinstance(at[1], int):
        return ""
    table = document[str(at[0])][at[1]]
    name = table.get("name") if isinstance(table, dict) else None
    shown = f"“{name}”" if isinstance(name, str) and name.isprintable() else str(at[1] + 1)
    return f"{at[0]} {shown}"


def _repeated(document: dict[str, Any], lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Names given twice: told even where the tables have other problems."""
    for kind in ("rule", "freeze"):
        tables = document.get(kind)
        names = [_name(table, kind, place) for place, table in enumerate(_list(tables), start=1)]
        for name in schema.repeated(names):
            last = len(names) - 1 - names[::-1].index(name)
            yield _problem((kind, last, "name"), schema.repeated_name(name), document, lines)


def _list(tables: Any) -> list[Any]:
    return tables if isinstance(tables, list) else []


def _name(table: Any, kind: str, place: int) -> str:
    given = table.get("name") if isinstance(table, dict) else None
    return given.strip() if isinstance(given, str) else f"{kind} {place}"
