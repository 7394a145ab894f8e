"""Where things stand in a TOML text: `tomllib` checks a file but forgets its lines.

Only for text that `tomllib` has accepted, so this walks and never judges.
"""

from __future__ import annotations

import tomllib
from typing import Any

Path = tuple[str | int, ...]

_BLANK = " \t\r\n"
_QUOTES = ('"""', "'''", '"', "'")


def lines_of(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and list item, by its path in the parsed document.

    `[[rule]]` of the first rule is `("rule", 0)`; its key `regions` is `("rule", 0, "regions")`.
    """
    walk = _Walk(text.replace("\r\n", "\n"))
    walk.document()
    return walk.lines


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}
        """How many tables each `[[array]]` has so far."""

    def document(self) -> None:
        table: Path = ()
        self._skip_blank()
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self._header("]]", one_more=True)
            elif self.text.startswith("[", self.at):
                table = self._header("]", one_more=False)
            else:
                self._pair(table)
            self._skip_blank()

    def _header(self, closing: str, *, one_more: bool) -> Path:
        line = self._line()
        self.at += len(closing)
        path: Path = ()
        *parents, last = self._key("]")
        self.at += len(closing)
        for part in parents:
            self.lines.setdefault((*path, part), line)
            path = self._inside((*path, part))
        path = (*path, last)
        if one_more:
            self.lines.setdefault(path, line)
            self._tables[path] = self._tables.get(path, 0) + 1
            path = self._inside(path)
        self.lines[path] = line
        return path

    def _inside(self, path: Path) -> Path:
        count = self._tables.get(path)
        return path if count is None else (*path, count - 1)

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for part in self._key("="):
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.at += 1
        self._value(path)

    def _key(self, end: str) -> list[str]:
        """The parts of a dotted key; stops at `end`."""
        start = self.at
        while self.text[self.at] != end:
            if not self._skip_string():
                self.at += 1
        found: Any = tomllib.loads(f"{self.text[start : self.at]} = 0")
        parts = []
        while isinstance(found, dict):
            part, found = next(iter(found.items()))
            parts.append(part)
        return parts

    def _value(self, path: Path) -> None:
        self._skip_blank()
        if self.text.startswith("[", self.at):
            self._list(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        elif not self._skip_string():
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _list(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._more("]"):
            self.lines[*path, index] = self._line()
            self._value((*path, index))
            index += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._more("}"):
            self._pair(path)
        self.at += 1

    def _more(self, closing: str) -> bool:
        self._skip_blank()
        if self.text[self.at] == ",":
            self.at += 1
            self._skip_blank()
        return self.text[self.at] != closing

    def _skip_blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _BLANK + "#":
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                self.at += 1

    def _skip_string(self) -> bool:
        quote = next((q for q in _QUOTES if self.text.startswith(q, self.at)), None)
        if quote is None:
            return False
        self.at += len(quote)
        while not self.text.startswith(quote, self.at):
            self.at += 2 if quote[0] == '"' and self.text[self.at] == "\\" else 1
        self.at += len(quote)
        # A multi-line string may end in quotes of its own: """a"""" is a".
        while len(quote) == 3 and self.text.startswith(quote[0], self.at):
            self.at += 1
        return True

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1
