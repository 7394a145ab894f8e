"""A head of the audit log: what shows, kept elsewhere, that the log was written anew.

It is told as one line of JSON: `at`, `time`, `position` and `hash` of the newest row; with a key,
also `key` and `signature` (`bot.anchors.signing`). Every sink takes that same line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.anchors.signing import Keys
from bot.domain.events import Event
from bot.errors import BotError
from bot.store import audit
from bot.store.audit import Entry
from bot.store.audit_export import iso

_HEX = re.compile(r"[0-9a-f]*")
_BEGIN = '{"at"'
_NO_HEADS = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
_OUT_OF_ORDER_SECONDS = 300.0
"""Heads are sent by several threads and replicas: so far a later one may be of an earlier row."""


@dataclass(frozen=True)
class Head:
    """The head of the log at one moment (`at` in epoch seconds, `time` in ISO 8601).

    `key` and `signature` are empty where it is not signed.
    """

    at: float
    time: str
    position: int
    hash: str
    key: str = ""
    signature: str = ""

    def line(self) -> str:
        """One line of JSON, without what is empty."""
        return json.dumps({name: value for name, value in asdict(self).items() if value != ""})


def read(path: Path) -> list[Head]:
    """The heads in a file: of `IMAGE_BOT_ANCHOR`, of a syslog collector, or of OTLP as JSON.

    Raises:
        BotError: it cannot be read, or holds none.
    """
    try:
        found = list(_found(path.read_text(encoding="utf-8").splitlines()))
    except _NO_HEADS as error:
        raise BotError(f"{path} holds no heads of an audit log: {error}.", _NAME_ONE) from error
    if not found:  # who empties it must not make it agree with every log
        raise BotError(f"{path} holds no heads of an audit log.", _NAME_ONE)
    return found


_NAME_ONE = "Name what IMAGE_BOT_ANCHOR names, or the file of the collector that got the heads."


def _found(lines: Iterable[str]) -> Iterator[Head]:
    for line in lines:
        if line.startswith("{") and "resourceLogs" in line:
            for said in _bodies(json.loads(line)):
                yield from in_text(said)
        elif line.startswith("{"):
            yield _head(json.loads(line))
        else:
            yield from in_text(line)


def in_text(text: str) -> Iterator[Head]:
    """The head that a line of another's holds, such as a syslog message; none: it holds none.

    Raises:
        ValueError: it is damaged.
    """
    at = text.find(_BEGIN)
    if at >= 0:
        yield _head(json.JSONDecoder().raw_decode(text, at)[0])


def _bodies(told: Any) -> Iterator[str]:
    """The texts of the log records of one OTLP message."""
    for resource in told["resourceLogs"]:
        for scope in resource["scopeLogs"]:
            for record in scope["logRecords"]:
                yield str(record["body"]["stringValue"])


def _head(row: Any) -> Head:
    try:
        head = Head(
            float(row["at"]),
            str(row["time"]),
            int(row["position"]),
            str(row["hash"]),
            str(row.get("key", "")),
            str(row.get("signature", "")),
        )
    except KeyError as error:
        raise ValueError(f"a head without {error}") from error
    # It is shown in a terminal: whoever writes here must not write over what stands there.
    if head.time != iso(head.at) or not all(map(_HEX.fullmatch, (head.hash, head.key))):
        raise ValueError("a head whose time, hash or key is none")
    return head


def unproved(heads: Iterable[Head], keys: Keys) -> list[str]:
    """Which heads were not signed with one of the keys."""
    told = ((a, keys.problem(a.at, a.position, a.hash, a.key, a.signature)) for a in heads)
    return [f"the head kept at {a.time} {problem}" for a, problem in told if problem]


def went_back(heads: Iterable[Head]) -> list[str]:
    """Where a log is shorter than one of its earlier heads: an older database took its place."""
    problems = []
    longest: Head | None = None
    for head in sorted(heads, key=lambda each: each.at):
        if longest is not None and head.position < longest.position:
            if head.at - longest.at > _OUT_OF_ORDER_SECONDS:
                problems.append(
                    f"the log had {longest.position} rows at {longest.time} and only"
                    f" {head.position} at {head.time}: it was cut off, or an older database ran"
                )
                longest = head
        else:
            longest = head
    return problems


class _KeyInForce:
    """With which key heads are signed, as the log has it: whoever holds an older one signs nothing
    of what came after it."""

    def __init__(self) -> None:
        self._key, self._since = "", 0.0

    def take(self, entry: Entry) -> None:
        if entry.event != Event.ANCHOR_KEY:
            return
        try:
            self._key, self._since = str(json.loads(entry.facts)["key"]), entry.at
        except (ValueError, KeyError, TypeError, RecursionError):
            self._key = ""  # the row is found to be changed

    def replaced(self, head: Head, entry: Entry) -> str:
        """Why a head of a row cannot be believed; empty: it can. A replica may be behind."""
        is_old = head.key and self._key and head.key != self._key
        if not is_old or entry.at - self._since <= _OUT_OF_ORDER_SECONDS:
            return ""
        return (
            f"the head kept at {head.time}, of row {entry.position}, is signed with the key"
            f" {head.key}, which {self._key} had replaced before that row"
        )


def compare(chain: Iterable[Entry], heads: Iterable[Head], problems: list[str]) -> Iterator[Entry]:
    """The same chain; what differs from the heads is added to `problems`."""
    waiting: dict[int, list[Head]] = {}
    for head in heads:
        waiting.setdefault(head.position, []).append(head)
    for told in waiting.pop(0, ()):
        if told.hash != audit.GENESIS:
            problems.append(f"the head kept at {told.time} is of no row")
    key = _KeyInForce()
    for entry in chain:
        key.take(entry)
        for head in waiting.pop(entry.position, ()):
            if head.hash != entry.hash:
                problems.append(
                    f"row {entry.position} is another than it was at {head.time}:"
                    " the log was written anew"
                )
            if replaced := key.replaced(head, entry):
                problems.append(replaced)
        yield entry
    for position, head in ((p, a) for p, left in sorted(waiting.items()) for a in left):
        problems.append(
            f"row {position} was there at {head.time} and is missing: the log was cut off, or"
            " this is an older database"
        )
