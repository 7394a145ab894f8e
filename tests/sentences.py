"""Every sentence for people that stands in the source, in one text to be read at a go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACES = ("bot", "handlers")
_FEWEST_WORDS = 3


def everything() -> str:
    """One paragraph a file, one line a sentence; what is filled in stands in braces."""
    parts = []
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            found = list(dict.fromkeys(of_file(path)))
            if found:
                name = path.relative_to(ROOT).as_posix()
                parts.append("\n".join([f"## {name}", "", *found, ""]))
    return "\n".join(parts)


def of_file(path: Path) -> Iterator[str]:
    """The sentences of one module, in their order, without docstrings and log messages."""
    for _, text in of_tree(ast.parse(path.read_text(encoding="utf-8"))):
        yield text


def of_tree(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """The same, each with where it stands."""
    hidden = set(_not_for_people(tree))
    for node in ast.walk(tree):
        if node in hidden or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = _written(node)
        if _is_said(text):
            yield node, " ".join(text.split())


def _not_for_people(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):  # docstrings, also those below a constant
            for each in body:
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                    yield each.value
        if isinstance(node, ast.JoinedStr):  # its parts are read with the whole
            yield from (part for part in node.values if isinstance(part, ast.Constant))
        if isinstance(node, ast.Call) and _is_log(node.func):
            for argument in node.args:
                yield from ast.walk(argument)


def _is_log(called: ast.expr) -> bool:
    named = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)
    return named and called.value.id in ("log", "logging", "re")  # type: ignore[attr-defined]


def _written(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values
    )


def _is_said(text: str) -> bool:
    """Whether it is meant to be read: some words, with a capital or an end like a sentence's."""
    words = [word for word in text.split() if any(letter.isalpha() for letter in word)]
    is_code = text.lstrip().startswith(("SET ", "DELETE ", "COMMENT ", "state IN", ":root", "<"))
    return len(words) >= _FEWEST_WORDS and not is_code
