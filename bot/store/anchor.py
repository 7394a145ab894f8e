"""Heads of the audit log kept outside the database: what shows that a log was written anew.

A file of JSON Lines that is appended to: `at`, `time`, `position` and `hash` of the newest row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError
from bot.store.audit import Entry
from bot.store.audit_export import iso


@dataclass(frozen=True)
class Anchor:
    """The head of the log at one moment (`time` in ISO 8601)."""

    time: str
    position: int
    hash: str


class AnchorFile:
    """Where heads are appended to; put it where whoever writes the database cannot."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, at: float, position: int, head: str) -> None:
        """Write one head, and have it on the disk.

        Raises:
            OSError: it was not written.
        """
        told = {"at": at, "time": iso(at), "position": position, "hash": head}
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
        file = os.open(self._path, flags, 0o600)
        try:
            os.write(file, (json.dumps(told) + "\n").encode())
            os.fsync(file)
        finally:
            os.close(file)


def read(path: Path) -> list[Anchor]:
    """The heads in an anchor file.

    Raises:
        BotError: it cannot be read, or holds something else.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [Anchor(str(r["time"]), int(r["position"]), str(r["hash"])) for r in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BotError(
            f"{path} holds no heads of an audit log: {error}.", "Name what IMAGE_BOT_ANCHOR names."
        ) from error


def compare(
    chain: Iterable[Entry], anchors: Iterable[Anchor], problems: list[str]
) -> Iterator[Entry]:
    """The same chain; what differs from the heads is added to `problems`."""
    waiting: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        waiting.setdefault(anchor.position, []).append(anchor)
    for entry in chain:
        for anchor in waiting.pop(entry.position, ()):
            if anchor.hash != entry.hash:
                problems.append(
                    f"row {entry.position} is another than it was at {anchor.time}:"
                    " the log was written anew"
                )
        yield entry
    for position, anchor in ((p, a) for p, left in sorted(waiting.items()) for a in left):
        problems.append(
            f"row {position} was there at {anchor.time} and is missing: the log was cut off, or"
            " this is an older database"
        )
