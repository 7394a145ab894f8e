"""Heads of the audit log kept outside the database: what shows that a log was written anew.

A file of JSON Lines that is appended to: `at`, `time`, `position` and `hash` of the newest row;
with a key, also `key` and `signature` (`bot.store.head_signing`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain.events import Event
from bot.errors import BotError
from bot.store import audit
from bot.store.audit import Entry
from bot.store.audit_export import iso
from bot.store.head_signing import Keys, Signer
from bot.store.transaction import Transaction


@dataclass(frozen=True)
class Anchor:
    """The head of the log at one moment (`at` in epoch seconds, `time` in ISO 8601).

    `key` and `signature` are empty where it is not signed.
    """

    at: float
    time: str
    position: int
    hash: str
    key: str = ""
    signature: str = ""


class AnchorFile:
    """Where heads are appended to; put it where whoever writes the database cannot."""

    def __init__(self, path: Path, signer: Signer | None = None) -> None:
        self._path = path
        self._signer = signer

    def append(self, at: float, position: int, head: str) -> None:
        """Write one head, and have it on the disk.

        Raises:
            OSError: it was not written.
        """
        told = {"at": at, "time": iso(at), "position": position, "hash": head}
        if self._signer:
            signature = self._signer.sign(at, position, head)
            told |= {"key": self._signer.key, "signature": signature}
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
        return [
            Anchor(
                float(row["at"]),
                str(row["time"]),
                int(row["position"]),
                str(row["hash"]),
                str(row.get("key", "")),
                str(row.get("signature", "")),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BotError(
            f"{path} holds no heads of an audit log: {error}.", "Name what IMAGE_BOT_ANCHOR names."
        ) from error


def unproved(anchors: Iterable[Anchor], keys: Keys) -> list[str]:
    """Which heads were not signed with one of the keys."""
    told = ((a, keys.problem(a.at, a.position, a.hash, a.key, a.signature)) for a in anchors)
    return [f"the head kept at {a.time} {problem}" for a, problem in told if problem]


def note_key(tx: Transaction, signer: Signer) -> None:
    """Write with which key heads are signed from here on, where that was another."""
    tx.advisory_lock("anchor key")
    last = audit.last_of(tx.connection, Event.ANCHOR_KEY)
    if last is None or json.loads(last.facts)["key"] != signer.key:
        facts = {"key": signer.key, "public": signer.public}
        audit.append(tx, Event.ANCHOR_KEY, audit.BOT, facts=facts)


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
