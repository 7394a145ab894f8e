"""The small rules a Block Kit check is put together from.

A rule looks at one value and tells `Report` what is wrong with it, at its JSON pointer, in
about the words Slack uses. `Shape` is the rule for an object: its keys, which of them must
be there, and that there are no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Report:
    """Collects what is wrong."""

    problems: list[str] = field(default_factory=list)

    def add(self, problem: str, at: str) -> None:
        self.problems.append(f"[ERROR] {problem} [json-pointer:{at or '/'}]")


Rule = Callable[[Report, str, Any], None]


@dataclass(frozen=True)
class Shape:
    """An object with these keys; `whole` looks at what several have to do with each other."""

    required: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)
    whole: Callable[[Report, str, Json], None] | None = None

    def __call__(self, report: Report, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            report.add("must be an object", at)
            return
        for key in self.required:
            if value.get(key) is None:
                report.add(f"missing required field: {key}", at)
        for key, item in value.items():
            self._check(report, f"{at}/{key}", key, item)
        if self.whole is not None:
            self.whole(report, at, value)

    def _check(self, report: Report, at: str, key: str, item: Any) -> None:
        rule = self.required.get(key) or self.optional.get(key)
        if key == "type":
            return  # whoever chose the shape has looked at it
        if rule is None:
            report.add(f"invalid additional property: {key}", at)
        elif item is not None:
            rule(report, at, item)


def string(longest: int, shortest: int = 1) -> Rule:
    """Text of `shortest` to `longest` characters."""

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, str):
            report.add("must be a string", at)
        elif len(value) > longest:
            report.add(f"must be less than {longest + 1} characters, is {len(value)}", at)
        elif len(value) < shortest:
            report.add(f"must be more than {shortest - 1} characters", at)

    return check


def one_of(*allowed: str) -> Rule:
    def check(report: Report, at: str, value: Any) -> None:
        if value not in allowed:
            report.add(f"must be one of {', '.join(allowed)}, is {value!r}", at)

    return check


def boolean(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, bool):
        report.add("must be a boolean", at)


def number(low: float | None = None, high: float | None = None) -> Rule:
    """An integer from `low` to `high`."""

    def check(report: Report, at: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            report.add("must be an integer", at)
        elif (low is not None and value < low) or (high is not None and value > high):
            report.add(f"must be from {low} to {high}, is {value}", at)

    return check


def anything(_report: Report, _at: str, _value: Any) -> None:
    """Looked at no further."""


def array(item: Rule, most: int, least: int = 1) -> Rule:
    """A list of `least` to `most` items."""

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, list):
            report.add("must be an array", at)
            return
        if len(value) > most:
            report.add(f"no more than {most} items allowed, are {len(value)}", at)
        if len(value) < least:
            report.add(f"must contain at least {least} item(s)", at)
        for index, each in enumerate(value):
            item(report, f"{at}/{index}", each)

    return check


def text(kinds: Iterable[str], longest: int) -> Rule:
    """A text object of one of `kinds`."""
    allowed = tuple(kinds)

    def check(report: Report, at: str, value: Any) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in allowed:
            report.add(f"must be a text object of type {' or '.join(allowed)}", at)
            return
        own = {"emoji": boolean} if kind == "plain_text" else {"verbatim": boolean}
        Shape({"text": string(longest)}, own)(report, at, value)

    return check


def plain(longest: int) -> Rule:
    return text(["plain_text"], longest)


def any_text(longest: int) -> Rule:
    return text(["plain_text", "mrkdwn"], longest)


def typed(shapes: Mapping[str, Rule], what: str) -> Rule:
    """An object whose `type` chooses among `shapes`."""

    def check(report: Report, at: str, value: Any) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        rule = shapes.get(kind) if isinstance(kind, str) else None
        if rule is None:
            report.add(f"unsupported type of {what}: {kind!r}", at)
        else:
            rule(report, at, value)

    return check
