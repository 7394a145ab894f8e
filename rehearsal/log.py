"""What happened, in order: payloads sent to the bot, its Web API and DigitalOcean calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

KEPT = 10_000
"""Entries kept; older ones are dropped, so that a day-long rehearsal stays small."""

REDACTED = "•••"


@dataclass(frozen=True)
class Entry:
    """One event; `seconds` is how long it took, None while it is under way.

    Kinds: `payload` (a signed request or envelope to the bot), `web_api`, `response_url`,
    `socket`, `digitalocean`, `note`.
    """

    seq: int
    time: float
    kind: str
    summary: str
    detail: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None

    def __str__(self) -> str:
        took = "…" if self.seconds is None else f"{self.seconds * 1000:.0f} ms"
        return f"{self.seq:>5} {self.kind:<12} {took:>8}  {self.summary}"


Subscriber = Callable[[Entry], None]


class EventLog:
    """Thread-safe. An entry is announced to subscribers when it begins and when it ends."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)
        self._entries: dict[int, Entry] = {}
        self._subscribers: list[Subscriber] = []
        self._lock = threading.RLock()
        self._seq = 0

    def hide(self, secret: str) -> None:
        """Show this nowhere from now on."""
        self._secrets = (*self._secrets, secret)

    def begin(self, kind: str, summary: str, **detail: Any) -> Entry:
        """Note that something starts; its place in the order is fixed now."""
        with self._lock:
            self._seq += 1
            entry = Entry(self._seq, time.time(), kind, summary, self._redact(detail))
            self._entries[entry.seq] = entry
            if len(self._entries) > KEPT:
                del self._entries[next(iter(self._entries))]
        self._announce(entry)
        return entry

    def end(self, entry: Entry, summary: str | None = None, **detail: Any) -> Entry:
        """Note that `entry` ended, with what is known now."""
        with self._lock:
            ended = replace(
                entry,
                seconds=time.time() - entry.time,
                summary=summary or entry.summary,
                detail={**entry.detail, **self._redact(detail)},
            )
            if entry.seq in self._entries:
                self._entries[entry.seq] = ended
        self._announce(ended)
        return ended

    def note(self, kind: str, summary: str, **detail: Any) -> Entry:
        """Note something that takes no time."""
        return self.end(self.begin(kind, summary, **detail))

    def entries(self, after: int = 0, kind: str | None = None) -> list[Entry]:
        """Entries with a `seq` above `after`, oldest first."""
        with self._lock:
            found = [entry for entry in self._entries.values() if entry.seq > after]
        return [entry for entry in found if kind is None or entry.kind == kind]

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with each entry from now on; returns how to stop that.

        It is called on whichever thread logs, so it must be quick and must not raise.
        """
        with self._lock:
            self._subscribers.append(subscriber)
        return lambda: self._unsubscribe(subscriber)

    def tail(self, count: int = 25) -> str:
        """The last entries as text, for the message of a failed test."""
        return "\n".join(str(entry) for entry in self.entries()[-count:])

    def _unsubscribe(self, subscriber: Subscriber) -> None:
        with self._lock:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

    def _announce(self, entry: Entry) -> None:
        with self._lock:
            subscribers = list(self._subscribers)
        for subscriber in subscribers:
            subscriber(entry)

    def _redact(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, REDACTED)
            return value
        if isinstance(value, dict):
            return {key: self._redact(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._redact(item) for item in value]
        return value
