"""How a sentence names people, channels, times and what others wrote: for a terminal, or in Slack.

Sentences about the policy are read in both places. Each is built once, from data, by functions
that take a voice; nothing is looked for in a sentence afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.policy.fields import DAYS
from bot.views import formats
from bot.views.escape import safe

_LONGEST = 300


class Voice(Protocol):
    """What differs between the places where a sentence is read."""

    def text(self, written: str) -> str:
        """What a policy file or a person wrote."""
        ...

    def who(self, entry: str) -> str:
        """A person, a user group or a rota, by its id in a policy."""
        ...

    def channel(self, channel: str) -> str:
        """A channel by its id."""
        ...

    def moment(self, at: datetime, zone: str) -> str:
        """A time, for those who live by the clocks of `zone`."""
        ...


class _Plain:
    """A terminal, a log, a page: ids as the policy has them, times on the clocks of the policy."""

    def text(self, written: str) -> str:
        return written

    def who(self, entry: str) -> str:
        return entry

    def channel(self, channel: str) -> str:
        return channel

    def moment(self, at: datetime, zone: str) -> str:
        """`Fri 2026-01-02 08:00 Europe/Berlin`."""
        there = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
        return f"{DAYS[there.weekday()].capitalize()} {there:%Y-%m-%d %H:%M} {zone}"


class _Slack:
    """A message: mentions, times in each reader's own zone, and no markup but ours."""

    def text(self, written: str) -> str:
        return safe(written, _LONGEST)

    def who(self, entry: str) -> str:
        return formats.people([entry])

    def channel(self, channel: str) -> str:
        return formats.places([channel])

    def moment(self, at: datetime, zone: str) -> str:
        return formats.moment(at.timestamp())


PLAIN: Voice = _Plain()
SLACK: Voice = _Slack()


def people_of(entries: Iterable[str], voice: Voice) -> list[str]:
    """Each by its name."""
    return [voice.who(entry) for entry in entries]


def places_of(entries: Iterable[str], voice: Voice) -> list[str]:
    """Each of those that are told: channels, people and groups."""
    return [voice.channel(e) if e[:1] in "CG" else voice.who(e) for e in entries]


def texts_of(written: Iterable[str], voice: Voice) -> list[str]:
    """Each of what a policy file has in a list."""
    return [voice.text(each) for each in written]
