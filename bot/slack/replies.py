"""The fields of Slack's answers: what is not of its type counts as not told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Reply = Mapping[str, Any]


def text(reply: Reply, key: str) -> str:
    """A text that can be kept anywhere; empty where none came."""
    value = reply.get(key)
    whole = value if isinstance(value, str) else ""
    return whole.encode("utf-8", "ignore").decode("utf-8").replace("\x00", "")


def texts(reply: Reply, key: str) -> frozenset[str] | None:
    """Those of a list that are texts; None where no list came."""
    value = reply.get(key)
    return frozenset(filter(_is_text, value)) if isinstance(value, list) else None


def part(reply: Reply, key: str) -> Reply:
    """An object inside; empty where none came."""
    value = reply.get(key)
    return value if isinstance(value, dict) else {}


def parts(reply: Reply, key: str) -> Iterator[Reply]:
    """The objects of a list."""
    value = reply.get(key)
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
